import { TIMING } from './cluster-options.ts';
import { AccountWrong } from './account-wrong.ts';
import type { Members } from './faults/members.ts';
import type { Cluster } from './cluster.ts';

/** What needs an election, or a few calls, is done within this, at the default timing. */
const RECOVERY_MS = 10_000;

/**
 * When the faults end, processes read their logs, and attempts to connect to those that were away time out and are
 * repeated (1 s each). After that, and when no disk hangs any more, all are up and connected, and a leader must be there
 * within so many election timeouts: one passes until somebody stands, another if those who stand first split the votes,
 * a third if that happens again.
 */
const UNSETTLED_MS = 2_500;
const ELECTIONS = 3;

/**
 * A leader serves when an entry of its term is committed, and a voter that has just joined may have to get the whole
 * log for that: some hundred entries, one at a time and at 60 ms each where disk, network and limits are the worst.
 */
export const CATCH_UP_MS = 60_000;

/** A leader of the newest term is there, soon after all are up and connected. Writes may hang until `hangsUntilMs`. */
export async function elect(cluster: Cluster, hangsUntilMs: number): Promise<void> {
  const hasLeader = (): boolean => {
    const { leader, running } = cluster;
    return leader !== undefined && running.every(({ core }) => core.term <= leader.core.term);
  };
  const isUp = (): boolean => cluster.running.length === cluster.ids.length && hasLeader();
  const settledAtMs = Math.max(cluster.world.now(), hangsUntilMs) + UNSETTLED_MS;
  await cluster.run(settledAtMs, isUp);
  await must(cluster, 'a leader is there', hasLeader, ELECTIONS * cluster.electionTimeoutMaxMs);
}

/** Runs until `done`; a cluster without faults has no excuse. */
export async function must(
  cluster: Cluster,
  what: string,
  done: () => boolean,
  withinMs = recoveryMs(cluster),
): Promise<void> {
  const reached = await cluster.run(cluster.world.now() + withinMs, done);
  if (!reached) throw new AccountWrong(`not within ${withinMs} ms: ${what}\n${pictureOf(cluster)}`);
}

const recoveryMs = ({ electionTimeoutMaxMs }: Cluster): number =>
  RECOVERY_MS * (electionTimeoutMaxMs / TIMING.electionTimeoutMaxMs);

/** A line for each node, for people. */
function pictureOf(cluster: Cluster): string {
  return cluster.ids
    .map((id) => {
      const core = cluster.bootOf(id)?.core;
      if (core === undefined) return `node ${id}: not running`;
      const { role, term, leader, applied, committed, durable, last } = core;
      return `node ${id}: ${role} of term ${term}, leader ${leader}, applied ${applied}, committed ${committed}, durable ${durable}, last ${last}`;
    })
    .join('\n');
}

/** All members run and follow one leader, which serves, and nobody else runs. */
export function agree(cluster: Cluster, operators: Members): boolean {
  // A learner that replaces another node may do so at any time.
  operators.retireRemoved();
  const { running, ids } = cluster;
  const leader = running.find(({ core }) => core.role === 'leader' && core.serving);
  return (
    leader !== undefined &&
    leader.core.isSettled &&
    leader.core.configuration.promoting.length === 0 &&
    leader.core.configuration.members.length === ids.length &&
    running.length === ids.length &&
    running.every(({ core }) => core.leader === leader.core.id && core.term === leader.core.term)
  );
}

export function converged(cluster: Cluster, operators: Members): boolean {
  const [first, ...others] = cluster.running;
  return (
    agree(cluster, operators) &&
    first !== undefined &&
    first.core.applied === first.core.last &&
    others.every(({ core }) => core.applied === first.core.applied)
  );
}
