import type { ClusterView } from '@rrmq/client';
import { poll } from '../polling.ts';
import type { Cluster } from './cluster.ts';
import { isCaughtUp } from './cluster-view.ts';
import type { NodeProcess } from './node-process.ts';

/** A snapshot of what a benchmark piles up comes in seconds; a starved machine gets more. */
const CATCH_UP_MS_MAX = 180_000;
const POLL_MS = 20;

/** Waits until somebody leads and says how it sees the cluster. */
export function untilLeaderView(cluster: Cluster): Promise<ClusterView> {
  const polling = { timeoutMs: CATCH_UP_MS_MAX, everyMs: POLL_MS };
  return poll('view of a leader', () => cluster.leaderView(), polling);
}

/** Waits until the leader sees each of these nodes as a voter that has nearly all entries. */
export async function untilCaughtUp(
  cluster: Cluster,
  nodes: readonly NodeProcess[],
): Promise<void> {
  let seen: ClusterView | undefined;
  const look = async () => {
    const view = await cluster.leaderView();
    seen = view;
    if (view === undefined) return undefined;
    return nodes.every(({ url }) => isCaughtUp(view, url)) ? true : undefined;
  };
  const explain = () => `; the leader says: ${JSON.stringify(seen?.members)}`;
  await poll('caught-up nodes', look, { timeoutMs: CATCH_UP_MS_MAX, everyMs: POLL_MS, explain });
}
