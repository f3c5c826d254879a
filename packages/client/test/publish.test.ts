import { describe, expect, it } from '@jest/globals';
import { errorOf, until, useFixture } from './fixture.ts';
import type { Fault } from './seed-cluster.ts';

const fixture = useFixture();

const lostOnce: [string, Fault][] = [
  ['the connection is reset before it is applied', { kind: 'reset', applied: false }],
  ['the connection is reset after it was applied', { kind: 'reset', applied: true }],
  ['the node hangs before', { kind: 'hang', applied: false }],
  ['the node hangs after', { kind: 'hang', applied: true }],
  ['the reply breaks off', { kind: 'half-reply', applied: true }],
  [
    'it is not committed in time',
    { kind: 'refuse', code: 'not-committed-in-time', applied: false },
  ],
  ['it commits after 408', { kind: 'refuse', code: 'not-committed-in-time', applied: true }],
  ['the node fails inside', { kind: 'refuse', code: 'internal-error', applied: true }],
  ['the node is overloaded', { kind: 'refuse', code: 'overloaded', applied: false }],
  ['the leader is unconfirmed', { kind: 'refuse', code: 'unconfirmed', applied: false }],
];

describe('a publish', () => {
  it.each(lostOnce)('appends one message, in order, when %s', async (_name, fault) => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect(fault.kind === 'hang' ? { answerTimeoutMs: 400 } : {});
    await client.publish('t', 'a');
    cluster.faults.push(fault);
    const b = await client.publish('t', 'b');
    const c = await client.publish('t', 'c');
    expect(cluster.topics.get('t')).toEqual(['a', 'b', 'c']);
    expect(b.duplicate).toBe('applied' in fault && fault.applied);
    expect(c.duplicate).toBe(false);
  });

  it('repeats with the same producer identity', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    cluster.faults.push({ kind: 'reset', applied: true }, { kind: 'reset', applied: true });
    await fixture().connect().publish('t', 'a');
    const producers = cluster.leaderCalls.map(({ producer }) => producer);
    expect(producers).toHaveLength(3);
    expect(new Set(producers).size).toBe(1);
  });

  it.each([
    ['unknown-topic', 404],
    ['disk-full', 507],
    ['body-too-large', 413],
  ] as const)('is refused once, for good, with %s', async (code, status) => {
    const { cluster } = fixture();
    cluster.faults.push({ kind: 'refuse', code, applied: false });
    const error = await errorOf(fixture().connect().publish('t', 'a'));
    expect(error).toMatchObject({ code, status, outcome: 'none', retryable: false });
    expect(cluster.leaderCalls).toHaveLength(1);
  });

  it.each([
    ['', 'm', 'invalid-topic-name'],
    ['\ud800', 'm', 'invalid-topic-name'],
    ['t', 'x'.repeat(8 * 1024 * 1024), 'body-too-large'],
  ])('that no node would take is refused before it is sent', async (topic, message, code) => {
    const error = await errorOf(fixture().connect().publish(topic, message));
    expect(error).toMatchObject({ code, outcome: 'none' });
    expect(fixture().cluster.seen).toHaveLength(0);
  });

  it('says that its outcome is unknown when time runs out after a lost try', async () => {
    fixture().cluster.topics.set('t', []);
    fixture().cluster.faults.push({ kind: 'reset', applied: true });
    const client = fixture().connect({
      timeoutMs: 1000,
      retryDelayMs: 9000,
      retryDelayMsMax: 9000,
    });
    const error = await errorOf(client.publish('t', 'a'));
    expect(error).toMatchObject({ code: 'connection-lost', outcome: 'unknown', retryable: true });
    expect(error.message).toContain('gave up after 1000 ms (tries: 1)');
  });

  it('says that its outcome is unknown when it is refused after a lost try', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    cluster.faults.push(
      { kind: 'reset', applied: true },
      { kind: 'refuse', code: 'disk-full', applied: false },
    );
    const error = await errorOf(fixture().connect().publish('t', 'a'));
    expect(error).toMatchObject({ code: 'disk-full', status: 507, outcome: 'unknown' });
    expect(error.message).toContain('an earlier try may have taken effect');
  });

  it('leaves the epoch of a publish whose outcome is unknown', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect();
    await client.publish('t', 'a');
    cluster.faults.push({ kind: 'hang', applied: false });
    const error = await errorOf(client.publish('t', 'lost', { timeoutMs: 500 }));
    expect(error).toMatchObject({ code: 'timeout', outcome: 'unknown' });
    await client.publish('t', 'b');
    expect(cluster.topics.get('t')).toEqual(['a', 'b']);
    const last = cluster.leaderCalls.map(({ producer }) => producer?.replace(/^[^/]*/, ''));
    expect(last).toEqual(['/0/1', '/0/2', '/1/1']);
  });

  it('starts again as a new producer when the cluster has forgotten it', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect();
    await client.publish('t', 'a');
    cluster.producers.clear();
    await client.publish('t', 'b');
    expect(cluster.topics.get('t')).toEqual(['a', 'b']);
  });

  it('is not guessed when the cluster forgot the producer after a lost try', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect({ onRetry: () => cluster.producers.clear() });
    await client.publish('t', 'a');
    cluster.faults.push({ kind: 'reset', applied: true });
    const error = await errorOf(client.publish('t', 'b'));
    expect(error).toMatchObject({ code: 'producer-sequence-gap', outcome: 'unknown' });
    expect(cluster.topics.get('t')).toEqual(['a', 'b']);
  });
});

describe('publishes that nobody awaits', () => {
  const texts = Array.from({ length: 40 }, (_, i) => `m${i}`);

  it('keep the order of the calls, through lost replies', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect();
    const all = texts.map((text) => client.publish('t', text));
    cluster.faults.push({ kind: 'reset', applied: true }, { kind: 'half-reply', applied: true });
    await Promise.all(all);
    expect(cluster.topics.get('t')).toEqual(texts);
    expect(new Set(cluster.leaderCalls.map((c) => c.producer?.split('/')[0])).size).toBe(1);
  });

  it('go out at once with ordered: false, bounded, each in its own lane', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect({ ordered: false, maxConcurrentPublishes: 8 });
    await client.publish('t', 'first');
    cluster.faults.push({ kind: 'reset', applied: true });
    await Promise.all(texts.map((text) => client.publish('t', text)));
    expect(cluster.topics.get('t')?.toSorted()).toEqual(['first', ...texts].toSorted());
    expect(cluster.underWayMax).toBeGreaterThan(1);
    expect(cluster.underWayMax).toBeLessThanOrEqual(8 + 3); // and the three nodes' status
    const lanes = new Set(cluster.leaderCalls.map((c) => c.producer?.split('/')[0]));
    expect(lanes.size).toBeLessThanOrEqual(8);
  });

  it('share the limit over all topics, which take turns', async () => {
    const { cluster } = fixture();
    for (const topic of ['a', 'b', 'c']) cluster.topics.set(topic, []);
    const client = fixture().connect({ maxConcurrentPublishes: 1 });
    await client.topics();
    const calls = ['a', 'a', 'b', 'c', 'a'].map((topic, i) =>
      client.publish(topic, `${topic}${i}`),
    );
    await Promise.all(calls);
    const order = cluster.leaderCalls.map(({ message }) => message).filter(Boolean);
    expect(order).toEqual(['a0', 'b2', 'c3', 'a1', 'a4']);
  });

  it('are refused when too many are under way', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect({ maxPendingCalls: 2 });
    const taken = [client.publish('t', 'a'), client.publish('t', 'b')];
    const error = await errorOf(client.publish('t', 'c'));
    expect(error).toMatchObject({ code: 'too-many-pending', outcome: 'none', retryable: true });
    await Promise.all(taken);
    await client.publish('t', 'd');
    expect(cluster.topics.get('t')).toEqual(['a', 'b', 'd']);
  });

  it('are refused when too many bytes are under way', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect({ maxPendingBytes: 1000 });
    const large = client.publish('t', 'x'.repeat(2000));
    expect((await errorOf(client.publish('t', 'b'))).code).toBe('too-many-pending');
    await large;
  });

  it('leave the line when aborted, with certainty', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect();
    await client.topics();
    cluster.faults.push({ kind: 'hang', applied: false });
    const stuck = errorOf(client.publish('t', 'stuck', { timeoutMs: 1000 }));
    const controller = new AbortController();
    const waiting = errorOf(client.publish('t', 'waiting', { signal: controller.signal }));
    const behind = client.publish('t', 'behind');
    await until(() => cluster.faults.length === 0);
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'aborted', outcome: 'none' });
    expect(await stuck).toMatchObject({ code: 'timeout', outcome: 'unknown' });
    await behind;
    expect(cluster.topics.get('t')).toEqual(['behind']);
  });
});
