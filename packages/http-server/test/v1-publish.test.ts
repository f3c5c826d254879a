import { describe, expect, it } from '@jest/globals';
import { headers } from '@rrmq/contract';
import { TopicCalls, json, refusal } from './v1-topic-calls.ts';

describe('POST /v1/topics/{topic}/messages', () => {
  it('publishes one message', async () => {
    await using calls = await TopicCalls.start();
    const { status, text } = await calls.post('messages', { body: { n: 1 } });
    expect(status).toBe(201);
    expect(json(text)).toEqual({
      messages: [
        { id: '1-1', sequence: 1, publishedAt: '2026-01-01T00:00:00.000Z', duplicate: false },
      ],
    });
    const { messages } = await calls.receive();
    expect(messages[0]).toMatchObject({
      id: '1-1',
      sequence: 1,
      body: { n: 1 },
      contentType: 'application/json',
      priority: 4,
      attributes: {},
      publishedAt: '2026-01-01T00:00:00.000Z',
      deliveries: 1,
      failures: 0,
      leaseExpiresAt: '2026-01-01T00:00:30.000Z',
    });
    expect(messages[0]).not.toHaveProperty('key');
    expect(messages[0]).not.toHaveProperty('bodyBase64');
  });

  it('publishes several as one, with all that can be said of a message', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({
      messages: [
        {
          body: 'late',
          key: 'cust-7',
          priority: 9,
          ttlMs: 60_000,
          dedupId: 'o-1',
          attributes: { ['__proto__']: 'x', b: 'é' },
        },
        { bodyBase64: 'AAEC', contentType: 'image/png', delayMs: 0 },
        { bodyBase64: 'AAEC' },
      ],
    });
    expect(calls.batches()).toEqual([['publish']]);
    const { messages } = await calls.receive();
    expect(messages).toMatchObject([
      { body: 'late', key: 'cust-7', priority: 9, dedupId: 'o-1' },
      { bodyBase64: 'AAEC', contentType: 'image/png' },
      { bodyBase64: 'AAEC', contentType: 'application/octet-stream' },
    ]);
    expect(messages[0]?.expiresAt).toBe('2026-01-01T00:01:00.000Z');
    expect(Object.entries(messages[0]?.attributes ?? {})).toEqual([
      ['__proto__', 'x'],
      ['b', 'é'],
    ]);
    expect(messages[1]).not.toHaveProperty('body');
  });

  it.each([
    null,
    '',
    '\ud800 \u0000 "\\',
    [],
    { ['__proto__']: { deep: [1.5e300, -0.1, true] } },
    'x'.repeat(10_000),
  ])('gives back the JSON %.40j as it was', async (body) => {
    await using calls = await TopicCalls.start();
    const { text } = await calls.post('messages', { body });
    expect(json(text)).toHaveProperty('messages');
    const received = await calls.post('receive', { waitMs: 0 });
    expect(received.text).toContain(`,"body":${JSON.stringify(body)}}]}`);
  });

  it('publishes raw bytes of any type, described by headers', async () => {
    await using calls = await TopicCalls.start();
    const bytes = Buffer.from([0, 255, 254, 10]);
    const { status } = await calls.post('messages', bytes, {
      'Content-Type': 'image/png; q=1',
      [headers.key]: Buffer.from('Zoë').toString('latin1'),
      [headers.priority]: '7',
      [headers.ttlMs]: '5000',
      [headers.dedupId]: 'd-1',
    });
    expect(status).toBe(201);
    const { messages } = await calls.receive();
    expect(messages[0]).toMatchObject({
      bodyBase64: bytes.toString('base64'),
      contentType: 'image/png; q=1',
      key: 'Zoë',
      priority: 7,
      expiresAt: '2026-01-01T00:00:05.000Z',
      dedupId: 'd-1',
    });
  });

  it('takes other JSON than application/json, and nothing at all, as content', async () => {
    await using calls = await TopicCalls.start();
    await calls.post('messages', '{"a":1}', { 'Content-Type': 'application/vnd.x+json' });
    await calls.post('messages', Buffer.alloc(0), { 'Content-Type': 'text/plain' });
    const { messages } = await calls.receive();
    expect(messages).toMatchObject([
      { bodyBase64: 'eyJhIjoxfQ==', contentType: 'application/vnd.x+json' },
      { bodyBase64: '', contentType: 'text/plain' },
    ]);
  });

  it('delays what shall come later', async () => {
    await using calls = await TopicCalls.start();
    const { messages } = {
      messages: [
        { body: 1, delayMs: 5000 },
        { body: 2, deliverAt: '2026-01-01T01:00:05.5+01:00' },
        { body: 3, deliverAt: '1969-01-01T00:00:00Z' },
      ],
    };
    await calls.publish({ messages });
    await calls.post('messages', 'x', { 'Content-Type': 'a/b', [headers.delayMs]: '70' });
    const { messages: delayed } = await calls.peek('state=delayed');
    expect(delayed.map(({ sequence, until }) => [sequence, until])).toEqual([
      [1, '2026-01-01T00:00:05.000Z'],
      [2, '2026-01-01T00:00:05.500Z'],
      [4, '2026-01-01T00:00:00.070Z'],
    ]);
  });

  it('adds what has a remembered dedup id once, and says so', async () => {
    await using calls = await TopicCalls.start();
    await calls.publish({ body: 1, dedupId: 'a' });
    calls.node.group.nowMs += 1000;
    const mixed = await calls.post('messages', {
      messages: [
        { body: 2, dedupId: 'b' },
        { body: 3, dedupId: 'a' },
        { body: 4, dedupId: 'b' },
        { body: 5 },
      ],
    });
    expect(mixed.status).toBe(201);
    const at = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
    expect(json(mixed.text)['messages']).toEqual([
      { id: '1-2', sequence: 2, publishedAt: at[1], duplicate: false },
      { id: '1-1', sequence: 1, publishedAt: at[0], duplicate: true },
      { id: '1-2', sequence: 2, publishedAt: at[1], duplicate: true },
      { id: '1-3', sequence: 3, publishedAt: at[1], duplicate: false },
    ]);
    const again = await calls.post('messages', { body: 1, dedupId: 'a' });
    expect([again.status, json(again.text)]).toMatchObject([200, { messages: [{ id: '1-1' }] }]);
  });

  it('executes a repeated step of a producer once', async () => {
    await using calls = await TopicCalls.start();
    const step = (sequence: number, epoch = 1) => ({
      'Producer-Id': 'p',
      'Producer-Epoch': String(epoch),
      'Producer-Sequence': String(sequence),
    });
    const body = { messages: [{ body: 1 }, { body: 2 }] };
    const first = await calls.post('messages', body, step(1));
    const again = await calls.post('messages', body, step(1));
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(json(again.text)).toMatchObject({
      messages: [
        { id: '1-1', duplicate: true },
        { id: '1-2', duplicate: true },
      ],
    });
    const gap = calls.post('messages', body, step(3));
    expect(await refusal(gap)).toEqual([409, 'producer-sequence-gap']);
    await calls.post('messages', body, step(1, 2));
    const fenced = calls.post('messages', body, step(2));
    expect(await refusal(fenced)).toEqual([409, 'producer-fenced']);
    const half = calls.post('messages', body, { 'Producer-Id': 'p' });
    expect(await refusal(half)).toEqual([400, 'invalid-parameter']);
    const both = calls.post('messages', { body: 1, dedupId: 'x' }, step(2, 2));
    expect(await refusal(both)).toEqual([400, 'invalid-parameter']);
  });

  it('is executed once under an idempotency key', async () => {
    await using calls = await TopicCalls.start();
    const key = { 'Idempotency-Key': 'k-1' };
    const first = await calls.post('messages', { body: 1 }, key);
    calls.node.group.nowMs += 5000;
    const again = await calls.post('messages', { body: 1 }, key);
    expect(again).toMatchObject({ status: first.status, text: first.text });
    const other = calls.post('messages', { body: 2 }, key);
    expect(await refusal(other)).toEqual([422, 'key-reused']);
    expect((await calls.receive()).messages).toHaveLength(1);
  });

  it('is refused, as a whole, when a message is too large', async () => {
    await using calls = await TopicCalls.start({ limits: { maxMessageBytes: 3 } });
    const publish = calls.post('messages', { messages: [{ body: 1 }, { body: 1000 }] });
    expect(await refusal(publish)).toEqual([413, 'message-too-large']);
    expect((await calls.receive()).messages).toEqual([]);
  });

  it('is refused, to be tried again later, when the topic is full', async () => {
    await using calls = await TopicCalls.start({ limits: { maxMessages: 1 } });
    await calls.publish({ body: 1 });
    const { status, text, headers: head } = await calls.post('messages', { body: 2 });
    expect([status, head['retry-after']]).toEqual([429, '1']);
    expect(json(text)).toMatchObject({ code: 'topic-full', retryable: true, outcome: 'none' });
  });

  it('tells of an unknown topic without an entry', async () => {
    await using calls = await TopicCalls.start();
    const publish = calls.node.call('POST', '/v1/topics/nowhere/messages', { body: 1 });
    expect(await refusal(publish)).toEqual([404, 'unknown-topic']);
    expect(calls.batches()).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{}, 'body or bodyBase64 must be there, one of the two'],
    [{ body: 1, bodyBase64: '' }, 'body or bodyBase64 must be there, one of the two'],
    [{ bodyBase64: 'A' }, 'bodyBase64 must be base64, padded'],
    [
      { bodyBase64: 'ew==', contentType: 'application/json' },
      'bodyBase64 must be JSON in UTF-8, as its contentType says',
    ],
    [
      { body: 1, contentType: 'text/plain' },
      'contentType must be application/json with a body; send other content as bodyBase64',
    ],
    [{ body: 1, Key: 'x' }, 'the body must not have "Key"'],
    [{ body: 1, key: '' }, 'key must not be empty'],
    [{ body: 1, key: 'é'.repeat(129) }, 'key must have at most 256 bytes in UTF-8'],
    [{ body: 1, key: '\ud800' }, 'key must be well-formed Unicode'],
    [{ body: 1, priority: 10 }, 'priority must be a whole number from 0 to 9'],
    [{ body: 1, delayMs: -1 }, 'delayMs must be a whole number from 0 to 31536000000'],
    [{ body: 1, deliverAt: 'soon' }, 'deliverAt must be a time like 2026-03-01T12:00:00Z'],
    [
      { body: 1, delayMs: 1, deliverAt: '2026-01-01T00:00:00Z' },
      'deliverAt must not be given together with delayMs',
    ],
    [{ messages: [] }, 'messages must not be empty'],
    [{ messages: {} }, 'messages must be a list of messages'],
    [
      { messages: [{ body: 1 }, { key: 'k' }] },
      'messages.1.body or bodyBase64 must be there, one of the two',
    ],
    [{ messages: [{ body: 1 }], max: 1 }, 'the body must not have "max"'],
    [[], 'the body must be an object'],
  ])('refuses %j in words', async (body, detail) => {
    await using calls = await TopicCalls.start();
    const { status, text } = await calls.post('messages', body);
    expect([status, json(text)['code'], json(text)['detail']]).toEqual([
      400,
      'invalid-body',
      detail,
    ]);
  });

  it('refuses JSON that is nested too deeply', async () => {
    await using calls = await TopicCalls.start();
    const deep = `{"body":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
    const publish = calls.post('messages', deep, { 'Content-Type': 'application/json' });
    expect(await refusal(publish)).toEqual([400, 'invalid-body']);
  });

  it('refuses too many messages and too many attributes', async () => {
    await using calls = await TopicCalls.start();
    const messages = Array.from({ length: 1001 }, () => ({ body: 1 }));
    const many = Object.fromEntries(messages.slice(0, 65).map((_, at) => [String(at), '']));
    for (const body of [
      { messages },
      { body: 1, attributes: many },
      { body: 1, attributes: { a: 'x'.repeat(16_384) } },
      { body: 1, attributes: { a: 1 } },
      { body: 1, attributes: [] },
    ]) {
      expect(await refusal(calls.post('messages', body))).toEqual([400, 'invalid-body']);
    }
  });

  it.each<[object, string]>([
    [{ [headers.priority]: '10' }, 'the header RRMQ-Priority must be a whole number from 0 to 9'],
    [
      { [headers.delayMs]: 'x' },
      'the header RRMQ-Delay-Ms must be a whole number from 0 to 31536000000',
    ],
    [{ [headers.key]: '\xff' }, 'the header RRMQ-Key must be UTF-8'],
    [
      { 'Content-Type': `a/${'b'.repeat(300)}` },
      'the header Content-Type must be a media type of at most 256 characters',
    ],
  ])('refuses raw bytes with %j', async (head, detail) => {
    await using calls = await TopicCalls.start();
    const answer = await calls.post('messages', Buffer.from('x'), {
      'Content-Type': 'a/b',
      ...head,
    });
    expect([answer.status, json(answer.text)['detail']]).toEqual([400, detail]);
  });

  it('refuses streams of messages, which come later, and bodies that are too large', async () => {
    await using calls = await TopicCalls.start({}, { bodyBytesMax: 100 });
    const stream = { 'Content-Type': 'application/x-ndjson' };
    const publish = calls.post('messages', '{}\n{}', stream);
    expect(await refusal(publish)).toEqual([415, 'unsupported-media-type']);
    const large = calls.post('messages', { body: 'x'.repeat(100) });
    expect(await refusal(large)).toEqual([413, 'body-too-large']);
    const half = calls.post('messages', '{"body":', { 'Content-Type': 'application/json' });
    expect(await refusal(half)).toEqual([400, 'malformed-json']);
  });
});

describe('What the group does', () => {
  it.each([
    ['not-leader', 307, 'not-leader', 'none'],
    ['overloaded', 503, 'overloaded', 'none'],
    ['disk-full', 507, 'disk-full', 'none'],
    ['too-large', 413, 'body-too-large', 'none'],
    ['stopping', 503, 'shutting-down', 'none'],
    ['lose-track', 504, 'not-committed-in-time', 'unknown'],
  ] as const)('%s is answered %i %s', async (behaviour, status, code, outcome) => {
    await using calls = await TopicCalls.start();
    if (behaviour === 'not-leader') calls.node.group.follow();
    else calls.node.group.behaviour = behaviour;
    const answer = await calls.post('messages', { body: 1 });
    expect(answer.status).toBe(status);
    expect(json(answer.text)).toMatchObject({ code, outcome });
    const url = 'http://10.0.0.2:7002/v1/topics/orders/messages';
    expect(answer.headers['location']).toBe(status === 307 ? url : undefined);
  });

  it('an unconfirmed leader is waited for', async () => {
    await using calls = await TopicCalls.start();
    calls.node.group.behaviour = 'unconfirmed';
    const publish = calls.post('messages', { body: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    calls.node.group.behaviour = 'commit';
    expect((await publish).status).toBe(201);
  });

  it('what does not commit in the time that the client gives is unknown', async () => {
    await using calls = await TopicCalls.start();
    calls.node.group.behaviour = 'hang';
    const publish = calls.post('messages', { body: 1 }, { [headers.timeoutMs]: '20' });
    expect(await refusal(publish)).toEqual([504, 'not-committed-in-time']);
  });
});
