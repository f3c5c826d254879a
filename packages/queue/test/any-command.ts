import {
  ATTRIBUTES_MAX,
  type Command,
  DEDUP_MS_MAX,
  DELAY_MS_MAX,
  FAILURES_MAX,
  IN_FLIGHT_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  MESSAGES_PER_COMMAND_MAX,
  type NewMessage,
  PRIORITY_DEFAULT,
  PRIORITY_MAX,
  type PlainCommand,
  type Purge,
  SECRET_BYTES,
  type Settlement,
  TOKEN_BYTES,
  TTL_MS_MAX,
  type TopicSettings,
} from '@rrmq/queue';
import * as fc from 'fast-check';

const within = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.constantFrom(min, max), fc.integer({ min, max }));
const from = (min: number): fc.Arbitrary<number> => within(min, Number.MAX_SAFE_INTEGER);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const bytes = (length: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(length).map((array) => Buffer.from(array));
const bytesOf = (count: number) => bytes({ minLength: count, maxLength: count });

const text = fc.string({ unit: 'binary', maxLength: 40 });
/** At most 256 bytes. */
const name = fc.oneof(
  fc.constantFrom('__proto__', 'k'.repeat(256), '😀'.repeat(64)),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }),
);
const attributes = fc.oneof(
  fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 }),
  fc.constant(
    Array.from({ length: ATTRIBUTES_MAX }, (_, at): [string, string] => [`${at}`, 'é'.repeat(100)]),
  ),
);

const leaseMs = within(LEASE_MS_MIN, LEASE_MS_MAX);
const delayMs = within(0, DELAY_MS_MAX);
const ttlMs = within(1, TTL_MS_MAX);

const settings: fc.Arbitrary<TopicSettings> = fc.record({
  leaseMs,
  maxFailures: within(1, FAILURES_MAX),
  backoff: fc
    .tuple(delayMs, delayMs)
    .map(([a, b]) => ({ initialMs: Math.min(a, b), maxMs: Math.max(a, b) })),
  ttlMs: maybe(ttlMs),
  onExpiry: fc.constantFrom('dead-letter', 'discard'),
  dedupMs: within(0, DEDUP_MS_MAX),
  limits: fc.record({
    maxMessages: maybe(from(1)),
    maxBytes: maybe(from(1)),
    maxMessageBytes: maybe(from(1)),
    maxInFlight: within(1, IN_FLIGHT_MAX),
    overflow: fc.constantFrom('reject', 'drop-oldest', 'dead-letter'),
  }),
});

type Arbitraries<Fields> = { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> };

/** Each of the options is there or is not. */
const withOptions = <Needed, Options>(
  needed: Arbitraries<Needed>,
  options: Arbitraries<Options>,
): fc.Arbitrary<Needed & Partial<Options>> =>
  fc
    .tuple(fc.record(needed), fc.record(options, { requiredKeys: [] }))
    .map(([always, sometimes]) => ({ ...always, ...sometimes }) as Needed & Partial<Options>);

const content = { contentType: text, body: bytes({ maxLength: 40 }) };
const priority = within(0, PRIORITY_MAX).filter((value) => value !== PRIORITY_DEFAULT);
const options = { key: name, priority, ttlMs, attributes };
/** Without what is there by default, and without a dedup id: that does not go with a producer. */
const message: fc.Arbitrary<NewMessage> = fc.oneof(
  withOptions(content, { ...options, delayMs }),
  withOptions(content, { ...options, deliverAt: from(0) }),
);
const dedupMessage: fc.Arbitrary<NewMessage> = fc
  .tuple(message, name)
  .map(([each, dedupId]) => ({ ...each, dedupId }));

const token = bytesOf(TOKEN_BYTES);
const is = <Name extends string>(one: Name) => fc.constant(one);
const settlement: fc.Arbitrary<Settlement> = fc.oneof(
  fc.record({ action: is('ack'), token }),
  fc.record({ action: is('release'), token }),
  withOptions({ action: is('nack'), token }, { delayMs, reason: text }),
  withOptions({ action: is('reject'), token }, { reason: text }),
  withOptions({ action: is('extend'), token }, { leaseMs }),
);
const settle = fc.array(settlement, { maxLength: 5 });
const settleSome = fc.array(settlement, { minLength: 1, maxLength: 5 });

const topic = name;
const noProducer = fc.constant(undefined);
const producer = fc.record({ id: name, epoch: from(0), sequence: from(1) });
const messages = fc.array(message, { minLength: 1, maxLength: 4 });
const dedupMessages = fc.array(fc.oneof(message, dedupMessage), { minLength: 1, maxLength: 4 });
const max = within(0, MESSAGES_PER_COMMAND_MAX - 5);
const secret = bytesOf(SECRET_BYTES);
const sequences = fc.array(from(1), { minLength: 1, maxLength: 5 });
const state = fc.constantFrom(
  ...(['all', 'ready', 'leased', 'delayed', 'dead'] satisfies Purge['state'][]),
);
const expected = fc.record({ number: from(1), version: from(1) });

/** Every kind of command that an idempotency key may stand before, with every option or without it. */
const somePlainCommand: fc.Arbitrary<PlainCommand> = fc.oneof(
  withOptions({ kind: is('create-topic'), topic }, { settings }),
  withOptions({ kind: is('update-topic'), topic, settings }, { expected }),
  withOptions({ kind: is('delete-topic'), topic }, { expected }),
  fc.record({
    kind: is('pause-topic'),
    topic,
    publishing: fc.boolean(),
    receiving: fc.boolean(),
  }),
  fc.record({ kind: is('publish'), topic, producer: noProducer, messages: dedupMessages }),
  fc.record({ kind: is('publish'), topic, producer, messages }),
  fc.record({ kind: is('pop'), topic }),
  withOptions({ kind: is('receive'), topic, max, settle }, { leaseMs, secret }),
  fc.record({ kind: is('settle'), topic, settle: settleSome }),
  withOptions({ kind: is('redrive'), topic }, { sequences, to: name }),
  withOptions({ kind: is('redrive'), topic }, { max: from(1), to: name, ratePerSecond: from(1) }),
  withOptions({ kind: is('purge'), topic, state }, { olderThanMs: from(0) }),
  fc.record({ kind: is('advance') }),
);

const backup = { backupId: text, text };
const chunk = { number: within(0, 0xffff_ffff), chunk: bytes({ maxLength: 40 }) };

/** Every command. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 13, arbitrary: somePlainCommand },
  {
    weight: 4,
    arbitrary: fc.record({ kind: is('once'), key: name, command: somePlainCommand }),
  },
  { weight: 1, arbitrary: fc.record({ kind: is('restore-begin'), ...backup }) },
  { weight: 1, arbitrary: fc.record({ kind: is('restore-chunk'), ...chunk }) },
  { weight: 1, arbitrary: fc.record({ kind: is('restore-end') }) },
);
