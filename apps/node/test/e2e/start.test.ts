import { describe, expect, it } from '@jest/globals';
import { getStatus } from '../processes/seed-calls.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

describe('start', () => {
  it('a single node leads when it first answers', async () => {
    await using cluster = await TestCluster.plan(1);
    cluster.spawn(0);
    const first = await until('an answer', async () => {
      const answer = await getStatus(cluster.url(0));
      return answer.status === 0 ? undefined : answer;
    });
    expect(first.body).toEqual({ role: 'Leader', term: expect.any(Number) });
  });

  it.each([3, 5, 7])('%i nodes: one leads, the others follow it', async (size) => {
    await using cluster = await TestCluster.start(size);
    await expectOneLeader(cluster);
  });

  it('19 nodes: one leads, the others follow it', async () => {
    await using cluster = await TestCluster.start(19);
    await expectOneLeader(cluster);
  }, 60_000);
});

async function expectOneLeader(cluster: TestCluster): Promise<void> {
  const statuses = await until('all follow one leader', async () => {
    const all = await cluster.statuses();
    const leaders = all.filter(({ role }) => role === 'Leader');
    const followers = all.filter(({ role }) => role === 'Follower');
    const agreed = leaders.length === 1 && followers.length === cluster.size - 1;
    return agreed && new Set(all.map(({ term }) => term)).size === 1 ? all : undefined;
  });
  expect(statuses).toHaveLength(cluster.size);
}
