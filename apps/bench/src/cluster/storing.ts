import { type ClusterView, connect } from '@rrmq/client';
import { poll } from '../polling.ts';
import type { Cluster } from './cluster.ts';

/** Idempotency keys are forgotten for 5 minutes after their commands, then 30 s pass until the state is flushed. */
const STORED_MS_MAX = 600_000;
const POLL_MS = 500;

/** A node that starts thousands of waits on a busy machine takes its time. */
const ANSWER_MS_MAX = 20_000;

/** Where each node's log is, in the order of the nodes. */
export async function logIndexes(cluster: Cluster): Promise<ClusterView['indexes'][]> {
  await using client = connect(cluster.urls, { answerTimeoutMs: ANSWER_MS_MAX });
  const timeoutMs = 2 * ANSWER_MS_MAX;
  const views = cluster.urls.map((from) => client.cluster.status({ from, timeoutMs }));
  return (await Promise.all(views)).map(({ indexes }) => indexes);
}

/** Waits until all nodes have the same log, and have all of it executed and in their stores. */
export async function untilAllIsStored(cluster: Cluster): Promise<void> {
  let seen: ClusterView['indexes'][] = [];
  const look = async () => {
    seen = await logIndexes(cluster);
    const last = seen[0]?.last;
    const isStored = seen.every((each) => each.last === last && each.flushed === last);
    return isStored ? true : undefined;
  };
  const explain = () => `; the nodes say: ${JSON.stringify(seen)}`;
  const polling = { timeoutMs: STORED_MS_MAX, everyMs: POLL_MS, explain };
  await poll('state that is stored everywhere', look, polling);
}
