import type { Message, Popped, Settled, SettlementsDone, Success } from '@rrmq/queue';

const tokenHex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b';
const token = Buffer.from(tokenHex, 'hex');

const topicNumber = 0x1_0000_0003;
const message: Message = {
  sequence: 5,
  contentType: 'a/b',
  body: Buffer.from([0, 255]),
  publishedAt: 1_700_000_000_000,
  key: undefined,
  priority: 4,
  attributes: [],
  expiresAt: undefined,
  dedupId: undefined,
};

const popped = (some: Partial<Message>): Popped => ({
  ok: true,
  kind: 'popped',
  topicNumber,
  message: { ...message, ...some },
});
const settled = (outcomes: Settled[]): SettlementsDone => ({
  ok: true,
  kind: 'settled',
  topicNumber,
  settled: outcomes,
});

/**
 * Version 1, as it stands in stores on disk, and what entry 7 with this result makes of a new hash, which nodes of
 * different releases compare: add rows, never change one.
 */
export const goldenResults: [name: string, hex: string, hash: number, result: Success][] = [
  [
    'topic-created',
    '01 01 0300000001000000',
    2199338409418125,
    { ok: true, kind: 'topic-created', topicNumber },
  ],
  [
    'topic-updated',
    '01 02 0300000001000000 0200000000000000',
    1556414913647630,
    { ok: true, kind: 'topic-updated', topicNumber, version: 2 },
  ],
  [
    'topic-deleted',
    '01 03 0300000001000000 0400000000000000',
    4321506933872517,
    { ok: true, kind: 'topic-deleted', topicNumber, messages: 4 },
  ],
  [
    'topic-paused',
    '01 04 0300000001000000',
    7546309935598750,
    { ok: true, kind: 'topic-paused', topicNumber },
  ],
  [
    'published',
    '01 05 0300000001000000 0900000000000000 0200000000000000 0000000000000000',
    7232760818038237,
    {
      ok: true,
      kind: 'published',
      topicNumber,
      firstSequence: 9,
      count: 2,
      duplicate: false,
      repeated: [],
    },
  ],
  [
    'published before',
    '01 05 0300000001000000 0900000000000000 0200000000000000 0100000000000000',
    5600528716196164,
    {
      ok: true,
      kind: 'published',
      topicNumber,
      firstSequence: 9,
      count: 2,
      duplicate: true,
      repeated: [],
    },
  ],
  [
    'published in part',
    `01 05 0300000001000000 0900000000000000 0100000000000000 0000000000000000 0000000000000000
     0400000000000000 0200000000000000 0900000000000000`,
    1633658702148211,
    {
      ok: true,
      kind: 'published',
      topicNumber,
      firstSequence: 9,
      count: 1,
      duplicate: false,
      repeated: [
        { position: 0, sequence: 4 },
        { position: 2, sequence: 9 },
      ],
    },
  ],
  [
    'popped',
    `01 06 0300000001000000 00000000 0500000000000000 0068e5cf8b010000 04 03000000 612f62 02000000
     00ff`,
    7133945884873551,
    popped({}),
  ],
  [
    'popped with a key',
    `01 06 0300000001000000 01000000 0500000000000000 0068e5cf8b010000 04 03000000 612f62 02000000
     00ff 01000000 6b`,
    7133945884873551,
    popped({ key: 'k' }),
  ],
  [
    'popped with a time to live',
    `01 06 0300000001000000 02000000 0500000000000000 0068e5cf8b010000 04 03000000 612f62 02000000
     00ff 0168e5cf8b010000`,
    7133945884873551,
    popped({ expiresAt: 1_700_000_000_001 }),
  ],
  [
    'popped with a dedup id',
    `01 06 0300000001000000 04000000 0500000000000000 0068e5cf8b010000 04 03000000 612f62 02000000
     00ff 01000000 64`,
    7133945884873551,
    popped({ dedupId: 'd' }),
  ],
  [
    'popped with attributes',
    `01 06 0300000001000000 08000000 0500000000000000 0068e5cf8b010000 04 03000000 612f62 02000000
     00ff 02000000 01000000 6e 02000000 c3a9 00000000 00000000`,
    7133945884873551,
    popped({
      attributes: [
        ['n', 'é'],
        ['', ''],
      ],
    }),
  ],
  [
    'popped with all',
    `01 06 0300000001000000 0f000000 0500000000000000 0068e5cf8b010000 09 03000000 612f62 02000000
     00ff 01000000 6b 0168e5cf8b010000 01000000 64 02000000 01000000 6e 02000000 c3a9 00000000
     00000000`,
    7133945884873551,
    popped({
      key: 'k',
      expiresAt: 1_700_000_000_001,
      dedupId: 'd',
      attributes: [
        ['n', 'é'],
        ['', ''],
      ],
      priority: 9,
    }),
  ],
  [
    'received, nothing',
    '01 07 0300000001000000 00000000 00000000',
    8980334894503629,
    { ok: true, kind: 'received', topicNumber, settled: [], deliveries: [] },
  ],
  [
    'received',
    `01 07 0300000001000000 01000000 01 02000000 01000000 0500000000000000 0068e5cf8b010000 04
     03000000 612f62 02000000 00ff 01000000 6b ${tokenHex} 03000000 02000000 0368e5cf8b010000
     00000000 0600000000000000 0068e5cf8b010000 04 03000000 612f62 02000000 00ff ${tokenHex}
     01000000 00000000 0368e5cf8b010000`,
    4105297581004488,
    {
      ok: true,
      kind: 'received',
      topicNumber,
      settled: [{ ok: true, already: true }],
      deliveries: [
        {
          message: { ...message, key: 'k' },
          token,
          deliveries: 3,
          failures: 2,
          leaseExpiresAt: 1_700_000_000_003,
        },
        {
          message: { ...message, sequence: 6 },
          token,
          deliveries: 1,
          failures: 0,
          leaseExpiresAt: 1_700_000_000_003,
        },
      ],
    },
  ],
  [
    'settled, code 0',
    '01 08 0300000001000000 01000000 00',
    6023053205529234,
    settled([{ ok: true, already: false }]),
  ],
  [
    'settled, code 1',
    '01 08 0300000001000000 01000000 01',
    5693294839783736,
    settled([{ ok: true, already: true }]),
  ],
  [
    'settled, code 2',
    '01 08 0300000001000000 01000000 02 0268e5cf8b010000',
    3202504517180662,
    settled([{ ok: true, already: false, leaseExpiresAt: 1_700_000_000_002 }]),
  ],
  [
    'settled, code 3',
    '01 08 0300000001000000 01000000 03 0100000000000000',
    2323301644323259,
    settled([{ ok: true, already: true, leaseExpiresAt: 1 }]),
  ],
  [
    'settled, code 4',
    '01 08 0300000001000000 01000000 04',
    7200942676494242,
    settled([{ ok: false, code: 'invalid-token' }]),
  ],
  [
    'settled, code 5',
    '01 08 0300000001000000 01000000 05',
    3043732576784944,
    settled([{ ok: false, code: 'lease-lost' }]),
  ],
  [
    'settled, code 6',
    '01 08 0300000001000000 01000000 06',
    8034457174278565,
    settled([{ ok: false, code: 'settled-otherwise' }]),
  ],
  [
    'settled, several',
    '01 08 0300000001000000 03000000 00 02 0100000000000000 05',
    5459275724154364,
    settled([
      { ok: true, already: false },
      { ok: true, already: false, leaseExpiresAt: 1 },
      { ok: false, code: 'lease-lost' },
    ]),
  ],
  [
    'redriven',
    '01 09 0300000001000000 0500000000000000 0600000000000000',
    6872572780467558,
    { ok: true, kind: 'redriven', topicNumber, moved: 5, remaining: 6 },
  ],
  [
    'purged',
    '01 0a 0300000001000000 0500000000000000 0000000000000000',
    4140444628107845,
    { ok: true, kind: 'purged', topicNumber, purged: 5, goesOn: false },
  ],
  [
    'purged in part',
    '01 0a 0300000001000000 e803000000000000 0100000000000000',
    2030339477750514,
    { ok: true, kind: 'purged', topicNumber, purged: 1000, goesOn: true },
  ],
  [
    'advanced',
    '01 0b 0100000001000000',
    3207775871112189,
    { ok: true, kind: 'advanced', steps: 0x1_0000_0001 },
  ],
];
