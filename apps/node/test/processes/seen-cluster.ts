import type { ClusterView, RrmqClient } from '@rrmq/client';
import { until } from './until.ts';

/** The leader's view of a settled cluster with exactly these voters, all of them live, awaited. */
export async function settledWith(
  client: RrmqClient,
  voters: readonly number[],
): Promise<ClusterView> {
  const wanted = [...voters].toSorted((a, b) => a - b).join(' ');
  return until(`a cluster of the voters ${wanted}`, async () => {
    const view = await client.cluster.status({ timeoutMs: 5_000 }).catch(() => undefined);
    if (view === undefined || view.role !== 'leader' || !view.isSettled) return undefined;
    const { members } = view;
    const found = members.map(({ id }) => id).toSorted((a, b) => a - b);
    const isWhole = members.every(({ role, live }) => role === 'voter' && live !== false);
    return isWhole && found.join(' ') === wanted ? view : undefined;
  });
}
