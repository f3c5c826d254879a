import {
  type Command,
  type NewMessage,
  type PlainCommand,
  type QueueMachine,
  type QueueResult,
  type Settlement,
  type TopicSettings,
  defaultTopicSettings,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import * as fc from 'fast-check';
import { run } from './commands.ts';

/** One step of a history; tokens are known when it runs. */
export interface HistoryStep {
  readonly waitMs: number;
  readonly does: Deed;
}

type Deed =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'receive'; readonly topic: string; readonly picks: readonly Pick[] }
  | { readonly kind: 'gap'; readonly gapMs: number };

/** Settles one of the last deliveries. */
interface Pick {
  readonly action: Settlement['action'];
  readonly nth: number;
}

/** What stands in the log. */
export interface LogEntry {
  readonly at: number;
  readonly entry: Command | { readonly kind: 'gap'; readonly gapMs: number };
}

/** The time of the first entry. */
export const START = 1_000_000;
export const SECRET = Buffer.alloc(16, 7);

/** Everything but the topic's own limits is as small as the histories are. */
export const smallSettings: TopicSettings = {
  ...defaultTopicSettings,
  leaseMs: 1000,
  maxFailures: 2,
  backoff: { initialMs: 500, maxMs: 1000 },
  dedupMs: 2000,
};

const tightSettings: TopicSettings = {
  ...smallSettings,
  ttlMs: 3000,
  onExpiry: 'discard',
  limits: { ...smallSettings.limits, maxMessages: 4, maxInFlight: 2, overflow: 'dead-letter' },
};

const someTopic = fc.constantFrom('t', 't', 't', 'u');
const someMs = fc.constantFrom(0, 1, 500, 1000, 3000);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 });

const someMessage: fc.Arbitrary<NewMessage> = fc
  .record({
    body: fc.constantFrom('a', 'bb', ''),
    key: maybe(fc.constantFrom('k', 'l')),
    priority: fc.constantFrom(4, 4, 4, 0, 9),
    delayMs: maybe(someMs),
    ttlMs: fc.constantFrom(undefined, undefined, 500, 2000),
    dedupId: fc.constantFrom(undefined, undefined, 'd', 'e'),
  })
  .map(({ body, priority, ...rest }) => {
    const { key, delayMs, ttlMs, dedupId } = rest;
    return {
      contentType: '',
      body,
      priority,
      ...(key === undefined ? {} : { key }),
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(ttlMs === undefined ? {} : { ttlMs }),
      ...(dedupId === undefined ? {} : { dedupId }),
    };
  });

const somePublish = fc.record({
  kind: fc.constant('publish' as const),
  topic: someTopic,
  producer: fc.constant(undefined),
  messages: fc.array(someMessage, { minLength: 1, maxLength: 3 }),
});

const someProduced = fc
  .record({ topic: someTopic, sequence: fc.integer({ min: 1, max: 4 }) })
  .map(({ topic, sequence }): PlainCommand => {
    const producer = { id: 'p', epoch: 0, sequence };
    return { kind: 'publish', topic, producer, messages: [{ contentType: '', body: 'p' }] };
  });

const someManagement: fc.Arbitrary<PlainCommand> = fc.oneof(
  fc.record({
    kind: fc.constant('create-topic' as const),
    topic: someTopic,
    settings: fc.constantFrom(smallSettings, tightSettings),
  }),
  fc.record({ kind: fc.constant('delete-topic' as const), topic: someTopic }),
  fc.record({
    kind: fc.constant('purge' as const),
    topic: someTopic,
    state: fc.constantFrom('ready', 'leased', 'delayed', 'dead', 'all'),
  }),
  fc.record({ kind: fc.constant('redrive' as const), topic: someTopic }),
  fc.record({
    kind: fc.constant('redrive' as const),
    topic: someTopic,
    max: fc.constant(3),
    ratePerSecond: fc.constant(1),
  }),
);

const someCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: somePublish },
  { weight: 2, arbitrary: someProduced },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pop' as const), topic: someTopic }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'advance' as const }) },
  { weight: 2, arbitrary: someManagement },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('once' as const),
      key: fc.constantFrom('i', 'j'),
      command: fc.oneof(somePublish, fc.constant({ kind: 'pop' as const, topic: 't' })),
    }),
  },
);

const somePick = fc.record({
  action: fc.constantFrom<Settlement['action'][]>('ack', 'nack', 'release', 'reject', 'extend'),
  nth: fc.nat({ max: 5 }),
});

export const someHistoryStep: fc.Arbitrary<HistoryStep> = fc.record({
  waitMs: fc.constantFrom(0, 0, 0, 1, 500, 1000, 301_000),
  does: fc.oneof(
    {
      weight: 10,
      arbitrary: someCommand.map((command) => ({ kind: 'command' as const, command })),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('receive' as const),
        topic: someTopic,
        picks: fc.array(somePick, { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('gap' as const), gapMs: someMs }) },
  ),
});

/** Most histories begin with a topic: others are short of things that happen. */
export const firstStep: HistoryStep = {
  waitMs: 0,
  does: {
    kind: 'command',
    command: { kind: 'create-topic', topic: 't', settings: smallSettings },
  },
};

export function runEntry(machine: QueueMachine, { at, entry }: LogEntry): QueueResult | undefined {
  if (entry.kind !== 'gap') return run(machine, entry, at);
  machine.termStart(logTime(at), entry.gapMs, logIndex(machine.appliedIndex + 1));
  return undefined;
}

/** Runs steps, and writes down what they were in the log. */
export class HistoryRun {
  readonly #machine: QueueMachine;
  /** The last ones first. */
  readonly #tokens: Uint8Array[] = [];
  #at = START;
  readonly log: LogEntry[] = [];

  constructor(machine: QueueMachine) {
    this.#machine = machine;
  }

  /** The time of the last entry. */
  get at(): number {
    return this.#at;
  }

  step({ waitMs, does }: HistoryStep): QueueResult | undefined {
    this.#at += waitMs;
    const logged = { at: this.#at, entry: this.#entryOf(does) };
    this.log.push(logged);
    const result = runEntry(this.#machine, logged);
    if (result?.ok === true && result.kind === 'received') {
      for (const { token } of result.deliveries) this.#tokens.unshift(Buffer.from(token));
    }
    return result;
  }

  #entryOf(does: Deed): LogEntry['entry'] {
    if (does.kind === 'command') return does.command;
    if (does.kind === 'gap') return does;
    const settle = does.picks.map(({ action, nth }) => ({
      action,
      token: this.#tokens[nth] ?? Buffer.alloc(28),
    }));
    return { kind: 'receive', topic: does.topic, max: 2, settle, secret: SECRET };
  }
}
