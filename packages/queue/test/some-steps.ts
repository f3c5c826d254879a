import type { NewMessage, PlainCommand, TopicSettings } from '@rrmq/queue';
import * as fc from 'fast-check';
import type { Act, SettleStep, Step, Take } from './history.ts';

/** Few names, so that commands meet; some are traps for those who keep names in objects. */
const someTopic = fc.constantFrom('t', 't', 't', 't', 't', '__proto__');
const someKey = fc.constantFrom('k', 'l', '__proto__');
const someRequestKey = fc.constantFrom('i', 'j', 'constructor');
/** Times that meet each other and the settings below. */
const someMs = fc.constantFrom(0, 1, 500, 1000, 2000, 30_000);
/** Fields that are there once in so many times. */
const onceIn = <T extends object>(times: number, fields: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: times - 1, arbitrary: fc.constant<Partial<T>>({}) },
    { weight: 1, arbitrary: fields },
  );

/** Several parts make one object. */
const joined = <A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>) =>
  fc.tuple(a, b).map(([some, more]): A & B => ({ ...some, ...more }));

const someSettings: fc.Arbitrary<TopicSettings> = fc.record({
  leaseMs: fc.constantFrom(1000, 30_000),
  maxFailures: fc.integer({ min: 1, max: 3 }),
  backoff: fc.constantFrom(
    { initialMs: 0, maxMs: 0 },
    { initialMs: 500, maxMs: 1000 },
    { initialMs: 1000, maxMs: 60_000 },
  ),
  ttlMs: fc.constantFrom(undefined, undefined, undefined, 2000, 30_000),
  onExpiry: fc.constantFrom('dead-letter', 'discard'),
  dedupMs: fc.constantFrom(0, 1000, 300_000),
  limits: fc.record({
    maxMessages: fc.constantFrom(undefined, 3, 4, 6, 8),
    maxBytes: fc.constantFrom(undefined, undefined, 8, 12),
    maxMessageBytes: fc.constantFrom(undefined, undefined, undefined, 3),
    maxInFlight: fc.integer({ min: 1, max: 4 }),
    overflow: fc.constantFrom('reject', 'drop-oldest', 'dead-letter'),
  }),
});

const someWhen = fc.oneof(
  fc.record({ delayMs: someMs }),
  fc.record({ deliverAt: fc.constantFrom(0, 1_001_000, 1_031_000) }),
);

const someMessage: fc.Arbitrary<NewMessage> = fc
  .tuple(
    fc.record({
      contentType: fc.constantFrom('application/json', ''),
      body: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
    }),
    onceIn(2, fc.record({ key: someKey })),
    onceIn(3, fc.record({ priority: fc.constantFrom(0, 4, 9) })),
    onceIn(6, someWhen),
    onceIn(6, fc.record({ ttlMs: fc.constantFrom(1, 1000, 2000, 30_000) })),
    onceIn(4, fc.record({ attributes: fc.constant([['a', '1']] as const) })),
  )
  .map(([content, key, priority, when, ttl, attributes]) => ({
    ...content,
    ...key,
    ...priority,
    ...when,
    ...ttl,
    ...attributes,
  }));

const someDedupId = fc.record({ dedupId: fc.constantFrom('d', 'e', 'f', '__proto__') });

const someProducer = fc.record({
  id: fc.constantFrom('p', '__proto__'),
  epoch: fc.constantFrom(0, 0, 0, 1),
  sequence: fc.constantFrom(1, 1, 1, 2, 2, 3),
});

const somePublish = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      topic: someTopic,
      producer: fc.constant(undefined),
      messages: fc.array(joined(someMessage, onceIn(5, someDedupId)), {
        minLength: 1,
        maxLength: 4,
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('publish' as const),
      topic: someTopic,
      producer: someProducer,
      messages: fc.array(someMessage, { minLength: 1, maxLength: 2 }),
    }),
  },
);

const someVersion = fc.record({
  expected: fc.record({
    number: fc.integer({ min: 1, max: 3 }),
    version: fc.integer({ min: 1, max: 3 }),
  }),
});

const someRarer: fc.Arbitrary<PlainCommand> = fc.oneof(
  {
    weight: 2,
    arbitrary: joined(
      fc.record({ kind: fc.constant('create-topic' as const), topic: someTopic }),
      onceIn(2, fc.record({ settings: someSettings })),
    ),
  },
  {
    weight: 3,
    arbitrary: joined(
      fc.record({
        kind: fc.constant('update-topic' as const),
        topic: someTopic,
        settings: someSettings,
      }),
      onceIn(3, someVersion),
    ),
  },
  {
    weight: 1,
    arbitrary: joined(
      fc.record({ kind: fc.constant('delete-topic' as const), topic: someTopic }),
      onceIn(3, someVersion),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('pause-topic' as const),
      topic: someTopic,
      publishing: fc.constantFrom(false, false, false, false, true),
      receiving: fc.constantFrom(false, false, false, false, true),
    }),
  },
);

const someCleaning: fc.Arbitrary<PlainCommand> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('redrive' as const),
      topic: someTopic,
      max: fc.integer({ min: 1, max: 4 }),
      to: someTopic,
      ratePerSecond: fc.constantFrom(1, 2, 15, 1000),
    },
    { requiredKeys: ['kind', 'topic'] },
  ),
  fc.record(
    {
      kind: fc.constant('redrive' as const),
      topic: someTopic,
      sequences: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
      to: someTopic,
    },
    { requiredKeys: ['kind', 'topic', 'sequences'] },
  ),
  fc.record(
    {
      kind: fc.constant('purge' as const),
      topic: someTopic,
      state: fc.constantFrom('ready', 'leased', 'delayed', 'dead', 'all'),
      olderThanMs: someMs,
    },
    { requiredKeys: ['kind', 'topic', 'state'] },
  ),
);

const someSettleStep: fc.Arbitrary<SettleStep> = fc.record(
  {
    action: fc.constantFrom('ack', 'ack', 'nack', 'nack', 'release', 'reject', 'extend'),
    delivery: fc.oneof(
      { weight: 4, arbitrary: fc.nat({ max: 2 }) },
      { weight: 1, arbitrary: fc.nat({ max: 20 }) },
    ),
    anywhere: fc.constantFrom(false, false, false, false, true),
    delayMs: someMs,
    leaseMs: fc.constantFrom(1000, 30_000),
    reason: fc.constantFrom('', 'é'),
  },
  { requiredKeys: ['action', 'delivery', 'anywhere'] },
);

const someTake: fc.Arbitrary<Take> = fc.record(
  {
    topic: someTopic,
    max: fc.constantFrom(0, 1, 1, 2, 4),
    leaseMs: fc.constantFrom(1000, 2000, 30_000),
    settle: fc.array(someSettleStep, { maxLength: 2 }),
  },
  { requiredKeys: ['topic', 'max', 'settle'] },
);

const someOnce = onceIn(10, fc.record({ once: someRequestKey }));

const someRun = (command: fc.Arbitrary<PlainCommand>): fc.Arbitrary<Act> =>
  joined(fc.record({ kind: fc.constant('run' as const), command }), someOnce);

const someAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 9, arbitrary: someRun(somePublish) },
  {
    weight: 9,
    arbitrary: joined(
      fc.record({ kind: fc.constant('receive' as const), take: someTake }),
      someOnce,
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      topic: someTopic,
      settle: fc.array(someSettleStep, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 5, arbitrary: someRun(fc.constant({ kind: 'advance' })) },
  {
    weight: 2,
    arbitrary: someRun(fc.record({ kind: fc.constant('pop' as const), topic: someTopic })),
  },
  { weight: 3, arbitrary: someRun(someCleaning) },
  { weight: 2, arbitrary: someRun(someRarer) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('again' as const), command: fc.nat({ max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('term-start' as const), gapMs: someMs }),
  },
);

/** Mostly no time passes, so that a good deal happens between two deadlines. */
const someWait: fc.Arbitrary<Step['wait']> = fc.oneof(
  { weight: 12, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: someMs },
  { weight: 2, arbitrary: fc.constant('until-due' as const) },
  { weight: 1, arbitrary: fc.constantFrom(10_000, 299_999, 300_000) },
);

const someStep: fc.Arbitrary<Step> = fc.record({ wait: someWait, act: someAct });

/** Both topics are there from the start, with settings that make things happen soon. */
export const someSteps: fc.Arbitrary<Step[]> = fc
  .tuple(someSettings, someSettings, fc.array(someStep, { maxLength: 120, size: 'max' }))
  .map(([first, second, steps]) => [
    createStep('t', first),
    createStep('__proto__', second),
    ...steps,
  ]);

const createStep = (topic: string, settings: TopicSettings): Step => ({
  wait: 0,
  act: { kind: 'run', command: { kind: 'create-topic', topic, settings } },
});
