import { describe, expect, it } from '@jest/globals';
import { type Answer, call, createTopic, pop, publish } from '../processes/seed-calls.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

const PAUSE_MS = 3_000;
const ANSWER_MS_MAX = 20_000;

describe('SIGSTOP of the leader', () => {
  it('another leads; on waking it serves nothing stale, not even to those who asked while it slept', async () => {
    await using cluster = await TestCluster.start(3);
    const { index: sleeper, term } = await cluster.leader();
    const sleeperUrl = cluster.url(sleeper);
    await createTopic(sleeperUrl, 't');
    for (const message of ['m1', 'm2', 'm3']) await publish(sleeperUrl, 't', message);

    cluster.node(sleeper).signal('SIGSTOP');
    const stoppedAtMs = performance.now();
    const asked = Promise.all([
      ...Array.from({ length: 5 }, () => pop(sleeperUrl, 't', ANSWER_MS_MAX)),
      ...Array.from({ length: 5 }, (_, i) => publishSlowly(sleeperUrl, `late-${i}`)),
    ]);
    const { index: successor, term: nextTerm } = await cluster.leader(PAUSE_MS * 5, sleeper);
    expect(nextTerm).toBeGreaterThan(term);
    const popped = [await popOne(cluster.url(successor)), await popOne(cluster.url(successor))];
    expect(popped).toEqual(['m1', 'm2']);
    await until('the pause is over', () =>
      performance.now() - stoppedAtMs >= PAUSE_MS ? true : undefined,
    );

    cluster.node(sleeper).signal('SIGCONT');
    const answers = await asked;
    expect(answers.filter(({ status }) => status === 200)).toEqual([]);
    expect(await cluster.settledRole(sleeper)).toBe('Follower');
    // It woke, and took nothing out and put nothing in: what is left is the third message.
    const { index: leader } = await cluster.leader();
    expect(await popOne(cluster.url(leader))).toBe('m3');
    expect((await pop(cluster.url(leader), 't')).status).toBe(404);
  }, 60_000);
});

const publishSlowly = (url: string, message: string): Promise<Answer> =>
  call(`${url}/message`, 'PUT', { topic: 't', message }, ANSWER_MS_MAX);

/** Pops one message, as soon as the node serves. */
async function popOne(url: string): Promise<unknown> {
  const { body } = await until('a popped message', async () => {
    const answer = await pop(url, 't');
    return answer.status === 200 ? answer : undefined;
  });
  return body['message'];
}
