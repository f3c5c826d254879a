import { describe, expect, it } from '@jest/globals';
import { connect, RrmqError } from '@rrmq/client';
import { errorOf, useFixture } from './fixture.ts';
import type { Fault } from './seed-cluster.ts';

const fixture = useFixture();

describe('pop', () => {
  it('takes messages first in, first out, and nothing when the topic is empty', async () => {
    fixture().cluster.topics.set('a/b ☃', ['1', '', '3']);
    const client = fixture().connect();
    const popped = [];
    for (let i = 0; i < 4; i++) popped.push(await client.pop('a/b ☃'));
    expect(popped).toEqual(['1', '', '3', undefined]);
  });

  it.each(['.', '..', '__proto__', '%2e', 'a?b#c', '😀'])(
    'reaches the topic named %p',
    async (name) => {
      fixture().cluster.topics.set(name, ['here']);
      expect(await fixture().connect().pop(name)).toBe('here');
    },
  );

  it('of an unknown topic is refused', async () => {
    const error = await errorOf(fixture().connect().pop('nowhere'));
    expect(error).toMatchObject({ code: 'unknown-topic', status: 404, outcome: 'none' });
  });

  const unknown: [string, Fault, string][] = [
    ['a reset', { kind: 'reset', applied: true }, 'connection-lost'],
    ['a silent node', { kind: 'hang', applied: true }, 'timeout'],
    ['a broken reply', { kind: 'half-reply', applied: true }, 'connection-lost'],
    [
      '408',
      { kind: 'refuse', code: 'not-committed-in-time', applied: true },
      'not-committed-in-time',
    ],
    ['500', { kind: 'refuse', code: 'internal-error', applied: false }, 'internal-error'],
  ];

  it.each(unknown)('is never repeated after %s', async (_name, fault, code) => {
    const { cluster } = fixture();
    cluster.topics.set('t', ['1', '2']);
    cluster.faults.push(fault);
    const client = fixture().connect(fault.kind === 'hang' ? { answerTimeoutMs: 400 } : {});
    const error = await errorOf(client.pop('t'));
    expect(error).toMatchObject({ code, outcome: 'unknown' });
    expect(cluster.leaderCalls).toHaveLength(1);
  });

  it.each(['overloaded', 'unconfirmed', 'no-leader', 'shutting-down'] as const)(
    'is repeated after %s, which changed nothing',
    async (code) => {
      const { cluster } = fixture();
      cluster.topics.set('t', ['1']);
      cluster.faults.push({ kind: 'refuse', code, applied: false });
      expect(await fixture().connect().pop('t')).toBe('1');
    },
  );
});

describe('createTopic', () => {
  it('creates, and refuses a second time', async () => {
    const client = fixture().connect();
    expect(await client.createTopic('t')).toEqual({ created: true });
    expect(await errorOf(client.createTopic('t'))).toMatchObject({ code: 'topic-exists' });
    expect(await client.createTopic('t', { ifNotExists: true })).toEqual({ created: false });
  });

  it('counts as created when it exists after an own lost try', async () => {
    fixture().cluster.faults.push({ kind: 'reset', applied: true });
    expect(await fixture().connect().createTopic('t')).toEqual({ created: true });
  });

  it('is repeated after 408', async () => {
    const { cluster } = fixture();
    cluster.faults.push({ kind: 'refuse', code: 'not-committed-in-time', applied: false });
    expect(await fixture().connect().createTopic('t')).toEqual({ created: true });
    expect([...cluster.topics.keys()]).toEqual(['t']);
  });
});

describe('topics', () => {
  it('come in creation order', async () => {
    const client = fixture().connect();
    for (const name of ['b', '10', '__proto__', 'a']) await client.createTopic(name);
    expect(await client.topics()).toEqual(['b', '10', '__proto__', 'a']);
  });

  it('are listed by any node when there is no leader', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    cluster.leader = -1;
    await cluster.kill(0);
    expect(await fixture().connect().topics()).toEqual(['t']);
  });
});

describe('status', () => {
  it('reports every URL, reachable or not', async () => {
    const { cluster } = fixture();
    await cluster.kill(2);
    const report = await fixture().connect().status();
    expect(report).toMatchObject([
      { url: cluster.urls[0], reachable: true, role: 'Leader', term: 1 },
      { url: cluster.urls[1], reachable: true, role: 'Follower', term: 1 },
      { url: cluster.urls[2], reachable: false, error: { code: 'unreachable', outcome: 'none' } },
    ]);
  });
});

describe('a reply that is not RRMQ’s', () => {
  it.each([
    [200, '<html>', 'unknown'],
    [200, '{"success":"yes"}', 'unknown'],
    [200, '{"success":false}', 'unknown'],
    [400, '{"success":false}', 'none'],
    [302, '', 'none'],
  ] as const)('%i %s ends the call', async (status, body, outcome) => {
    fixture().cluster.topics.set('t', ['1']);
    fixture().cluster.faults.push({ kind: 'reply', status, body });
    const error = await errorOf(fixture().connect().pop('t'));
    expect(error).toMatchObject({ code: 'unexpected-reply', status, outcome, retryable: false });
  });
});

describe('the end of a call', () => {
  it('by its signal says what is known', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', ['1']);
    const before = AbortSignal.abort();
    const client = fixture().connect();
    const unsent = await errorOf(client.pop('t', { signal: before }));
    expect(unsent).toMatchObject({ code: 'aborted', outcome: 'none', retryable: false });
    const controller = new AbortController();
    cluster.faults.push({ kind: 'hang', applied: true });
    const sent = errorOf(client.pop('t', { signal: controller.signal }));
    while (cluster.topics.get('t')?.length !== 0) await new Promise(setImmediate);
    controller.abort();
    expect(await sent).toMatchObject({ code: 'aborted', outcome: 'unknown' });
  });

  it('by its time names the trouble, not the clock', async () => {
    fixture().cluster.leader = -1;
    const client = fixture().connect({ retryDelayMs: 9000, retryDelayMsMax: 9000 });
    const error = await errorOf(client.publish('t', 'm', { timeoutMs: 1000 }));
    expect(error).toMatchObject({ code: 'no-leader', outcome: 'none', retryable: true });
    expect(error.message).toContain('gave up after 1000 ms (tries: 1)');
  });

  it('when no node runs', async () => {
    const { cluster } = fixture();
    const client = fixture().connect({ retryDelayMs: 9000, retryDelayMsMax: 9000 });
    await Promise.all([cluster.kill(0), cluster.kill(1), cluster.kill(2)]);
    const error = await errorOf(client.publish('t', 'm', { timeoutMs: 1000 }));
    expect(error).toMatchObject({ code: 'unreachable', outcome: 'none', retryable: true });
    expect(error.url).toBe(cluster.urls[0]);
    const text = `no node can be reached (3 tried): cannot reach ${cluster.urls[0]}: connect`;
    expect(error.message.slice(0, text.length)).toBe(text);
  });
});

describe('close', () => {
  it('waits for calls under way and refuses further ones', async () => {
    const { cluster } = fixture();
    cluster.topics.set('t', []);
    const client = fixture().connect();
    const published = client.publish('t', 'a');
    await client.close();
    await published;
    expect(await errorOf(client.topics())).toMatchObject({ code: 'closed', outcome: 'none' });
    await client.close();
  });
});

describe('connect', () => {
  it.each([
    ['', 'one of the URLs is empty'],
    ['http://x,', 'one of the URLs is empty'],
    [['http://x', ''], 'one of the URLs is empty'],
    [[], 'no URL is given'],
    [undefined as never, 'the URLs of the nodes must be a string or an array'],
    [[7 as never], 'not an http or https URL: 7'],
    ['localhost:7001', 'not an http or https URL: localhost:7001'],
    ['ftp://x', 'not an http or https URL: ftp://x'],
    ['http://x/?a', 'not an http or https URL: http://x/?a'],
    ['http://x#a', 'not an http or https URL: http://x#a'],
    ['http://x:1/p', 'the URL of a node has no path: write http://x:1 instead of http://x:1/p'],
  ])('refuses the URLs %j at once: %s', (urls, message) => {
    expect(() => connect(urls)).toThrow(RrmqError);
    expect(() => connect(urls)).toThrow(
      expect.objectContaining({ code: 'invalid-parameter', outcome: 'none', message }),
    );
  });

  it('asks many nodes without a warning of Node about a leak', async () => {
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    const urls = Array.from({ length: 20 }, (_, i) => `http://127.0.0.1:${i + 1}`);
    const report = await fixture().connect({}, urls).status();
    await new Promise(setImmediate);
    process.off('warning', warned);
    expect(report).toHaveLength(20);
    expect(warnings).toEqual([]);
  });

  it.each([
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { maxConcurrentPublishes: 1.5 },
    { maxPendingCalls: Number.NaN },
  ])('refuses the options %p', (options) => {
    expect(() => connect('http://127.0.0.1:1', options)).toThrow(RangeError);
  });

  it('takes one string with commas', async () => {
    const { cluster } = fixture();
    const client = fixture().connect({}, cluster.urls.map((url) => `${url}/`).join(' , '));
    const report = await client.status();
    expect(report.map(({ url }) => url)).toEqual(cluster.urls);
  });
});
