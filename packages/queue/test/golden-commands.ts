import {
  type Command,
  type NewMessage,
  type Settlement,
  type TopicLimits,
  type TopicSettings,
  defaultTopicSettings,
} from '@rrmq/queue';

const everySetting: TopicSettings = {
  leaseMs: 1000,
  maxFailures: 3,
  backoff: { initialMs: 5, maxMs: 7_000_000_000 },
  ttlMs: 8,
  onExpiry: 'discard',
  dedupMs: 0,
  limits: {
    maxMessages: 9,
    maxBytes: 10,
    maxMessageBytes: 11,
    maxInFlight: 1,
    overflow: 'dead-letter',
  },
};

function createWith(settings: Partial<TopicSettings>, limits: Partial<TopicLimits>): Command {
  const allLimits = { ...defaultTopicSettings.limits, ...limits };
  const all = { ...defaultTopicSettings, ...settings, limits: allLimits };
  return { kind: 'create-topic', topic: 't', settings: all };
}

function publishWith(options: Partial<NewMessage>): Command {
  const message = { contentType: 'a', body: Buffer.from([0]), ...options };
  return { kind: 'publish', topic: 't', producer: undefined, messages: [message] };
}

const settle = (settlement: Settlement): Command => ({
  kind: 'settle',
  topic: 't',
  settle: [settlement],
});

const tokenHex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b';
const secretHex = '6465666768696a6b6c6d6e6f70717273';
const token = Buffer.from(tokenHex, 'hex');
const secret = Buffer.from(secretHex, 'hex');

/** Version 1, as it stands in logs on disk: these bytes must be read for ever. Add rows, never change one. */
export const goldenCommands: [name: string, hex: string, command: Command][] = [
  ['create-topic', '01 01 0000 06000000 6f7264657273', { kind: 'create-topic', topic: 'orders' }],
  ['pop', '01 03 0000 02000000 c3a9', { kind: 'pop', topic: 'é' }],
  [
    'publish',
    '01 02 0000 01000000 74 01000000 00000000 10000000 6170706c69636174696f6e2f6a736f6e 04000000 22686922',
    {
      kind: 'publish',
      topic: 't',
      producer: undefined,
      messages: [{ contentType: 'application/json', body: '"hi"' }],
    },
  ],
  [
    'publish by a producer',
    `01 02 0100 01000000 74 02000000 7031 0700000000000000 0300000001000000 02000000
     00000000 01000000 61 02000000 00ff 00000000 00000000 00000000`,
    {
      kind: 'publish',
      topic: 't',
      producer: { id: 'p1', epoch: 7, sequence: 0x1_0000_0003 },
      messages: [
        { contentType: 'a', body: Buffer.from([0, 255]) },
        { contentType: '', body: Buffer.alloc(0) },
      ],
    },
  ],
  [
    'restore-begin',
    '01 04 0000 02000000 6231 03000000 c3a978',
    { kind: 'restore-begin', backupId: 'b1', text: 'éx' },
  ],
  [
    'restore-chunk',
    '01 05 0000 07000000 03000000 00ff01',
    { kind: 'restore-chunk', number: 7, chunk: Buffer.from([0, 255, 1]) },
  ],
  ['restore-end', '01 06 0000', { kind: 'restore-end' }],
  [
    'create-topic with settings',
    `01 01 0100 01000000 74 00000000 30750000 0a000000 e803000000000000 60ea000000000000 00
     e093040000000000 204e0000 00`,
    { kind: 'create-topic', topic: 't', settings: defaultTopicSettings },
  ],
  [
    'create-topic with a time to live',
    `01 01 0100 01000000 74 01000000 30750000 0a000000 e803000000000000 60ea000000000000 00
     e093040000000000 204e0000 00 0600000000000000`,
    createWith({ ttlMs: 6 }, {}),
  ],
  [
    'create-topic with maxMessages',
    `01 01 0100 01000000 74 02000000 30750000 0a000000 e803000000000000 60ea000000000000 00
     e093040000000000 204e0000 01 0600000000000000`,
    createWith({}, { maxMessages: 6, overflow: 'drop-oldest' }),
  ],
  [
    'create-topic with maxBytes',
    `01 01 0100 01000000 74 04000000 30750000 0a000000 e803000000000000 60ea000000000000 00
     e093040000000000 204e0000 00 0600000000000000`,
    createWith({}, { maxBytes: 6 }),
  ],
  [
    'create-topic with maxMessageBytes',
    `01 01 0100 01000000 74 08000000 30750000 0a000000 e803000000000000 60ea000000000000 00
     e093040000000000 204e0000 00 0600000000000000`,
    createWith({}, { maxMessageBytes: 6 }),
  ],
  [
    'update-topic',
    `01 07 0000 01000000 74 0f000000 e8030000 03000000 0500000000000000 00863ba101000000 01
     0000000000000000 01000000 02 0800000000000000 0900000000000000 0a00000000000000
     0b00000000000000`,
    { kind: 'update-topic', topic: 't', settings: everySetting },
  ],
  [
    'update-topic of a version',
    `01 07 0100 01000000 74 00000000 30750000 0a000000 e803000000000000 60ea000000000000 00
     e093040000000000 204e0000 00 0500000001000000`,
    { kind: 'update-topic', topic: 't', settings: defaultTopicSettings, version: 0x1_0000_0005 },
  ],
  ['delete-topic', '01 08 0000 01000000 74', { kind: 'delete-topic', topic: 't' }],
  [
    'delete-topic of a version',
    '01 08 0100 01000000 74 0600000000000000',
    { kind: 'delete-topic', topic: 't', version: 6 },
  ],
  [
    'pause-topic (0)',
    '01 09 0000 01000000 74 00',
    { kind: 'pause-topic', topic: 't', publishing: false, receiving: false },
  ],
  [
    'pause-topic (1)',
    '01 09 0000 01000000 74 01',
    { kind: 'pause-topic', topic: 't', publishing: true, receiving: false },
  ],
  [
    'pause-topic (2)',
    '01 09 0000 01000000 74 02',
    { kind: 'pause-topic', topic: 't', publishing: false, receiving: true },
  ],
  [
    'pause-topic (3)',
    '01 09 0000 01000000 74 03',
    { kind: 'pause-topic', topic: 't', publishing: true, receiving: true },
  ],
  [
    'publish with key',
    '01 02 0000 01000000 74 01000000 01000000 01000000 61 01000000 00 01000000 6b',
    publishWith({ key: 'k' }),
  ],
  [
    'publish with priority',
    '01 02 0000 01000000 74 01000000 02000000 01000000 61 01000000 00 00',
    publishWith({ priority: 0 }),
  ],
  [
    'publish with delayMs',
    '01 02 0000 01000000 74 01000000 04000000 01000000 61 01000000 00 0000000000000000',
    publishWith({ delayMs: 0 }),
  ],
  [
    'publish with deliverAt',
    '01 02 0000 01000000 74 01000000 08000000 01000000 61 01000000 00 0068e5cf8b010000',
    publishWith({ deliverAt: 1_700_000_000_000 }),
  ],
  [
    'publish with ttlMs',
    '01 02 0000 01000000 74 01000000 10000000 01000000 61 01000000 00 0100000000000000',
    publishWith({ ttlMs: 1 }),
  ],
  [
    'publish with dedupId',
    '01 02 0000 01000000 74 01000000 20000000 01000000 61 01000000 00 01000000 64',
    publishWith({ dedupId: 'd' }),
  ],
  [
    'publish with attributes',
    `01 02 0000 01000000 74 01000000 40000000 01000000 61 01000000 00 02000000 01000000 6e 02000000
     c3a9 00000000 00000000`,
    publishWith({
      attributes: [
        ['n', 'é'],
        ['', ''],
      ],
    }),
  ],
  [
    'publish with all options and a delay',
    `01 02 0000 01000000 74 01000000 77000000 01000000 61 01000000 00 01000000 6b 00
     0000000000000000 0100000000000000 01000000 64 02000000 01000000 6e 02000000 c3a9 00000000
     00000000`,
    publishWith({
      key: 'k',
      priority: 0,
      delayMs: 0,
      ttlMs: 1,
      dedupId: 'd',
      attributes: [
        ['n', 'é'],
        ['', ''],
      ],
    }),
  ],
  [
    'publish with all options and a time',
    `01 02 0000 01000000 74 01000000 7b000000 01000000 61 01000000 00 01000000 6b 00
     0068e5cf8b010000 0100000000000000 01000000 64 02000000 01000000 6e 02000000 c3a9 00000000
     00000000`,
    publishWith({
      key: 'k',
      priority: 0,
      deliverAt: 1_700_000_000_000,
      ttlMs: 1,
      dedupId: 'd',
      attributes: [
        ['n', 'é'],
        ['', ''],
      ],
    }),
  ],
  [
    'receive',
    '01 0a 0000 01000000 74 07000000 00000000',
    { kind: 'receive', topic: 't', max: 7, settle: [] },
  ],
  [
    'receive with a lease',
    '01 0a 0100 01000000 74 e8030000 00000000 002e9302',
    { kind: 'receive', topic: 't', max: 1000, settle: [], leaseMs: 43_200_000 },
  ],
  [
    'receive with a secret',
    `01 0a 0200 01000000 74 00000000 00000000 ${secretHex}`,
    { kind: 'receive', topic: 't', max: 0, settle: [], secret },
  ],
  [
    'receive that settles',
    `01 0a 0300 01000000 74 01000000 01000000 01 00 ${tokenHex} e8030000 ${secretHex}`,
    {
      kind: 'receive',
      topic: 't',
      max: 1,
      settle: [{ action: 'ack', token }],
      leaseMs: 1000,
      secret,
    },
  ],
  [
    'settle: ack',
    `01 0b 0000 01000000 74 01000000 01 00 ${tokenHex}`,
    settle({ action: 'ack', token }),
  ],
  [
    'settle: release',
    `01 0b 0000 01000000 74 01000000 02 00 ${tokenHex}`,
    settle({ action: 'release', token }),
  ],
  [
    'settle: nack',
    `01 0b 0000 01000000 74 01000000 03 00 ${tokenHex}`,
    settle({ action: 'nack', token }),
  ],
  [
    'settle: nack, delayMs 31_536_000_000',
    `01 0b 0000 01000000 74 01000000 03 01 ${tokenHex} 002cb15707000000`,
    settle({ action: 'nack', token, delayMs: 31_536_000_000 }),
  ],
  [
    'settle: nack, reason é',
    `01 0b 0000 01000000 74 01000000 03 02 ${tokenHex} 02000000 c3a9`,
    settle({ action: 'nack', token, reason: 'é' }),
  ],
  [
    'settle: nack, delayMs 0, reason ',
    `01 0b 0000 01000000 74 01000000 03 03 ${tokenHex} 0000000000000000 00000000`,
    settle({ action: 'nack', token, delayMs: 0, reason: '' }),
  ],
  [
    'settle: reject',
    `01 0b 0000 01000000 74 01000000 04 00 ${tokenHex}`,
    settle({ action: 'reject', token }),
  ],
  [
    'settle: reject, reason r',
    `01 0b 0000 01000000 74 01000000 04 02 ${tokenHex} 01000000 72`,
    settle({ action: 'reject', token, reason: 'r' }),
  ],
  [
    'settle: extend',
    `01 0b 0000 01000000 74 01000000 05 00 ${tokenHex}`,
    settle({ action: 'extend', token }),
  ],
  [
    'settle: extend, leaseMs 1000',
    `01 0b 0000 01000000 74 01000000 05 04 ${tokenHex} e8030000`,
    settle({ action: 'extend', token, leaseMs: 1000 }),
  ],
  ['redrive', '01 0c 0000 01000000 74', { kind: 'redrive', topic: 't' }],
  [
    'redrive of sequences',
    '01 0c 0100 01000000 74 02000000 0200000000000000 0100000000000000',
    { kind: 'redrive', topic: 't', sequences: [2, 1] },
  ],
  [
    'redrive of a few',
    '01 0c 0200 01000000 74 0300000000000000',
    { kind: 'redrive', topic: 't', max: 3 },
  ],
  [
    'redrive to another topic',
    '01 0c 0400 01000000 74 02000000 c3bc',
    { kind: 'redrive', topic: 't', to: 'ü' },
  ],
  [
    'redrive at a rate',
    '01 0c 0800 01000000 74 0400000000000000',
    { kind: 'redrive', topic: 't', ratePerSecond: 4 },
  ],
  [
    'redrive with all options',
    '01 0c 0e00 01000000 74 0500000000000000 01000000 75 0600000000000000',
    { kind: 'redrive', topic: 't', max: 5, to: 'u', ratePerSecond: 6 },
  ],
  ['purge of all', '01 0d 0000 01000000 74 00', { kind: 'purge', topic: 't', state: 'all' }],
  ['purge of ready', '01 0d 0000 01000000 74 01', { kind: 'purge', topic: 't', state: 'ready' }],
  ['purge of leased', '01 0d 0000 01000000 74 02', { kind: 'purge', topic: 't', state: 'leased' }],
  [
    'purge of delayed',
    '01 0d 0000 01000000 74 03',
    { kind: 'purge', topic: 't', state: 'delayed' },
  ],
  ['purge of dead', '01 0d 0000 01000000 74 04', { kind: 'purge', topic: 't', state: 'dead' }],
  [
    'purge of what is old',
    '01 0d 0100 01000000 74 00 0000000000000000',
    { kind: 'purge', topic: 't', state: 'all', olderThanMs: 0 },
  ],
  ['advance', '01 0e 0000', { kind: 'advance' }],
  [
    'compare-states',
    '01 10 0000 0700000001000000 0200000001000000',
    { kind: 'compare-states', index: 0x1_0000_0007, hash: 0x1_0000_0002 },
  ],
  [
    'once',
    '01 0f 0000 03000000 6b6579 09000000 01 03 0000 01000000 74',
    { kind: 'once', key: 'key', command: { kind: 'pop', topic: 't' } },
  ],
];

export const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
