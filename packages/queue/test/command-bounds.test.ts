import { describe, expect, it } from '@jest/globals';
import {
  type Command,
  type NewMessage,
  type PlainCommand,
  type Redrive,
  type Settlement,
  type TopicLimits,
  type TopicSettings,
  decodeCommand,
  defaultTopicSettings,
  encodeCommand,
} from '@rrmq/queue';
import { bytesOf, goldenCommands } from './golden-commands.ts';

const topic = 't';
const name256 = 'é'.repeat(128);
const name257 = `${name256}k`;
const YEAR_MS = 31_536_000_000;

const times = <Item>(count: number, item: Item): Item[] =>
  Array.from({ length: count }, () => item);

const token = Buffer.alloc(28, 1);
const ack: Settlement = { action: 'ack', token };
const settle = (...settlements: Settlement[]): Command => ({
  kind: 'settle',
  topic,
  settle: settlements,
});
const receive = (max: number, settlements: number, leaseMs = 1000): Command => ({
  kind: 'receive',
  topic,
  max,
  settle: times(settlements, ack),
  leaseMs,
});

const create = (settings: Partial<TopicSettings>): Command => ({
  kind: 'create-topic',
  topic,
  settings: { ...defaultTopicSettings, ...settings },
});
const limits = (some: Partial<TopicLimits>): Command =>
  create({ limits: { ...defaultTopicSettings.limits, ...some } });

const message = { contentType: '', body: '' };
const publish = (options: Partial<NewMessage>, count = 1): Command => ({
  kind: 'publish',
  topic,
  producer: undefined,
  messages: times(count, { ...message, ...options }),
});
const publishBy = (id: string, sequence: number, options: Partial<NewMessage> = {}): Command => ({
  kind: 'publish',
  topic,
  producer: { id, epoch: 0, sequence },
  messages: [{ ...message, ...options }],
});
const redrive = (options: Partial<Redrive>): Command => ({ kind: 'redrive', topic, ...options });
const pop: PlainCommand = { kind: 'pop', topic };
const once = (key: string): Command => ({ kind: 'once', key, command: pop });

/** What is refused stands before what is just right. */
const bounds: [name: string, refused: Command, taken: Command][] = [
  ['no messages', publish({}, 0), publish({}, 1)],
  ['1001 messages', publish({}, 1001), publish({}, 1000)],
  ['an empty key', publish({ key: '' }), publish({ key: 'k' })],
  ['a key of 257 bytes', publish({ key: name257 }), publish({ key: name256 })],
  ['priority 10', publish({ priority: 10 }), publish({ priority: 9 })],
  ['a delay above a year', publish({ delayMs: YEAR_MS + 1 }), publish({ delayMs: YEAR_MS })],
  ['a delay and a time', publish({ delayMs: 0, deliverAt: 1 }), publish({ deliverAt: 1 })],
  ['a time to live of 0', publish({ ttlMs: 0 }), publish({ ttlMs: 1 })],
  ['a time to live above a year', publish({ ttlMs: YEAR_MS + 1 }), publish({ ttlMs: YEAR_MS })],
  ['an empty dedup id', publish({ dedupId: '' }), publish({ dedupId: 'd' })],
  ['a dedup id of 257 bytes', publish({ dedupId: name257 }), publish({ dedupId: name256 })],
  ['a dedup id with a producer', publishBy('p', 1, { dedupId: 'd' }), publishBy('p', 1)],
  [
    '65 attributes',
    publish({ attributes: times(65, ['n', 'v']) }),
    publish({ attributes: times(64, ['n', 'v']) }),
  ],
  [
    '16,385 bytes of attributes',
    publish({
      attributes: [
        ['', ''],
        ['é', 'v'.repeat(16_383)],
      ],
    }),
    publish({
      attributes: [
        ['', ''],
        ['é', 'v'.repeat(16_382)],
      ],
    }),
  ],
  ['an empty producer id', publishBy('', 1), publishBy('p', 1)],
  ['a producer id of 257 bytes', publishBy(name257, 1), publishBy(name256, 1)],
  ['a producer sequence of 0', publishBy('p', 0), publishBy('p', 1)],

  ['a receive of 1001 messages', receive(1001, 0), receive(1000, 0)],
  ['a receive of 1000 and a settlement', receive(1000, 1), receive(999, 1)],
  ['a receive of none and 1001 settlements', receive(0, 1001), receive(0, 1000)],
  ['a lease below a second', receive(1, 0, 999), receive(1, 0, 1000)],
  ['a lease above 12 hours', receive(1, 0, 43_200_001), receive(1, 0, 43_200_000)],
  ['no settlements', settle(), settle(ack)],
  ['1001 settlements', settle(...times(1001, ack)), settle(...times(1000, ack))],
  [
    'a nack with a delay above a year',
    settle({ action: 'nack', token, delayMs: YEAR_MS + 1 }),
    settle({ action: 'nack', token, delayMs: YEAR_MS }),
  ],
  [
    'a nack with a reason of 513 bytes',
    settle({ action: 'nack', token, reason: 'r'.repeat(513) }),
    settle({ action: 'nack', token, reason: 'r'.repeat(512) }),
  ],
  [
    'a reject with a reason of 513 bytes',
    settle({ action: 'reject', token, reason: `r${'é'.repeat(256)}` }),
    settle({ action: 'reject', token, reason: 'é'.repeat(256) }),
  ],
  [
    'an extension below a second',
    settle({ action: 'extend', token, leaseMs: 999 }),
    settle({ action: 'extend', token, leaseMs: 1000 }),
  ],
  [
    'an extension above 12 hours',
    settle({ action: 'extend', token, leaseMs: 43_200_001 }),
    settle({ action: 'extend', token, leaseMs: 43_200_000 }),
  ],

  ["a topic's lease below a second", create({ leaseMs: 999 }), create({ leaseMs: 1000 })],
  [
    "a topic's lease above 12 hours",
    create({ leaseMs: 43_200_001 }),
    create({ leaseMs: 43_200_000 }),
  ],
  ['no failures', create({ maxFailures: 0 }), create({ maxFailures: 1 })],
  ['1001 failures', create({ maxFailures: 1001 }), create({ maxFailures: 1000 })],
  [
    'a backoff that begins above its end',
    create({ backoff: { initialMs: 1, maxMs: 0 } }),
    create({ backoff: { initialMs: 1, maxMs: 1 } }),
  ],
  [
    'a backoff above a year',
    create({ backoff: { initialMs: 0, maxMs: YEAR_MS + 1 } }),
    create({ backoff: { initialMs: 0, maxMs: YEAR_MS } }),
  ],
  ["a topic's time to live of 0", create({ ttlMs: 0 }), create({ ttlMs: 1 })],
  [
    "a topic's time to live above a year",
    create({ ttlMs: YEAR_MS + 1 }),
    create({ ttlMs: YEAR_MS }),
  ],
  [
    'dedup ids remembered above a week',
    create({ dedupMs: 604_800_001 }),
    create({ dedupMs: 604_800_000 }),
  ],
  ['a topic of 0 messages', limits({ maxMessages: 0 }), limits({ maxMessages: 1 })],
  ['a topic of 0 bytes', limits({ maxBytes: 0 }), limits({ maxBytes: 1 })],
  ['messages of 0 bytes', limits({ maxMessageBytes: 0 }), limits({ maxMessageBytes: 1 })],
  ['nothing in flight', limits({ maxInFlight: 0 }), limits({ maxInFlight: 1 })],
  ['100,001 in flight', limits({ maxInFlight: 100_001 }), limits({ maxInFlight: 100_000 })],
  [
    'an update with settings out of bounds',
    { kind: 'update-topic', topic, settings: { ...defaultTopicSettings, maxFailures: 0 } },
    { kind: 'update-topic', topic, settings: { ...defaultTopicSettings, maxFailures: 1 } },
  ],
  [
    'an update of version 0',
    { kind: 'update-topic', topic, settings: defaultTopicSettings, version: 0 },
    { kind: 'update-topic', topic, settings: defaultTopicSettings, version: 1 },
  ],
  [
    'a deletion of version 0',
    { kind: 'delete-topic', topic, version: 0 },
    { kind: 'delete-topic', topic, version: 1 },
  ],

  ['a redrive of no sequences', redrive({ sequences: [] }), redrive({ sequences: [1] })],
  ['a redrive of sequence 0', redrive({ sequences: [1, 0] }), redrive({ sequences: [1, 1] })],
  [
    'a redrive of 1001 sequences',
    redrive({ sequences: times(1001, 1) }),
    redrive({ sequences: times(1000, 1) }),
  ],
  ['sequences and a maximum', redrive({ sequences: [1], max: 1 }), redrive({ max: 1 })],
  [
    'sequences and a rate',
    redrive({ sequences: [1], ratePerSecond: 1 }),
    redrive({ ratePerSecond: 1 }),
  ],
  ['a redrive of none', redrive({ max: 0 }), redrive({ max: 1 })],
  ['a redrive at no rate', redrive({ ratePerSecond: 0 }), redrive({ ratePerSecond: 1 })],
  ['a redrive to an empty name', redrive({ to: '' }), redrive({ to: 'u' })],

  ['an empty idempotency key', once(''), once('k')],
  ['an idempotency key of 257 bytes', once(name257), once(name256)],
];

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
/** Bytes of a `once` around any bytes. */
const around = (inner: Buffer): Buffer =>
  Buffer.concat([bytesOf('01 0f 0000 01000000 6b'), u32(inner.length), inner]);

const isRestore = ({ kind }: Command): boolean => kind.startsWith('restore-');

const topical = goldenCommands.flatMap(([name, hex, command]): [string, string, number][] =>
  'topic' in command ? [[name, hex, Buffer.byteLength(command.topic)]] : [],
);

/** All flags that there are, by kind; of the others: none. */
const KNOWN_FLAGS: Partial<Record<Command['kind'], number>> = {
  'create-topic': 1,
  'update-topic': 1,
  'delete-topic': 1,
  publish: 1,
  receive: 3,
  redrive: 15,
  purge: 1,
};

describe('the bounds of commands', () => {
  it.each(bounds)('%s is refused, one less or more is taken', (_, tooFar, taken) => {
    expect(decodeCommand(encodeCommand(tooFar))).toBeUndefined();
    expect(decodeCommand(encodeCommand(taken))).toBeDefined();
  });

  it.each(topical)('%s has a topic that is not empty', (_, hex, topicBytes) => {
    const [before, after] = [bytesOf(hex).subarray(0, 4), bytesOf(hex).subarray(8 + topicBytes)];
    const named = (name: string) =>
      Buffer.concat([before, u32(name.length), Buffer.from(name), after]);
    expect(decodeCommand(named(''))).toBeUndefined();
    expect(decodeCommand(named('abc'))).toMatchObject({ topic: 'abc' });
  });

  it.each(goldenCommands)('%s has no flag that nobody knows', (_, hex, command) => {
    const known = KNOWN_FLAGS[command.kind] ?? 0;
    for (let flag = 1; flag < 1 << 16; flag <<= 1) {
      const bytes = bytesOf(hex);
      if ((known & flag) !== 0) continue;
      bytes.writeUInt16LE(bytes.readUInt16LE(2) | flag, 2);
      expect(decodeCommand(bytes)).toBeUndefined();
    }
  });

  it.each(goldenCommands)(
    'once holds %s unless it restores, compares, or is one itself',
    (_, hex, command) => {
      const isHeld = decodeCommand(around(bytesOf(hex))) !== undefined;
      const isPlain = command.kind !== 'once' && command.kind !== 'compare-states';
      expect(isHeld).toBe(isPlain && !isRestore(command));
    },
  );

  it('a once within a once, within …, is refused without a descent', () => {
    const inner = encodeCommand(pop);
    const prefix = around(Buffer.alloc(0));
    const shells: Buffer[] = [];
    for (let within = 49_999; within >= 0; within -= 1) {
      shells.push(prefix.subarray(0, -4), u32(inner.length + within * prefix.length));
    }
    expect(decodeCommand(Buffer.concat([...shells.slice(-2), inner]))).toBeDefined();
    expect(decodeCommand(Buffer.concat([...shells.slice(-4), inner]))).toBeUndefined();
    expect(decodeCommand(Buffer.concat([...shells, inner]))).toBeUndefined();
  });

  it.each([
    [
      'a default priority that is written',
      '01 02 0000 01000000 74 01000000 02000000 00000000 00000000 04',
    ],
    [
      'no attributes that are written',
      '01 02 0000 01000000 74 01000000 40000000 00000000 00000000 00000000',
    ],
    ['a state that there is not', '01 0d 0000 01000000 74 05'],
    ['a pause of something else', '01 09 0000 01000000 74 04'],
    ['a settlement action 0', `01 0b 0000 01000000 74 01000000 00 00 ${'00'.repeat(28)}`],
    ['a settlement action 6', `01 0b 0000 01000000 74 01000000 06 00 ${'00'.repeat(28)}`],
    ['an ack with a reason', `01 0b 0000 01000000 74 01000000 01 02 ${'00'.repeat(28)} 00000000`],
    ['a release with a lease', `01 0b 0000 01000000 74 01000000 02 04 ${'00'.repeat(28)} e8030000`],
    ['a nack with a lease', `01 0b 0000 01000000 74 01000000 03 04 ${'00'.repeat(28)} e8030000`],
    [
      'a reject with a delay',
      `01 0b 0000 01000000 74 01000000 04 01 ${'00'.repeat(28)} ${'00'.repeat(8)}`,
    ],
    [
      'an extension with a reason',
      `01 0b 0000 01000000 74 01000000 05 02 ${'00'.repeat(28)} 00000000`,
    ],
    ['a token of 27 bytes', `01 0b 0000 01000000 74 01000000 01 00 ${'00'.repeat(27)}`],
    ['a token of 29 bytes', `01 0b 0000 01000000 74 01000000 01 00 ${'00'.repeat(29)}`],
    ['a secret of 15 bytes', `01 0a 0200 01000000 74 01000000 00000000 ${'00'.repeat(15)}`],
    ['a secret of 17 bytes', `01 0a 0200 01000000 74 01000000 00000000 ${'00'.repeat(17)}`],
    [
      'an idempotency key that is no UTF-8',
      '01 0f 0000 01000000 ff 09000000 01 03 0000 01000000 74',
    ],
    ['a once around nothing', '01 0f 0000 01000000 6b 00000000'],
  ])('%s is refused', (_, hex) => {
    expect(decodeCommand(bytesOf(hex))).toBeUndefined();
  });

  it('a choice of settings that there is not is refused', () => {
    const bytes = encodeCommand(create({}));
    const [expiryAt, overflowAt] = [bytes.length - 14, bytes.length - 1];
    for (const [at, first] of [
      [expiryAt, 2],
      [overflowAt, 3],
    ] as const) {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(first - 1, at);
      expect(decodeCommand(copy)).toBeDefined();
      copy.writeUInt8(first, at);
      expect(decodeCommand(copy)).toBeUndefined();
    }
  });

  it.each([
    ['a token', settle({ action: 'ack', token: token.subarray(1) })],
    ['a secret', { kind: 'receive', topic, max: 1, settle: [], secret: token } satisfies Command],
  ])('%s of another length is not encoded', (_, command) => {
    expect(() => encodeCommand(command)).toThrow('has its length');
  });
});
