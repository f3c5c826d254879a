import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { headers } from '@rrmq/contract';
import { until } from './node-under-test.ts';
import { TopicCalls, json, refusal } from './v1-topic-calls.ts';

/** A lease token of the right form that nobody gave. */
const FORGED = 'A'.repeat(38);

/** Waits until as many receives wait, by what they have asked the group. */
async function waiting(calls: TopicCalls, begin: () => Promise<unknown>[]): Promise<void> {
  const before = calls.node.group.reads;
  const { length } = begin();
  await until(() => calls.node.group.reads === before + length);
  await new Promise((resolve) => setImmediate(resolve));
}

/** A receive whose client can go. */
function receiveAndGo({ node }: TopicCalls): { go: () => Promise<void> } {
  const outgoing = request({
    host: '127.0.0.1',
    port: node.port,
    method: 'POST',
    path: '/v1/topics/orders/receive',
    agent: false,
  });
  outgoing.on('error', () => undefined);
  outgoing.end();
  return {
    go: async () => {
      outgoing.destroy();
      await until(() => node.server.waitingReceives === 0);
    },
  };
}

describe('POST /v1/topics/{topic}/receive', () => {
  it('leases up to max messages, by default one', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({ messages: [{ body: 1 }, { body: 2 }, { body: 3 }, { body: 4 }] });
    const one = json((await calls.post('receive')).text);
    expect(one).toMatchObject({ settled: [], messages: [{ body: 1 }] });
    const { messages } = await calls.receive({ max: 2, leaseMs: 5000 });
    expect(messages).toMatchObject([
      { body: 2, leaseExpiresAt: '2026-01-01T00:00:05.000Z' },
      { body: 3, leaseExpiresAt: '2026-01-01T00:00:05.000Z' },
    ]);
  });

  it('answers an empty list, without an entry, when nothing came in time', async () => {
    await using calls = await TopicCalls.start();
    const { status, text } = await calls.post('receive', { waitMs: 20 });
    expect([status, text]).toEqual([200, '{"settled":[],"messages":[]}']);
    expect(calls.batches()).toEqual([]);
  });

  it('waits no longer than its client', async () => {
    await using calls = await TopicCalls.start();
    const receive = await calls.post('receive', { waitMs: 50_000 }, { [headers.timeoutMs]: '20' });
    expect([receive.status, json(receive.text)['messages']]).toEqual([200, []]);
  });

  it('that waits gets its lease in the batch of the publish', async () => {
    await using calls = await TopicCalls.start();
    let receive: Promise<{ text: string }> | undefined;
    await waiting(calls, () => [(receive = calls.post('receive'))]);
    await calls.publish({ body: 'hello' });
    expect(json((await receive)?.text ?? '')).toMatchObject({ messages: [{ body: 'hello' }] });
    expect(calls.batches()).toEqual([['publish', 'receive']]);
  });

  it('that waits gets what the API at the root publishes, too', async () => {
    await using calls = await TopicCalls.start();
    let receive: Promise<{ text: string }> | undefined;
    await waiting(calls, () => [(receive = calls.post('receive'))]);
    await calls.node.call('PUT', '/message', { topic: 'orders', message: 'hi' });
    expect(json((await receive)?.text ?? '')).toMatchObject({ messages: [{ body: 'hi' }] });
    expect(calls.batches()).toEqual([['publish', 'receive']]);
  });

  it('is served first come first served', async () => {
    await using calls = await TopicCalls.start();
    const order: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      await waiting(calls, () => [calls.post('receive').then(() => order.push(n))]);
    }
    for (let n = 0; n < 5; n += 1) {
      await calls.publish({ body: n });
      await until(() => order.length === n + 1);
    }
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('writes nothing while 1,000 wait', async () => {
    await using calls = await TopicCalls.start();
    const open: Promise<unknown>[] = [];
    await waiting(calls, () => {
      open.push(...Array.from({ length: 1000 }, () => calls.post('receive', { waitMs: 50_000 })));
      return open;
    });
    expect([calls.node.server.waitingReceives, calls.batches()]).toEqual([1000, []]);
    await calls.publish({ messages: Array.from({ length: 1000 }, (_, n) => ({ body: n })) });
    await Promise.all(open);
    expect(calls.node.server.waitingReceives).toBe(0);
    expect(calls.node.group.machine.stats('orders')).toMatchObject({ leased: 1000, ready: 0 });
  });

  it('leases nothing to a client that has gone', async () => {
    await using calls = await TopicCalls.start();
    const client = receiveAndGo(calls);
    await until(() => calls.node.server.waitingReceives === 1);
    await client.go();
    await calls.publish({ body: 1 });
    expect(calls.batches()).toEqual([['publish']]);
  });

  it('gives back what was leased to a client that went meanwhile', async () => {
    await using calls = await TopicCalls.start();
    const client = receiveAndGo(calls);
    await until(() => calls.node.server.waitingReceives === 1);
    const { group } = calls.node;
    group.behaviour = 'hang';
    const publish = calls.publish({ body: 1 });
    await until(() => group.machine.stats('orders')?.leased === 1);
    await client.go();
    group.behaviour = 'commit';
    group.release();
    await publish;
    await until(() => group.machine.stats('orders')?.ready === 1);
    expect(group.machine.stats('orders')).toMatchObject({ leased: 0, failed: 0 });
  });

  it('ends when leadership moves, and says who leads now', async () => {
    await using calls = await TopicCalls.start();
    let receive: ReturnType<TopicCalls['post']> | undefined;
    await waiting(calls, () => [(receive = calls.post('receive'))]);
    calls.node.group.follow();
    const answer = await receive;
    expect(answer?.status).toBe(503);
    expect(answer?.headers['rrmq-leader']).toBe('http://10.0.0.2:7002');
    expect(json(answer?.text ?? '')).toMatchObject({ code: 'leadership-moved', outcome: 'none' });
  });

  it('tells what it settled when leadership moves', async () => {
    await using calls = await TopicCalls.start();
    const [token] = await calls.lease('a');
    const receive = calls.post('receive', { settle: { ack: [token] } });
    await until(() => calls.node.group.machine.stats('orders')?.acked === 1);
    calls.node.group.follow();
    const answer = await receive;
    expect([answer.status, json(answer.text)]).toEqual([
      200,
      { settled: [{ token, ok: true }], messages: [] },
    ]);
  });

  it('ends when the node stops', async () => {
    await using calls = await TopicCalls.start();
    let receive: ReturnType<TopicCalls['post']> | undefined;
    await waiting(calls, () => [(receive = calls.post('receive'))]);
    const stopped = calls.node.server.stop();
    if (receive === undefined) throw new Error('it was begun');
    expect(await refusal(receive)).toEqual([503, 'shutting-down']);
    await stopped;
  });

  it('goes to the leader', async () => {
    await using calls = await TopicCalls.start();
    calls.node.group.follow();
    const { status, headers: head } = await calls.post('receive');
    const url = 'http://10.0.0.2:7002/v1/topics/orders/receive';
    expect([status, head['location']]).toEqual([307, url]);
  });

  it('settles and leases in one entry', async () => {
    await using calls = await TopicCalls.start();
    const [first, second] = await calls.lease('a', 'b');
    await calls.publish({ body: 'c' });
    calls.batches();
    const { settled, messages } = await calls.receive({
      settle: {
        ack: [first, FORGED],
        nack: [{ token: second, delayMs: 5000, reason: 'http 503' }],
      },
    });
    expect(settled).toEqual([
      { token: first, ok: true },
      { token: FORGED, ok: false, code: 'invalid-token' },
      { token: second, ok: true },
    ]);
    expect(messages).toMatchObject([{ body: 'c' }]);
    expect(calls.batches()).toEqual([['receive']]);
  });

  it('gives the same messages again under an idempotency key', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({ messages: [{ body: 1 }, { body: 2 }] });
    const key = { 'Idempotency-Key': 'k-1' };
    const first = await calls.receive({ max: 1 }, key);
    expect(await calls.receive({ max: 1 }, key)).toEqual(first);
    expect(first.messages).toHaveLength(1);
    expect((await calls.receive()).messages).toMatchObject([{ body: 2 }]);
    const other = calls.post('receive', { max: 2 }, key);
    expect(await refusal(other)).toEqual([422, 'key-reused']);
  });

  it('does not wait with an idempotency key', async () => {
    await using calls = await TopicCalls.start();
    const receive = await calls.post('receive', {}, { 'Idempotency-Key': 'k-1' });
    expect(json(receive.text)).toEqual({ settled: [], messages: [] });
    expect(calls.batches()).toEqual([['receive'], ['once']]);
  });

  it('sends large contents as they are', async () => {
    await using calls = await TopicCalls.start();
    const large = { text: 'é'.repeat(50_000) };
    await calls.publish({ messages: [{ body: 1 }, { body: large }, { body: large }, { body: 2 }] });
    const { messages } = await calls.receive();
    expect(messages.map(({ body }) => body)).toEqual([1, large, large, 2]);
  });

  it.each<[object, string]>([
    [{ max: 0 }, 'max must be a whole number from 1 to 1000'],
    [{ leaseMs: 10 }, 'leaseMs must be a whole number from 1000 to 43200000'],
    [{ waitMs: 60_000 }, 'waitMs must be a whole number from 0 to 55000'],
    [{ wait: 1 }, 'the body must not have "wait"'],
    [{ settle: { ack: ['x'] } }, 'settle.ack.0 must be a lease token: 38 characters of base64url'],
    [{ settle: { nack: [FORGED] } }, 'settle.nack.0 must be an object'],
    [{ settle: { done: [] } }, 'settle must not have "done"'],
  ])('refuses %j in words', async (body, detail) => {
    await using calls = await TopicCalls.start();
    const { status, text } = await calls.post('receive', body);
    expect([status, json(text)['detail']]).toEqual([400, detail]);
  });

  it('is refused for an unknown topic, and when too many wait', async () => {
    await using calls = await TopicCalls.start();
    const nowhere = calls.node.call('POST', '/v1/topics/nowhere/receive', {});
    expect(await refusal(nowhere)).toEqual([404, 'unknown-topic']);
  });
});

describe('POST /v1/topics/{topic}/settle', () => {
  it('does each settlement by itself and says what came of it', async () => {
    await using calls = await TopicCalls.start();
    const [a, b, c, d, e] = await calls.lease('a', 'b', 'c', 'd', 'e');
    const settled = await calls.settle({
      extend: [{ token: e, leaseMs: 60_000 }],
      reject: [{ token: d, reason: 'no such customer' }],
      release: [c],
      nack: [{ token: b, reason: 'x'.repeat(2000) }],
      ack: [a, FORGED],
    });
    expect(settled).toEqual([
      { token: a, ok: true },
      { token: FORGED, ok: false, code: 'invalid-token' },
      { token: b, ok: true },
      { token: c, ok: true },
      { token: d, ok: true },
      { token: e, ok: true, leaseExpiresAt: '2026-01-01T00:01:00.000Z' },
    ]);
    expect(calls.node.group.machine.stats('orders')).toMatchObject({
      ready: 1,
      leased: 1,
      delayed: 1,
      dead: 1,
      acked: 1,
    });
    const { history } = await calls.message('1-2');
    expect(history).toEqual([
      { at: '2026-01-01T00:00:00.000Z', kind: 'nack', reason: 'x'.repeat(512) },
    ]);
  });

  it('knows what was settled before', async () => {
    await using calls = await TopicCalls.start();
    const [token] = await calls.lease('a');
    await calls.settle({ ack: [token] });
    expect(await calls.settle({ ack: [token] })).toEqual([{ token, ok: true, already: true }]);
    expect(await calls.settle({ release: [token] })).toEqual([
      { token, ok: false, code: 'settled-otherwise' },
    ]);
  });

  it('refuses the token of a lease that is over', async () => {
    await using calls = await TopicCalls.start();
    const [token] = await calls.lease('a');
    calls.node.group.nowMs += 30_000;
    expect(await calls.settle({ ack: [token] })).toEqual([
      { token, ok: false, code: 'lease-lost' },
    ]);
  });

  it('cuts a reason between characters', async () => {
    await using calls = await TopicCalls.start();
    const [token] = await calls.lease('a');
    await calls.settle({ nack: [{ token, reason: `x${'é'.repeat(300)}\ud800` }] });
    const { history } = await calls.message('1-1');
    expect(history[0]?.reason).toBe(`x${'é'.repeat(255)}`);
  });

  it('has short forms', async () => {
    await using calls = await TopicCalls.start();
    const [a, b, c] = await calls.lease('a', 'b', 'c');
    expect(await calls.settle({ tokens: [a] }, 'ack')).toEqual([{ token: a, ok: true }]);
    const nack = { tokens: [b], delayMs: 0, reason: 'later' };
    expect(await calls.settle(nack, 'nack')).toEqual([{ token: b, ok: true }]);
    expect(await calls.settle({ tokens: [c], leaseMs: 1000 }, 'extend')).toEqual([
      { token: c, ok: true, leaseExpiresAt: '2026-01-01T00:00:01.000Z' },
    ]);
    const counts = { ready: 1, leased: 1, acked: 1, failed: 1 };
    expect(calls.node.group.machine.stats('orders')).toMatchObject(counts);
  });

  it('is executed once under an idempotency key', async () => {
    await using calls = await TopicCalls.start();
    const [token] = await calls.lease('a');
    const key = { 'Idempotency-Key': 'k-1' };
    const first = await calls.post('ack', { tokens: [token] }, key);
    const again = await calls.post('ack', { tokens: [token] }, key);
    expect(again.text).toBe(first.text);
  });

  it('gives those who wait what it frees', async () => {
    await using calls = await TopicCalls.start();
    const [token] = await calls.lease('a');
    let receive: ReturnType<TopicCalls['post']> | undefined;
    await waiting(calls, () => [(receive = calls.post('receive'))]);
    await calls.settle({ release: [token] });
    expect(json((await receive)?.text ?? '')).toMatchObject({ messages: [{ body: 'a' }] });
  });

  it.each<[string, object, string]>([
    ['settle', {}, 'the body must have at least one settlement'],
    ['settle', { ack: 'x' }, 'ack must be a list'],
    [
      'settle',
      { extend: [{ token: FORGED, leaseMs: 1 }] },
      'extend.0.leaseMs must be a whole number from 1000 to 43200000',
    ],
    ['ack', {}, 'tokens must be a list of lease tokens'],
    ['ack', { tokens: [] }, 'tokens must not be empty'],
    ['nack', { tokens: [FORGED], delay: 1 }, 'the body must not have "delay"'],
    [
      'extend',
      { tokens: ['='.repeat(38)] },
      'tokens.0 must be a lease token: 38 characters of base64url',
    ],
  ])('%s refuses %j in words', async (what, body, detail) => {
    await using calls = await TopicCalls.start();
    const { status, text } = await calls.post(what, body);
    expect([status, json(text)['detail']]).toEqual([400, detail]);
  });

  it('refuses more settlements than a command takes, and an unknown topic', async () => {
    await using calls = await TopicCalls.start();
    const many = Array.from({ length: 501 }, () => FORGED);
    const settle = calls.post('settle', { ack: many, release: many });
    expect(await refusal(settle)).toEqual([400, 'invalid-body']);
    const nowhere = calls.node.call('POST', '/v1/topics/nowhere/ack', { tokens: [FORGED] });
    expect(await refusal(nowhere)).toEqual([404, 'unknown-topic']);
  });
});

describe('The API at the root', () => {
  it('pops what is ready, also when other messages are leased', async () => {
    await using calls = await TopicCalls.start();
    await calls.lease('a');
    await calls.publish({ body: 'b' });
    const pop = await calls.node.call('GET', '/message/orders');
    expect([pop.status, json(pop.text)]).toEqual([200, { success: true, message: 'b' }]);
    expect((await calls.node.call('GET', '/message/orders')).status).toBe(404);
  });

  it('pops also when no more may be leased', async () => {
    await using calls = await TopicCalls.start({ limits: { maxInFlight: 1 } });
    await calls.publish({ messages: [{ body: 'a' }, { body: 'b' }] });
    expect((await calls.receive()).messages).toMatchObject([{ body: 'a' }]);
    const pop = await calls.node.call('GET', '/message/orders');
    expect(json(pop.text)).toEqual({ success: true, message: 'b' });
  });

  it('pops nothing while receiving is paused, and writes nothing', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({ body: 'a' });
    await calls.post('pause', { receiving: true });
    calls.batches();
    expect((await calls.node.call('GET', '/message/orders')).status).toBe(404);
    expect(calls.batches()).toEqual([]);
  });

  it('says why a topic takes no message', async () => {
    await using calls = await TopicCalls.start({ limits: { maxMessages: 1, maxMessageBytes: 5 } });
    const publish = async (message: string) => {
      const { status, headers: head } = await calls.node.call('PUT', '/message', {
        topic: 'orders',
        message,
      });
      return [status, String(head['rrmq-error']).split(':')[0]];
    };
    expect(await publish('xxxxx')).toEqual([413, 'message-too-large']);
    await publish('x');
    expect(await publish('x')).toEqual([503, 'topic-full']);
    await calls.post('pause');
    expect(await publish('x')).toEqual([503, 'paused']);
  });
});
