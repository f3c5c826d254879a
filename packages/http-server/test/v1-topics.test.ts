import { describe, expect, it } from '@jest/globals';
import { topicPageSchema, topicSchema } from '@rrmq/contract';
import { type NodeUnderTest, startNode } from './node-under-test.ts';
import { json, refusal } from './v1-topic-calls.ts';

const DEFAULTS = {
  ordering: 'fifo',
  leaseMs: 30_000,
  maxFailures: 10,
  backoff: { initialMs: 1000, maxMs: 60_000 },
  ttlMs: null,
  onExpiry: 'dead-letter',
  dedupMs: 300_000,
  limits: {
    maxMessages: null,
    maxBytes: null,
    maxMessageBytes: null,
    maxInFlight: 20_000,
    overflow: 'reject',
  },
};

async function withTopic(): Promise<NodeUnderTest> {
  const node = await startNode();
  await node.call('PUT', '/v1/topics/orders', {});
  node.group.batches.length = 0;
  return node;
}

describe('PUT /v1/topics/{topic}', () => {
  it('creates a topic with the settings given and defaults', async () => {
    await using node = await startNode();
    const answer = await node.call('PUT', '/v1/topics/orders', {
      ordering: 'fifo',
      leaseMs: 5000,
      backoff: { maxMs: 2000 },
      limits: { maxMessages: 10, overflow: 'drop-oldest' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.etag).toBe('"1-1"');
    const body = topicSchema.parse(json(answer.text));
    expect(body).toMatchObject({
      name: 'orders',
      number: 1,
      version: 1,
      createdAt: '2026-01-01T00:00:00.000Z',
      paused: { publishing: false, receiving: false },
      settings: {
        ...DEFAULTS,
        leaseMs: 5000,
        backoff: { initialMs: 1000, maxMs: 2000 },
        limits: { ...DEFAULTS.limits, maxMessages: 10, overflow: 'drop-oldest' },
      },
    });
  });

  it('takes no body as one without settings', async () => {
    await using node = await startNode();
    const { status, text } = await node.call('PUT', '/v1/topics/a%2Fb%20%E2%82%AC');
    expect([status, json(text)['name']]).toEqual([201, 'a/b €']);
    expect(json(text)['settings']).toEqual(DEFAULTS);
  });

  it('replaces the settings of a topic that is there', async () => {
    await using node = await withTopic();
    const first = await node.call('PUT', '/v1/topics/orders', { ttlMs: 5000 });
    expect([first.status, first.headers.etag]).toEqual([200, '"1-2"']);
    const second = await node.call('PUT', '/v1/topics/orders', { maxFailures: 3 });
    expect(json(second.text)).toMatchObject({
      version: 3,
      settings: { ...DEFAULTS, maxFailures: 3 },
    });
  });

  it('does so also when somebody else creates or deletes it at the same time', async () => {
    await using node = await startNode();
    const [one, other] = await Promise.all([
      node.call('PUT', '/v1/topics/orders', { maxFailures: 3 }),
      node.call('PUT', '/v1/topics/orders', { maxFailures: 4 }),
    ]);
    expect(new Set([one.status, other.status])).toEqual(new Set([200, 201]));
  });

  it('creates only what is not there, when it is asked for that', async () => {
    await using node = await startNode();
    const once = { 'If-None-Match': '*' };
    const created = await node.call('PUT', '/v1/topics/orders', {}, once);
    expect(created.status).toBe(201);
    const again = node.call('PUT', '/v1/topics/orders', {}, once);
    expect(await refusal(again)).toEqual([412, 'topic-exists']);
  });

  it('replaces only the version that If-Match names', async () => {
    await using node = await withTopic();
    const put = (tag: string) => node.call('PUT', '/v1/topics/orders', {}, { 'If-Match': tag });
    expect((await put('"1-1"')).status).toBe(200);
    expect((await put('*')).status).toBe(200);
    await node.call('PUT', '/v1/topics/orders', { maxFailures: 3 });
    expect(await refusal(put('"1-1"'))).toEqual([412, 'version-mismatch']);
    expect(await refusal(put('"2-2"'))).toEqual([412, 'version-mismatch']);
    const nowhere = node.call('PUT', '/v1/topics/nowhere', {}, { 'If-Match': '*' });
    expect(await refusal(nowhere)).toEqual([412, 'version-mismatch']);
  });

  it.each<[object, string]>([
    [{ leaseMS: 1 }, 'the body must not have "leaseMS"'],
    [{ limits: { max: 1 } }, 'limits must not have "max"'],
    [{ ordering: 'none' }, 'ordering must be one of fifo'],
    [{ leaseMs: 999 }, 'leaseMs must be a whole number from 1000 to 43200000'],
    [{ maxFailures: '3' }, 'maxFailures must be a whole number from 1 to 1000'],
    [{ ttlMs: 0 }, 'ttlMs must be a whole number from 1 to 31536000000'],
    [{ limits: { maxMessages: 0 } }, 'limits.maxMessages must be a whole number from 1'],
    [
      { limits: { overflow: 'x' } },
      'limits.overflow must be one of reject, drop-oldest, dead-letter',
    ],
    [
      { backoff: { initialMs: 70_000 } },
      'backoff.initialMs must not be above backoff.maxMs, which is 60000',
    ],
  ])('refuses %j in words', async (body, detail) => {
    await using node = await startNode();
    const { status, text } = await node.call('PUT', '/v1/topics/orders', body);
    expect([status, json(text)['code'], json(text)['detail']]).toEqual([
      400,
      'invalid-body',
      detail,
    ]);
    expect(node.group.batches).toEqual([]);
  });

  it.each<[string, object]>([
    [`/v1/topics/${'x'.repeat(4097)}`, {}],
    ['/v1/topics/orders', { 'If-Match': '1-1' }],
    ['/v1/topics/orders', { 'If-None-Match': '"1-1"' }],
    ['/v1/topics/orders', { 'If-Match': '*', 'If-None-Match': '*' }],
    ['/v1/topics/orders?timeoutMs=soon', {}],
  ])('refuses the parameter of %.30s %j', async (path, head) => {
    await using node = await startNode();
    expect(await refusal(node.call('PUT', path, {}, head))).toEqual([400, 'invalid-parameter']);
  });

  it('takes nothing but JSON', async () => {
    await using node = await startNode();
    const put = (type: string) =>
      node.call('PUT', '/v1/topics/orders', '{', { 'Content-Type': type });
    expect(await refusal(put('text/plain'))).toEqual([415, 'unsupported-media-type']);
    expect(await refusal(put('application/json'))).toEqual([400, 'malformed-json']);
  });
});

describe('PATCH /v1/topics/{topic}', () => {
  const patch = (node: NodeUnderTest, body: object, head: object = {}) =>
    node.call('PATCH', '/v1/topics/orders', body, {
      'Content-Type': 'application/merge-patch+json',
      ...head,
    });

  it('changes what it names and leaves the rest', async () => {
    await using node = await startNode();
    await node.call('PUT', '/v1/topics/orders', { maxFailures: 3, limits: { maxMessages: 7 } });
    const { status, text, headers } = await patch(node, { limits: { maxBytes: 9 }, ttlMs: 10 });
    expect([status, headers.etag]).toEqual([200, '"1-2"']);
    const limits = { ...DEFAULTS.limits, maxMessages: 7, maxBytes: 9 };
    expect(json(text)['settings']).toEqual({ ...DEFAULTS, maxFailures: 3, ttlMs: 10, limits });
  });

  it('brings defaults back by null', async () => {
    await using node = await startNode();
    await node.call('PUT', '/v1/topics/orders', { maxFailures: 3, limits: { maxMessages: 7 } });
    const { text } = await patch(node, { maxFailures: null, limits: { maxMessages: null } });
    expect(json(text)['settings']).toEqual(DEFAULTS);
  });

  it('loses no change of somebody else', async () => {
    await using node = await withTopic();
    const answers = await Promise.all([
      patch(node, { maxFailures: 3 }),
      patch(node, { ttlMs: 10 }),
      patch(node, { dedupMs: 5 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const { text } = await node.call('GET', '/v1/topics/orders');
    expect(json(text)['settings']).toEqual({ ...DEFAULTS, maxFailures: 3, ttlMs: 10, dedupMs: 5 });
  });

  it('is refused for another version, an unknown topic, and what makes no settings', async () => {
    await using node = await withTopic();
    const other = patch(node, { ttlMs: 1 }, { 'If-Match': '"1-2"' });
    expect(await refusal(other)).toEqual([412, 'version-mismatch']);
    expect(await refusal(patch(node, { ttl: 1 }))).toEqual([400, 'invalid-body']);
    expect(await refusal(patch(node, { backoff: { maxMs: 1 } }))).toEqual([400, 'invalid-body']);
    expect(await refusal(patch(node, []))).toEqual([400, 'invalid-body']);
    const deep = `{"limits":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`;
    const patched = node.call('PATCH', '/v1/topics/orders', deep, {
      'Content-Type': 'application/json',
    });
    expect(await refusal(patched)).toEqual([400, 'invalid-body']);
    const nowhere = node.call('PATCH', '/v1/topics/nowhere', { ttlMs: 1 });
    expect(await refusal(nowhere)).toEqual([404, 'unknown-topic']);
  });
});

describe('DELETE /v1/topics/{topic}', () => {
  it('removes the topic and all that is in it', async () => {
    await using node = await withTopic();
    await node.call('POST', '/v1/topics/orders/messages', { body: 1 });
    const { status, text } = await node.call('DELETE', '/v1/topics/orders');
    expect([status, json(text)]).toEqual([200, { number: 1, messages: 1 }]);
    expect(await refusal(node.call('GET', '/v1/topics/orders'))).toEqual([404, 'unknown-topic']);
    expect(await refusal(node.call('DELETE', '/v1/topics/orders'))).toEqual([404, 'unknown-topic']);
    const again = await node.call('PUT', '/v1/topics/orders', {});
    expect(again.headers.etag).toBe('"2-1"');
  });

  it('removes only the version that If-Match names', async () => {
    await using node = await withTopic();
    const remove = (tag: string) =>
      node.call('DELETE', '/v1/topics/orders', undefined, { 'If-Match': tag });
    expect(await refusal(remove('"1-2"'))).toEqual([412, 'version-mismatch']);
    expect((await remove('"1-1"')).status).toBe(200);
  });
});

describe('GET /v1/topics', () => {
  it('shows a topic with its counts', async () => {
    await using node = await withTopic();
    await node.call('POST', '/v1/topics/orders/messages', { body: 'four' });
    const { status, text, headers } = await node.call('GET', '/v1/topics/orders');
    expect([status, headers.etag]).toEqual([200, '"1-1"']);
    expect(topicSchema.parse(json(text)).stats).toMatchObject({
      ready: 1,
      bytes: 6,
      published: 1,
      discarded: { expired: 0, overflow: 0, purged: 0 },
    });
  });

  it('lists topics in pages, in the order of creation', async () => {
    await using node = await startNode();
    const names = ['z', 'a', '10', '__proto__', 'm'];
    for (const name of names) await node.call('PUT', `/v1/topics/${name}`, {});
    await node.call('DELETE', '/v1/topics/a');
    const pages: string[][] = [];
    let cursor: string | null = '0';
    while (cursor !== null) {
      const { text } = await node.call('GET', `/v1/topics?limit=2&cursor=${cursor}`);
      const page = topicPageSchema.parse(json(text));
      pages.push(page.topics.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual([
      ['z', '10'],
      ['__proto__', 'm'],
    ]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'cursor=-1'])(
    'refuses %s',
    async (query) => {
      await using node = await startNode();
      expect(await refusal(node.call('GET', `/v1/topics?${query}`))).toEqual([
        400,
        'invalid-parameter',
      ]);
    },
  );

  it('writes nothing', async () => {
    await using node = await withTopic();
    await node.call('GET', '/v1/topics/orders');
    await node.call('GET', '/v1/topics');
    await node.call('GET', '/v1/topics/nowhere');
    expect(node.group.batches).toEqual([]);
  });
});

describe('POST /v1/topics/{topic}/pause and /resume', () => {
  const post = (node: NodeUnderTest, what: string, body: object = {}) =>
    node.call('POST', `/v1/topics/orders/${what}`, body);

  it('pause both, or one and leave the other', async () => {
    await using node = await withTopic();
    const states: unknown[] = [];
    for (const [what, body] of [
      ['pause', { receiving: true }],
      ['pause', { publishing: true }],
      ['resume', { receiving: true }],
      ['resume', {}],
      ['pause', {}],
    ] as const) {
      const { status, text } = await post(node, what, body);
      states.push([status, json(text)['paused']]);
    }
    expect(states).toEqual([
      [200, { publishing: false, receiving: true }],
      [200, { publishing: true, receiving: true }],
      [200, { publishing: true, receiving: false }],
      [200, { publishing: false, receiving: false }],
      [200, { publishing: true, receiving: true }],
    ]);
  });

  it('are idempotent in themselves: a key changes nothing', async () => {
    await using node = await withTopic();
    const key = { 'Idempotency-Key': 'k-1' };
    await node.call('POST', '/v1/topics/orders/pause', { receiving: true }, key);
    await post(node, 'pause', { publishing: true });
    const again = await node.call('POST', '/v1/topics/orders/pause', { receiving: true }, key);
    expect(json(again.text)).toEqual({ paused: { publishing: true, receiving: true } });
    const wrong = { 'Idempotency-Key': 'a b' };
    const refused = node.call('POST', '/v1/topics/orders/pause', {}, wrong);
    expect(await refusal(refused)).toEqual([400, 'invalid-parameter']);
  });

  it('make publishes and receives be refused', async () => {
    await using node = await withTopic();
    await post(node, 'pause');
    const publish = node.call('POST', '/v1/topics/orders/messages', { body: 1 });
    expect(await refusal(publish)).toEqual([409, 'paused']);
    expect(await refusal(post(node, 'receive'))).toEqual([409, 'paused']);
  });

  it('are refused with other fields, or for a topic that is not there', async () => {
    await using node = await withTopic();
    expect(await refusal(post(node, 'pause', { all: true }))).toEqual([400, 'invalid-body']);
    expect(await refusal(post(node, 'pause', { receiving: false }))).toEqual([400, 'invalid-body']);
    const nowhere = node.call('POST', '/v1/topics/nowhere/pause', {});
    expect(await refusal(nowhere)).toEqual([404, 'unknown-topic']);
  });
});

describe('POST /v1/topics/{topic}/purge', () => {
  it('discards what is there, or a part of it', async () => {
    await using node = await withTopic();
    const publish = (body: object) => node.call('POST', '/v1/topics/orders/messages', body);
    const purge = async (body: object) =>
      json((await node.call('POST', '/v1/topics/orders/purge', body)).text);
    await publish({ messages: [{ body: 1 }, { body: 2 }, { body: 3, delayMs: 1000 }] });
    expect(await purge({ olderThanMs: 1000 })).toEqual({ purged: 0, goesOn: false });
    expect(await purge({ state: 'delayed' })).toEqual({ purged: 1, goesOn: false });
    expect(await purge({})).toEqual({ purged: 2, goesOn: false });
  });

  it('goes on step by step when there is much, and then is refused again', async () => {
    await using node = await withTopic();
    const messages = Array.from({ length: 1000 }, (_, n) => ({ body: n }));
    for (let n = 0; n < 2; n += 1) {
      await node.call('POST', '/v1/topics/orders/messages', { messages });
    }
    const purge = (body: object) => node.call('POST', '/v1/topics/orders/purge', body);
    expect(json((await purge({})).text)).toMatchObject({ purged: 1000, goesOn: true });
    expect(await refusal(purge({}))).toEqual([409, 'in-progress']);
    expect(await refusal(purge({ state: 'x' }))).toEqual([400, 'invalid-body']);
    const nowhere = node.call('POST', '/v1/topics/nowhere/purge', {});
    expect(await refusal(nowhere)).toEqual([404, 'unknown-topic']);
  });
});
