import { describe, expect, it } from '@jest/globals';
import * as contract from '@rrmq/contract';
import * as queue from '@rrmq/queue';
import { until as waitUntil } from './node-under-test.ts';
import { TopicCalls, json, refusal } from './v1-topic-calls.ts';

describe('GET /v1/topics/{topic}/messages', () => {
  it('shows messages in one state, without effect on them', async () => {
    await using calls = await TopicCalls.start({ maxFailures: 1 });
    const [dead] = await calls.lease('dead', 'leased');
    await calls.settle({ nack: [{ token: dead, reason: 'broken' }] });
    await calls.publish({ messages: [{ body: 'ready' }, { body: 'delayed', delayMs: 9000 }] });
    calls.batches();
    const until = '2026-01-01T00:00:09.000Z';
    const at = '2026-01-01T00:00:00.000Z';
    expect((await calls.peek('state=ready')).messages).toMatchObject([
      { id: '1-3', body: 'ready', state: 'ready', deliveries: 0, failures: 0, history: [] },
    ]);
    expect((await calls.peek('state=leased')).messages).toMatchObject([
      { body: 'leased', deliveries: 1, until: '2026-01-01T00:00:30.000Z' },
    ]);
    expect((await calls.peek('state=delayed')).messages).toMatchObject([
      { body: 'delayed', until },
    ]);
    expect((await calls.peek('state=dead')).messages).toMatchObject([
      {
        body: 'dead',
        failures: 1,
        history: [{ at, kind: 'nack', reason: 'broken' }],
        death: { at, reason: 'failures' },
      },
    ]);
    expect(calls.batches()).toEqual([]);
  });

  it('goes through them in pages', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({ messages: Array.from({ length: 5 }, (_, n) => ({ body: n })) });
    const seen: unknown[] = [];
    let cursor: string | null = '0';
    while (cursor !== null) {
      const page: Awaited<ReturnType<TopicCalls['peek']>> = await calls.peek(
        `limit=2&cursor=${cursor}`,
      );
      expect(page.messages.length).toBeLessThanOrEqual(2);
      seen.push(...page.messages.map(({ body }) => body));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it.each(['state=gone', 'limit=0', 'limit=1001', 'cursor=a'])('refuses %s', async (query) => {
    await using calls = await TopicCalls.start();
    expect(await refusal(calls.get(`messages?${query}`))).toEqual([400, 'invalid-parameter']);
  });

  it('shows one message by its id', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({ messages: [{ body: 1 }, { bodyBase64: 'AAEC', key: 'k' }] });
    expect(await calls.message('1-2')).toMatchObject({ bodyBase64: 'AAEC', key: 'k' });
    for (const id of ['1-3', '2-1', '1', 'x', '1-01x']) {
      expect(await refusal(calls.get(`messages/${id}`))).toEqual([404, 'unknown-message']);
    }
  });

  it('is refused for an unknown topic', async () => {
    await using calls = await TopicCalls.start();
    for (const what of ['messages', 'messages/1-1']) {
      const get = calls.node.call('GET', `/v1/topics/nowhere/${what}`);
      expect(await refusal(get)).toEqual([404, 'unknown-topic']);
    }
  });

  it('takes no other methods', async () => {
    await using calls = await TopicCalls.start();
    const { status, headers, text } = await calls.node.call(
      'PUT',
      '/v1/topics/orders/messages',
      {},
    );
    expect([status, headers['allow'], json(text)['code']]).toEqual([
      405,
      'POST, GET, HEAD',
      'method-not-allowed',
    ]);
    const path = calls.node.call('POST', '/v1/topics/%ff/messages', {});
    expect(await refusal(path)).toEqual([400, 'malformed-path']);
  });
});

describe('POST /v1/topics/{topic}/dead/redrive', () => {
  async function withDead(): Promise<TopicCalls> {
    const calls = await TopicCalls.start();
    const tokens = await calls.lease('a', 'b', 'c');
    await calls.settle({ reject: tokens.map((token) => ({ token })) });
    await calls.node.call('PUT', '/v1/topics/other', {});
    return calls;
  }
  const redrive = (calls: TopicCalls, body: object) => calls.post('dead/redrive', body);

  it('publishes all, some or the first dead letters again', async () => {
    await using calls = await withDead();
    expect(json((await redrive(calls, { max: 1 })).text)).toEqual({ moved: 1, remaining: 0 });
    const ids = ['1-3', '2-2', '1-99'];
    expect(json((await redrive(calls, { ids, to: 'other' })).text)).toMatchObject({ moved: 1 });
    expect(json((await redrive(calls, {})).text)).toEqual({ moved: 1, remaining: 0 });
    const bodies = (await calls.receive()).messages.map(({ body }) => body);
    expect(bodies).toEqual(['a', 'b']);
    expect(calls.node.group.machine.stats('other')).toMatchObject({ ready: 1 });
  });

  it('goes on at the rate that is asked for, one at a time', async () => {
    await using calls = await withDead();
    const slow = await redrive(calls, { ratePerSecond: 1 });
    expect(json(slow.text)).toEqual({ moved: 1, remaining: 2 });
    expect(await refusal(redrive(calls, {}))).toEqual([409, 'in-progress']);
  });

  it('moves nothing for ids of other topics', async () => {
    await using calls = await withDead();
    calls.batches();
    expect(json((await redrive(calls, { ids: ['9-1'] })).text)).toEqual({ moved: 0, remaining: 0 });
    expect(calls.batches()).toEqual([]);
  });

  it('gives those who wait what it moves', async () => {
    await using calls = await withDead();
    const receive = calls.post('receive', { max: 3 });
    await waitUntil(() => calls.node.server.waitingReceives === 1);
    await redrive(calls, {});
    expect(json((await receive).text)).toMatchObject({ messages: [{}, {}, {}] });
  });

  it.each<[object, number, string]>([
    [{ ids: [] }, 400, 'invalid-body'],
    [{ ids: ['x'] }, 400, 'invalid-body'],
    [{ ids: ['1-1'], max: 1 }, 400, 'invalid-body'],
    [{ ids: ['1-1'], ratePerSecond: 1 }, 400, 'invalid-body'],
    [{ max: 0 }, 400, 'invalid-body'],
    [{ all: true }, 400, 'invalid-body'],
    [{ to: 'nowhere' }, 404, 'unknown-target'],
  ])('%j is refused %i %s', async (body, status, code) => {
    await using calls = await withDead();
    expect(await refusal(redrive(calls, body))).toEqual([status, code]);
  });

  it('is refused for an unknown topic', async () => {
    await using calls = await withDead();
    const nowhere = calls.node.call('POST', '/v1/topics/nowhere/dead/redrive', {});
    expect(await refusal(nowhere)).toEqual([404, 'unknown-topic']);
  });
});

describe('The public limits', () => {
  it.each([
    ['LEASE_MS_MIN', contract.LEASE_MS_MIN, queue.LEASE_MS_MIN],
    ['LEASE_MS_MAX', contract.LEASE_MS_MAX, queue.LEASE_MS_MAX],
    ['DELAY_MS_MAX', contract.DELAY_MS_MAX, queue.DELAY_MS_MAX],
    ['TTL_MS_MAX', contract.TTL_MS_MAX, queue.TTL_MS_MAX],
    ['DEDUP_MS_MAX', contract.DEDUP_MS_MAX, queue.DEDUP_MS_MAX],
    ['FAILURES_MAX', contract.FAILURES_MAX, queue.FAILURES_MAX],
    ['IN_FLIGHT_MAX', contract.IN_FLIGHT_MAX, queue.IN_FLIGHT_MAX],
    ['PRIORITY_MAX', contract.PRIORITY_MAX, queue.PRIORITY_MAX],
    ['KEY_BYTES_MAX', contract.KEY_BYTES_MAX, queue.KEY_BYTES_MAX],
    ['ATTRIBUTES_MAX', contract.ATTRIBUTES_MAX, queue.ATTRIBUTES_MAX],
    ['ATTRIBUTES_BYTES_MAX', contract.ATTRIBUTES_BYTES_MAX, queue.ATTRIBUTES_BYTES_MAX],
    ['REASON_BYTES_MAX', contract.REASON_BYTES_MAX, queue.REASON_BYTES_MAX],
  ])('say the same as the queue: %s', (_, ours, its) => {
    expect(ours).toBe(its);
  });

  it('say the same as the queue where the names differ', () => {
    expect(contract.MESSAGES_PER_CALL_MAX).toBe(queue.MESSAGES_PER_COMMAND_MAX);
    expect(contract.TOKEN_LENGTH).toBe(Math.ceil((queue.TOKEN_BYTES * 8) / 6));
    expect(contract.PRODUCER_ID_LENGTH_MAX).toBeLessThanOrEqual(queue.PRODUCER_ID_BYTES_MAX);
  });
});
