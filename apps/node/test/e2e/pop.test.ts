import { describe, expect, it } from '@jest/globals';
import { connect } from '@rrmq/client';
import { pop } from '../processes/seed-calls.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

const MESSAGES = 300;
const POPPERS = 16;

describe('pop', () => {
  it('two at the same instant never return the same message', async () => {
    await using cluster = await TestCluster.start(3);
    const url = cluster.url((await cluster.leader()).index);
    await fill(cluster);
    const taken: unknown[] = [];
    let unknown = 0;
    const popper = async (): Promise<void> => {
      for (;;) {
        const { status, body } = await pop(url, 't');
        if (status === 404) return;
        if (status === 200) taken.push(body['message']);
        else unknown += 1;
      }
    };
    await Promise.all(Array.from({ length: POPPERS }, popper));
    expect(new Set(taken).size).toBe(taken.length);
    expect(taken.length).toBeGreaterThanOrEqual(MESSAGES - unknown);
  }, 60_000);

  it('is at most once through kills of the leader: gone only after an unknown outcome', async () => {
    await using cluster = await TestCluster.start(3);
    await fill(cluster);
    const taken: string[] = [];
    const outcomes = { unknown: 0, none: 0 };
    let isEmpty = false;

    const popper = async (): Promise<void> => {
      while (!isEmpty) {
        const { index } = await cluster.leader();
        const { status, body } = await pop(cluster.url(index), 't');
        if (status === 200) taken.push(String(body['message']));
        else if (status === 404) isEmpty = true;
        else if (status === 400 || status === 503) outcomes.none += 1;
        else outcomes.unknown += 1;
      }
    };
    const poppers = Array.from({ length: 4 }, popper);
    for (const share of [1 / 4, 1 / 2])
      await killWhen(cluster, () => taken.length > MESSAGES * share);
    await Promise.all(poppers);

    const lost = messages().filter((message) => !taken.includes(message));
    expect(new Set(taken).size).toBe(taken.length);
    expect(lost.length).toBeLessThanOrEqual(outcomes.unknown);
  }, 60_000);
});

const messages = (): string[] => Array.from({ length: MESSAGES }, (_, i) => `m${i}`);

async function fill(cluster: TestCluster): Promise<void> {
  await using client = connect(cluster.urls);
  await client.createTopic('t');
  await Promise.all(messages().map((message) => client.publish('t', message)));
}

/** Kills the leader as soon as the condition holds, and starts it again. */
async function killWhen(cluster: TestCluster, isTime: () => boolean): Promise<void> {
  await until('the time to kill', () => (isTime() ? true : undefined));
  const { index } = await cluster.leader();
  await cluster.node(index).kill();
  await cluster.spawn(index).logged('listening');
}
