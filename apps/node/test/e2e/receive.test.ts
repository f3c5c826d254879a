import { describe, expect, it } from '@jest/globals';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';
import { lastIndex, receive, v1 } from '../processes/v1-calls.ts';

async function withTopic(cluster: TestCluster, settings: object = {}): Promise<string> {
  const url = cluster.url((await cluster.leader()).index);
  expect((await v1(url, 'PUT', 'topics/t', settings)).status).toBe(201);
  return url;
}

describe('receive', () => {
  it('a lease that is over gives its message to whoever waits, without anybody asking', async () => {
    await using cluster = await TestCluster.start(3);
    const url = await withTopic(cluster);
    await v1(url, 'POST', 'topics/t/messages', { body: 'a' });
    const [first] = await receive(url, 't', { leaseMs: 1000 });
    const [second] = await receive(url, 't', { waitMs: 20_000 });
    expect(first).toMatchObject({ body: 'a', deliveries: 1, failures: 0 });
    expect(second).toMatchObject({ id: first?.id, deliveries: 2, failures: 1 });
  }, 60_000);

  it('a delayed message comes in time, and a nacked one after its backoff', async () => {
    await using cluster = await TestCluster.start(1);
    const url = await withTopic(cluster, { backoff: { initialMs: 200 } });
    const sentAt = performance.now();
    await v1(url, 'POST', 'topics/t/messages', { body: 'a', delayMs: 300 });
    const [first] = await receive(url, 't', { waitMs: 20_000 });
    const waitedMs = performance.now() - sentAt;
    expect(waitedMs).toBeGreaterThan(250);
    expect(waitedMs).toBeLessThan(5_000);
    await v1(url, 'POST', 'topics/t/nack', { tokens: [first?.token] });
    const [second] = await receive(url, 't', { waitMs: 20_000 });
    expect(second).toMatchObject({ id: '1-1', deliveries: 2, failures: 1 });
  }, 60_000);

  it('what waits, and what is to come, writes nothing', async () => {
    await using cluster = await TestCluster.start(1);
    const url = await withTopic(cluster);
    await v1(url, 'POST', 'topics/t/messages', { body: 'later', delayMs: 3_600_000 });
    const before = await lastIndex(url);
    const waiting = Array.from({ length: 100 }, () => receive(url, 't', { waitMs: 1500 }));
    expect((await Promise.all(waiting)).flat()).toEqual([]);
    expect(await lastIndex(url)).toBe(before);
  }, 60_000);

  it('waits end at once when the leader hands over, and go on at the next one', async () => {
    await using cluster = await TestCluster.start(3);
    const url = await withTopic(cluster);
    const { index } = await cluster.leader();
    await v1(url, 'POST', 'topics/t/messages', { body: 'a' });
    const [{ token } = { token: '' }] = await receive(url, 't', {});
    const settle = { ack: [token] };
    const waiting = v1(url, 'POST', 'topics/t/receive', { waitMs: 30_000, settle });
    await until('it waits', async () => {
      const { body } = await v1(url, 'GET', 'topics/t');
      return (body['stats'] as { readonly acked: number }).acked === 1 ? true : undefined;
    });
    const sinceMs = performance.now();
    await v1(url, 'POST', 'cluster/leadership', {});
    const { status, body } = await waiting;
    expect([status, body]).toEqual([200, { settled: [{ token, ok: true }], messages: [] }]);
    expect(performance.now() - sinceMs).toBeLessThan(5_000);
    const nextUrl = cluster.url((await cluster.leader(undefined, index)).index);
    const again = receive(nextUrl, 't', { waitMs: 20_000 });
    await v1(nextUrl, 'POST', 'topics/t/messages', { body: 'b' });
    expect(await again).toMatchObject([{ body: 'b' }]);
    const { status: elsewhere } = await v1(url, 'POST', 'topics/t/receive', {});
    expect(elsewhere).toBe(307);
  }, 60_000);

  it('a lease outlives the leader: the token is good at the next one, once', async () => {
    await using cluster = await TestCluster.start(3);
    const url = await withTopic(cluster);
    await v1(url, 'POST', 'topics/t/messages', { messages: [{ body: 'a' }, { body: 'b' }] });
    const [a] = await receive(url, 't', {});
    await cluster.node((await cluster.leader()).index).kill();
    const nextUrl = cluster.url((await cluster.leader()).index);
    const settled = await v1(nextUrl, 'POST', 'topics/t/ack', { tokens: [a?.token] });
    expect(settled.body).toEqual({ settled: [{ token: a?.token, ok: true }] });
    expect(await receive(nextUrl, 't', { max: 9 })).toMatchObject([{ body: 'b' }]);
  }, 60_000);
});
