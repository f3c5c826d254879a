import { describe, expect, it } from '@jest/globals';
import {
  idempotencyKeySchema,
  newMessageSchema,
  parseBody,
  publishManySchema,
  publishMessagesSchema,
  putTopicBodySchema,
  receiveBodySchema,
  redriveBodySchema,
  settleBodySchema,
  topicSettingsSchema,
  type V1BodyOf,
  type V1ReplyOf,
} from '@rrmq/contract';

const TOKEN = 'AAAAAAAAAAcAAAAAAAAEEQAAAAESNFZ4mrze8A'.padEnd(38, 'A').slice(0, 38);

describe('a message to be published', () => {
  it.each([
    { body: null },
    { body: { ['__proto__']: 1 }, contentType: 'application/json' },
    { bodyBase64: '', contentType: 'text/plain; charset=utf-8' },
    {
      body: 1,
      key: 'é'.repeat(128),
      priority: 0,
      delayMs: 31_536_000_000,
      ttlMs: 1,
      dedupId: 'd',
      attributes: { a: '' },
    },
    { body: 1, deliverAt: '2026-03-01T12:00:00+01:00' },
  ])('may be %j', (message) => {
    expect(parseBody(newMessageSchema, message)).toEqual({ ok: true, value: message });
    expect(parseBody(publishMessagesSchema, { messages: [message] })).toMatchObject({ ok: true });
  });

  it('keeps attributes of any name', () => {
    const attributes: unknown = JSON.parse('{"__proto__":"x","constructor":"y"}');
    const parsed = parseBody(newMessageSchema, { body: 1, attributes });
    expect(parsed.ok && Object.entries(parsed.value.attributes ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('may be large', () => {
    const bodyBase64 = 'AAAA'.repeat(2_500_000);
    expect(parseBody(newMessageSchema, { bodyBase64 }).ok).toBe(true);
    expect(parseBody(newMessageSchema, { bodyBase64: `${bodyBase64}!AAA` }).ok).toBe(false);
  });

  it.each<[unknown, string]>([
    [
      { body: 1, contentType: 'text/html' },
      'contentType must be application/json with a body; send other content as bodyBase64',
    ],
    [
      { bodyBase64: '', contentType: 'é' },
      'contentType must be a media type of at most 256 printable ASCII characters',
    ],
    [{ bodyBase64: 'AA=A' }, 'bodyBase64 must be base64, padded'],
    [{ bodyBase64: 'AAE' }, 'bodyBase64 must be base64, padded'],
    [{ body: 1, dedupId: 7 }, 'dedupId must be a string'],
    [
      { body: 1, attributes: { a: '\ud800' } },
      'attributes must be an object of strings: at most 64, and 16384 bytes of names and values in UTF-8',
    ],
    [{ body: 1, ['__proto__x']: 1, y: 2 }, 'the body must not have "__proto__x", "y"'],
  ])('is refused in our words: %j', (message, text) => {
    expect(parseBody(newMessageSchema, message)).toEqual({ ok: false, text });
  });

  it('is one of 1,000 at most', () => {
    const messages = Array.from({ length: 1000 }, () => ({ body: 1 }));
    expect(parseBody(publishManySchema, { messages }).ok).toBe(true);
    const tooMany = parseBody(publishManySchema, { messages: [...messages, { body: 1 }] });
    expect(tooMany).toEqual({ ok: false, text: 'messages must have at most 1000 messages' });
  });
});

describe('settings of a topic', () => {
  it('may be left out, one by one', () => {
    for (const body of [{}, { ttlMs: null }, { limits: {} }, { backoff: { maxMs: 0 } }]) {
      expect(parseBody(putTopicBodySchema, body)).toEqual({ ok: true, value: body });
    }
  });

  it('are all there in an answer', () => {
    expect(topicSettingsSchema.safeParse({ ordering: 'fifo' }).success).toBe(false);
  });
});

describe('receives and settlements', () => {
  it('take tokens of the right form', () => {
    const settle = {
      ack: [TOKEN],
      nack: [{ token: TOKEN, delayMs: 0, reason: 'x' }],
      release: [TOKEN],
      reject: [{ token: TOKEN }],
      extend: [{ token: TOKEN, leaseMs: 1000 }],
    };
    expect(parseBody(settleBodySchema, settle)).toEqual({ ok: true, value: settle });
    const receive = { max: 1000, leaseMs: 43_200_000, waitMs: 55_000, settle };
    expect(parseBody(receiveBodySchema, receive)).toEqual({ ok: true, value: receive });
  });

  it('take 1,000 settlements at most', () => {
    const ack = Array.from({ length: 1000 }, () => TOKEN);
    expect(parseBody(settleBodySchema, { ack }).ok).toBe(true);
    expect(parseBody(receiveBodySchema, { settle: { ack, release: [TOKEN] } })).toEqual({
      ok: false,
      text: 'settle must have at most 1000 settlements',
    });
  });
});

it('A redrive is by ids, or by number and rate', () => {
  expect(parseBody(redriveBodySchema, { ids: ['7-1'], to: 'x' }).ok).toBe(true);
  expect(parseBody(redriveBodySchema, { max: 5, ratePerSecond: 2 }).ok).toBe(true);
  const both = parseBody(redriveBodySchema, { ids: ['7-1'], ratePerSecond: 2 });
  expect(both).toEqual({ ok: false, text: 'ratePerSecond must not be given together with ids' });
});

it('An idempotency key is visible ASCII', () => {
  expect(idempotencyKeySchema.safeParse('6b1f-x"y"').success).toBe(true);
  for (const key of ['', 'a b', 'é', 'x'.repeat(257)]) {
    expect(idempotencyKeySchema.safeParse(key).success).toBe(false);
  }
});

it('Bodies and replies of the calls are typed', () => {
  const body: V1BodyOf<'receive'> = { max: 1, settle: { ack: [TOKEN] } };
  const reply: V1ReplyOf<'settle'> = { settled: [{ token: TOKEN, ok: true }] };
  // @ts-expect-error: a number of ms
  const wrong: V1BodyOf<'receive'> = { waitMs: '1' };
  expect([body, reply, wrong]).toHaveLength(3);
});
