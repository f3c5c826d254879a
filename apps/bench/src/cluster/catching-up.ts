import { poll } from '../polling.ts';
import type { Cluster } from './cluster.ts';
import { type ClusterView, isCaughtUp, readView } from './cluster-view.ts';
import type { NodeProcess } from './node-process.ts';

/** A snapshot of what a benchmark piles up comes in seconds; a starved machine gets more. */
const CATCH_UP_MS_MAX = 180_000;
const POLL_MS = 20;

/** The view of whoever leads, found by asking all nodes; `undefined` when nobody says that it leads. */
export async function leaderView({ urls }: Cluster): Promise<ClusterView | undefined> {
  const views = await Promise.all(urls.map(readView));
  return views.find((view) => view?.role === 'leader');
}

/** Waits until somebody leads and says how it sees the cluster. */
export function knownLeaderView(cluster: Cluster): Promise<ClusterView> {
  return poll('view of a leader', () => leaderView(cluster), {
    timeoutMs: CATCH_UP_MS_MAX,
    everyMs: POLL_MS,
  });
}

/** Waits until the leader sees each of these nodes as a voter that has nearly all entries. */
export async function untilCaughtUp(
  cluster: Cluster,
  nodes: readonly NodeProcess[],
): Promise<void> {
  let seen: ClusterView | undefined;
  const look = async () => {
    const view = await leaderView(cluster);
    seen = view;
    if (view === undefined) return undefined;
    return nodes.every(({ url }) => isCaughtUp(view, url)) ? true : undefined;
  };
  const explain = () => `; the leader says: ${JSON.stringify(seen?.members)}`;
  await poll('caught-up nodes', look, { timeoutMs: CATCH_UP_MS_MAX, everyMs: POLL_MS, explain });
}
