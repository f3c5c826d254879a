import {
  MESSAGES_PER_COMMAND_MAX,
  type Message,
  PRIORITY_MAX,
  type Settled,
  type Success,
  TOKEN_BYTES,
} from '@rrmq/queue';
import * as fc from 'fast-check';

const number = fc.oneof(fc.constantFrom(0, Number.MAX_SAFE_INTEGER), fc.maxSafeNat());
const count = fc.oneof(fc.constantFrom(0, 0xffff_ffff), fc.nat());
const text = fc.string({ unit: 'binary', maxLength: 40 });
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const bytes = (length: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(length).map((array) => Buffer.from(array));
const is = <Kind extends Success['kind']>(kind: Kind) => fc.constant(kind);

const ok = fc.constant(true as const);
const refusal = fc.constant(false as const);
const topicNumber = number;

const message: fc.Arbitrary<Message> = fc.record({
  sequence: number,
  contentType: text,
  body: bytes({ maxLength: 40 }),
  publishedAt: number,
  key: maybe(text),
  priority: fc.nat({ max: PRIORITY_MAX }),
  attributes: fc.array(fc.tuple(text, text), { maxLength: 3 }),
  expiresAt: maybe(number),
  dedupId: maybe(text),
});
const delivery = fc.record({
  message,
  token: bytes({ minLength: TOKEN_BYTES, maxLength: TOKEN_BYTES }),
  deliveries: count,
  failures: count,
  leaseExpiresAt: number,
});
const outcome: fc.Arbitrary<Settled> = fc.oneof(
  fc.record({ ok, already: fc.boolean() }),
  fc.record({ ok, already: fc.boolean(), leaseExpiresAt: number }),
  fc.record({
    ok: refusal,
    code: fc.constantFrom('invalid-token', 'lease-lost', 'settled-otherwise'),
  }),
);
const settled = fc.oneof(
  { weight: 20, arbitrary: fc.array(outcome, { maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: outcome.map((one) => Array.from({ length: MESSAGES_PER_COMMAND_MAX }, () => one)),
  },
);
const deliveries = fc.array(delivery, { maxLength: 3 });
const repeated = fc.array(fc.record({ position: number, sequence: number }), { maxLength: 3 });

/** Every result that may be kept under an idempotency key. */
export const anyResult: fc.Arbitrary<Success> = fc.oneof(
  fc.record({ ok, kind: is('topic-created'), topicNumber }),
  fc.record({ ok, kind: is('topic-updated'), topicNumber, version: number }),
  fc.record({ ok, kind: is('topic-deleted'), topicNumber, messages: number }),
  fc.record({ ok, kind: is('topic-paused'), topicNumber }),
  fc.record({
    ok,
    kind: is('published'),
    topicNumber,
    firstSequence: number,
    count: number,
    duplicate: fc.boolean(),
    repeated,
  }),
  fc.record({ ok, kind: is('popped'), topicNumber, message }),
  fc.record({ ok, kind: is('received'), topicNumber, settled, deliveries }),
  fc.record({ ok, kind: is('settled'), topicNumber, settled }),
  fc.record({ ok, kind: is('redriven'), topicNumber, moved: number, remaining: number }),
  fc.record({ ok, kind: is('purged'), topicNumber, purged: number, goesOn: fc.boolean() }),
  fc.record({ ok, kind: is('advanced'), steps: number }),
);
