import { DirectoryLocked, NodeDisk, NodeRandom, forceNewCluster } from '@rrmq/raft';
import { holdsLog } from './data-directory.ts';
import { ExitCode } from './exit-code.ts';
import { NodeFailure, explainFailure } from './node-failure.ts';
import { exitWith } from './run-node.ts';

/** What the command line must say word for word. */
const CONFIRMATION = 'I accept that acknowledged messages may be lost';

const WHEN_LOCKED = 'This node runs: stop that process first.';

/**
 * Makes the data of one stopped node the only member of a new cluster, when a majority of the old one is gone for good.
 * Resolves to the exit code.
 */
export async function forceNewClusterCommand(
  directory: string,
  { confirm }: { confirm: string | undefined },
): Promise<ExitCode> {
  try {
    if (holdsLog(directory)) await requireStopped(directory);
    requireConfirmation(confirm);
    const forced = await forceNewCluster({
      disk: new NodeDisk(),
      random: new NodeRandom(),
      directory,
    });
    process.stdout.write(
      `${[
        `node        ${forced.nodeId} is now the only member`,
        `epoch       ${forced.clusterEpoch}; nodes of earlier epochs are refused from now on`,
        `entries     ${forced.last} kept, also those of which nobody knows whether they were acknowledged`,
        `removed     ${forced.removed.length === 0 ? 'nobody' : `nodes ${forced.removed.join(', ')}: never start them with their old data again`}`,
        'next        start this node as before, then join empty nodes: rrmq-node --join <its url>',
      ].join('\n')}\n`,
    );
    return ExitCode.done;
  } catch (error) {
    return exitWith(explainFailure(error, { directory, whenLocked: WHEN_LOCKED }));
  }
}

/** Said before the words that are asked for: who sees a node run may not want this at all. */
async function requireStopped(directory: string): Promise<void> {
  const lock = await new NodeDisk().lock(directory);
  if (lock === undefined) throw new DirectoryLocked(directory);
  await lock.release();
}

function requireConfirmation(confirm: string | undefined): void {
  if (confirm === CONFIRMATION) return;
  const message = [
    'This makes one node the whole cluster. It is for the case that a majority of the nodes is gone for good:',
    'messages that were acknowledged and lie on the lost nodes only are lost, and the other nodes of the old',
    'cluster, should they come back, are locked out.',
  ].join('\n');
  throw new NodeFailure(
    message,
    ExitCode.usage,
    `If that is what you want, stop all nodes and add: --confirm "${CONFIRMATION}"`,
  );
}
