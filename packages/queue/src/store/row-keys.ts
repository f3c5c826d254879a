/**
 * The keys of rows, as Latin-1 text: a character a byte, in the order of the bytes. Numbers are big-endian. A *row* is
 * what the queue keeps beside topics, messages and producers (`store-keys.ts`); its values: `row-values.ts`.
 *
 *     fresh         | u8 6 | u64 place | u8 priority | u64 first sequence |
 *     returned      | u8 7 | u64 place | u8 priority | u64 sequence |
 *     delayed       | u8 8 | u64 place | u64 sequence |
 *     lease         | u8 9 | u64 place | u64 sequence |
 *     key           | u8 10 | u64 place | key, UTF-8 |
 *     keyed         | u8 11 | u64 place | u64 lane | u64 sequence |        the lane: a number for the key
 *     turn          | u8 12 | u64 place | u8 priority | u64 turn |
 *     dead          | u8 13 | u64 place | u64 sequence |
 *     dedup         | u8 14 | u64 place | dedup id, UTF-8 |
 *     settlements   | u8 15 | u64 place | u64 page |
 *     due           | u8 16 | u64 time | u64 place | u64 sequence | u8 kind |
 *     request       | u8 17 | idempotency key, UTF-8 |
 *     request order | u8 18 | u64 order |
 *     doomed        | u8 19 | u64 place |                                  what lies at this place was deleted
 */
export const RowKind = {
  fresh: 6,
  returned: 7,
  delayed: 8,
  lease: 9,
  key: 10,
  keyed: 11,
  turn: 12,
  dead: 13,
  dedup: 14,
  settlements: 15,
  due: 16,
  request: 17,
  requestOrder: 18,
  doomed: 19,
} as const;

export type RowKind = (typeof RowKind)[keyof typeof RowKind];

/** All kinds of rows have this number or a higher one. */
export const FIRST_ROW_KIND = RowKind.fresh;

/** Those whose rows belong to the topic at a place, which stands behind the kind. */
export const PLACED_KINDS: readonly RowKind[] = [
  RowKind.fresh,
  RowKind.returned,
  RowKind.delayed,
  RowKind.lease,
  RowKind.key,
  RowKind.keyed,
  RowKind.turn,
  RowKind.dead,
  RowKind.dedup,
  RowKind.settlements,
];

/** A bit for each kind. */
const ORDERED =
  (1 << RowKind.fresh) |
  (1 << RowKind.returned) |
  (1 << RowKind.delayed) |
  (1 << RowKind.keyed) |
  (1 << RowKind.turn) |
  (1 << RowKind.dead) |
  (1 << RowKind.due) |
  (1 << RowKind.requestOrder);

const TWO_32 = 0x1_0000_0000;

/** Rows of this kind are looked for by the order of their keys. */
export const isOrderedKey = (key: string): boolean => ((ORDERED >>> key.charCodeAt(0)) & 1) === 1;

/** Eight bytes. */
export function u64Text(value: number): string {
  const high = Math.floor(value / TWO_32);
  const low = value % TWO_32;
  return String.fromCharCode(
    high >>> 24,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    low >>> 24,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255,
  );
}

export function readU64Text(key: string, at: number): number {
  let value = 0;
  for (let i = at; i < at + 8; i += 1) value = value * 256 + key.charCodeAt(i);
  return value;
}

/** A byte. */
export const u8Text = (value: number): string => String.fromCharCode(value);

/** Bytes of UTF-8, a character each. */
export const nameText = (name: string): string =>
  isAscii(name) ? name : Buffer.from(name).toString('latin1');

function isAscii(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) if (name.charCodeAt(at) > 127) return false;
  return true;
}

/** What the keys of a kind at a place begin with. */
export const placePrefix = (kind: RowKind, place: number): string => u8Text(kind) + u64Text(place);

/** What the keys of a kind begin with that belong to no place. */
export const kindPrefix = (kind: RowKind): string => u8Text(kind);

/** The first key that does not begin with the prefix. */
export function endOf(prefix: string): string {
  let last = prefix.length - 1;
  while (prefix.charCodeAt(last) === 255) last -= 1;
  return prefix.slice(0, last) + u8Text(prefix.charCodeAt(last) + 1);
}
