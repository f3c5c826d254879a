import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Cluster } from '../cluster/cluster.ts';
import { FlowProcess, ratesBetween } from '../flow/flow-process.ts';
import { createTopics, portsFromLeader } from '../flow/flow-setup.ts';
import { formatEnvironment, readEnvironment } from '../machine/environment.ts';
import { poll } from '../polling.ts';
import type { Progress } from '../progress.ts';
import type { Resources } from '../resources.ts';
import { writeJson } from '../result-file.ts';
import { makeRunDirectory } from '../run-directory.ts';
import { type BackupFigures, formatBackup } from './backup-report.ts';
import { restoreBackup, saveBackup, type Transfer } from './backup-transfer.ts';
import { compareDrained, drainInOrder, isTrueCopy } from './ordered-drain.ts';

/** Options of `bench backup`. */
export interface BackupOptions {
  /** In the source before the backup; a few more, so that all topics hold as many. */
  readonly messages: number;
  readonly messageBytes: number;
  readonly topics: number;
  /** Connections that publish, also while the backup is saved. */
  readonly connections: number;
  /** Between the filling and the backup: the rate of this time is compared with that of the backup's. */
  readonly loadSeconds: number;
  readonly nodes: number;
  readonly json?: string;
  readonly directory?: string;
}

const FILL_MS_MAX = 3_600_000;

/** `bench backup`: exit code 1 when what was restored is not what was saved. */
export async function runBackup(
  options: BackupOptions,
  resources: Resources,
  progress: Progress,
): Promise<number> {
  const parentDirectory = makeRunDirectory(resources, options.directory);
  const environment = readEnvironment();
  console.log(`${formatEnvironment(environment)}\n`);
  const size = options.nodes;
  const file = join(parentDirectory, 'cluster.backup');
  const source = await Cluster.prepare({ size, parentDirectory }, resources);
  await source.start();
  const topics = await createTopics(source, 'backup', options.topics);
  const flow = new FlowProcess(resources);
  const saved = await fillAndSave({ source, flow, topics, file }, options, progress);

  progress.show('restoring into an empty cluster');
  const target = await Cluster.prepare({ size, parentDirectory }, resources);
  await target.start();
  const restored = await restoreBackup(target, file);
  progress.show('popping everything from both');
  const sourceNumbers = await drainInOrder(await portsFromLeader(source), topics);
  const targetNumbers = await drainInOrder(await portsFromLeader(target), topics);
  const comparison = compareDrained(sourceNumbers, targetNumbers, saved.filled / topics.length);

  progress.clear();
  const figures: BackupFigures = { ...saved, restored, comparison };
  console.log(formatBackup(figures));
  writeJson(options.json, { bench: 'backup', environment, options, ...figures });
  return isTrueCopy(comparison) ? 0 : 1;
}

interface Source {
  readonly source: Cluster;
  readonly flow: FlowProcess;
  readonly topics: readonly string[];
  readonly file: string;
}

type Saved = Omit<BackupFigures, 'restored' | 'comparison'> & { readonly saved: Transfer };

/** Fills the source, lets the load go on without a limit, saves meanwhile, and ends the load. */
async function fillAndSave(
  { source, flow, topics, file }: Source,
  { messages, messageBytes, connections, loadSeconds }: BackupOptions,
  progress: Progress,
): Promise<Saved> {
  const filled = topics.length * Math.ceil(messages / topics.length);
  const ports = await portsFromLeader(source);
  const backlog = { min: 0, max: filled };
  await flow.start({ ports, topics, publishers: connections, poppers: 0, messageBytes, backlog });
  const isFilled = async () => {
    const { acked } = await flow.counts();
    progress.show(`filling: ${acked} of ${filled} messages`);
    return acked >= filled ? true : undefined;
  };
  await poll('filled topics', isFilled, { timeoutMs: FILL_MS_MAX, everyMs: 200 });

  progress.show('saving a backup under load');
  await flow.limit({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const before = await flow.counts();
  await delay(loadSeconds * 1000);
  const loaded = await flow.counts();
  const saved = await saveBackup(source, file);
  const after = await flow.counts();
  await flow.finish();
  return {
    filled,
    saved,
    loadPerSecond: ratesBetween(before, loaded).ackedPerSecond,
    loadWhileSavingPerSecond: ratesBetween(loaded, after).ackedPerSecond,
  };
}
