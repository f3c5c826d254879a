import type {
  Command,
  NewMessage,
  PlainCommand,
  QueueResult,
  Settlement,
  TopicSettings,
} from '@rrmq/queue';
import * as fc from 'fast-check';
import type { Target } from './target.ts';

/** One step of a history: some time passes, then something happens. */
export interface Step {
  /** `until-due`: until an `advance` has something to do. */
  readonly wait: number | 'until-due';
  readonly act: Act;
}

/** What happens. Tokens are named by the deliveries that they belong to, since they are known at run time only. */
export type Act =
  | { readonly kind: 'run'; readonly command: PlainCommand; readonly once?: string }
  | { readonly kind: 'receive'; readonly take: Take; readonly once?: string }
  | { readonly kind: 'settle'; readonly topic: string; readonly settle: readonly SettleStep[] }
  /** Sends an earlier command again: counted from the last one, which is 0. */
  | { readonly kind: 'again'; readonly command: number }
  | { readonly kind: 'term-start'; readonly gapMs: number };

interface Take {
  readonly topic: string;
  readonly max: number;
  readonly leaseMs?: number;
  readonly settle: readonly SettleStep[];
}

export interface SettleStep {
  readonly action: Settlement['action'];
  /** Counted from the last one of the topic, which is 0. When there is none: a forged token. */
  readonly delivery: number;
  /** A delivery of any topic. */
  readonly anywhere: boolean;
  readonly delayMs?: number;
  readonly leaseMs?: number;
  readonly reason?: string;
}

/** What a run has seen so far. */
export interface Memory {
  at: number;
  /** The last ones come first. */
  tokens: { readonly topic: string; readonly token: Uint8Array }[];
  commands: Command[];
}

export const newMemory = (): Memory => ({ at: 1_000_000, tokens: [], commands: [] });

const SECRET = Buffer.from('the secret is 16');

/** Does one step; `undefined` when it is none that has a result. */
export function runStep(target: Target, step: Step, memory: Memory): QueueResult | undefined {
  const { wait, act } = step;
  const due = target.nextDue() ?? memory.at;
  memory.at = wait === 'until-due' ? Math.max(memory.at, due) : memory.at + wait;
  if (act.kind === 'term-start') {
    target.termStart(memory.at, act.gapMs);
    return undefined;
  }
  const command = commandOf(act, memory);
  if (command === undefined) return undefined;
  const result = target.run(command, memory.at);
  memory.commands.unshift(command);
  const inner = command.kind === 'once' ? command.command : command;
  if (result.ok && result.kind === 'received' && inner.kind === 'receive') {
    for (const { token } of result.deliveries) memory.tokens.unshift({ topic: inner.topic, token });
  }
  return result;
}

function commandOf(act: Exclude<Act, { kind: 'term-start' }>, memory: Memory): Command | undefined {
  switch (act.kind) {
    case 'run':
      return onceIf(act.once, act.command);
    case 'receive': {
      const { settle, ...take } = act.take;
      const settlements = settle.map((each) => settlementOf(each, take.topic, memory));
      return onceIf(act.once, { kind: 'receive', ...take, settle: settlements, secret: SECRET });
    }
    case 'settle': {
      const settlements = act.settle.map((each) => settlementOf(each, act.topic, memory));
      return { kind: 'settle', topic: act.topic, settle: settlements };
    }
    case 'again':
      return memory.commands[act.command % Math.max(1, memory.commands.length)];
    default:
      return act satisfies never;
  }
}

const onceIf = (key: string | undefined, command: PlainCommand): Command =>
  key === undefined ? command : { kind: 'once', key, command };

function settlementOf(step: SettleStep, topic: string, { tokens }: Memory): Settlement {
  const { action, delivery, anywhere, delayMs, leaseMs, reason } = step;
  const known = anywhere ? tokens : tokens.filter((each) => each.topic === topic);
  const token = known[delivery % Math.max(1, known.length)]?.token ?? Buffer.alloc(28, 7);
  const because = reason === undefined ? {} : { reason };
  switch (action) {
    case 'nack':
      return { action, token, ...because, ...(delayMs === undefined ? {} : { delayMs }) };
    case 'reject':
      return { action, token, ...because };
    case 'extend':
      return { action, token, ...(leaseMs === undefined ? {} : { leaseMs }) };
    default:
      return { action, token };
  }
}

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
    ...{ ...content, ...key, ...priority },
    ...{ ...when, ...ttl, ...attributes },
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
      ...{ kind: fc.constant('publish' as const), topic: someTopic },
      producer: fc.constant(undefined),
      messages: fc.array(joined(someMessage, onceIn(5, someDedupId)), {
        ...{ minLength: 1, maxLength: 4 },
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ kind: fc.constant('publish' as const), topic: someTopic },
      producer: someProducer,
      messages: fc.array(someMessage, { minLength: 1, maxLength: 2 }),
    }),
  },
);

const someVersion = fc.record({ version: fc.integer({ min: 1, max: 3 }) });

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
        ...{ kind: fc.constant('update-topic' as const), topic: someTopic },
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
      ...{ kind: fc.constant('pause-topic' as const), topic: someTopic },
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
