import { isUtf8 } from 'node:buffer';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import { PRODUCER_ID_BYTES_MAX } from '../commands/limits.ts';
import { RowKind } from './row-keys.ts';

/**
 * The keys of the store; numbers are big-endian, so that keys sort by them. Values: `store-records.ts`.
 *
 *     meta          | u8 1 |                                  there is one, always
 *     topic         | u8 2 | u64 place |
 *     message       | u8 3 | u64 place | u64 sequence |
 *     producer      | u8 4 | u64 place | id, UTF-8 |           of the topic at this place
 *     restore       | u8 5 |                                  while a backup is being restored
 *
 * A *place* is where a topic and all that belongs to it lies: counted from 1 and never used twice. It is the topic's
 * number unless a backup was restored. All that lies at or below the *floor* (a field of meta) was thrown away, and
 * so was what lies at a doomed place (`row-keys.ts`): they are leftovers, which flushes remove bit by bit.
 */
export const KeyKind = { meta: 1, topic: 2, message: 3, producer: 4, restore: 5 } as const;

export const PLACE_KEY_BYTES = 9;
export const MESSAGE_KEY_BYTES = 17;

export const META_KEY = Buffer.from([KeyKind.meta]);
export const RESTORE_KEY = Buffer.from([KeyKind.restore]);
/** Before all keys, and behind them. */
export const FIRST_KEY = Buffer.from([0]);
export const END_KEY = Buffer.from([RowKind.doomed + 1]);

const TWO_32 = 0x1_0000_0000;

/** The key of a topic; also where the keys of this kind at a place begin. */
export function placeKey(kind: number, place: number): Buffer {
  const key = Buffer.allocUnsafe(PLACE_KEY_BYTES);
  key.writeUInt8(kind, 0);
  writeU64(key, place, 1);
  return key;
}

export function messageKey(place: number, sequence: number): Buffer {
  const key = Buffer.allocUnsafe(MESSAGE_KEY_BYTES);
  key.writeUInt8(KeyKind.message, 0);
  writeU64(key, place, 1);
  writeU64(key, sequence, PLACE_KEY_BYTES);
  return key;
}

export function writeMessageKey(writer: ByteWriter, place: number, sequence: number): ByteWriter {
  return writer.u8(KeyKind.message).u64BigEndian(place).u64BigEndian(sequence);
}

/** All keys of a kind above the floor. */
export function kindRange(kind: number, floor: number): [from: Buffer, to: Buffer] {
  return [placeKey(kind, floor + 1), Buffer.from([kind + 1])];
}

/** The first key behind this one. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

/** What a key of the store names; `undefined` for any other bytes. */
export type ParsedKey =
  | { readonly kind: 'meta' | 'restore' }
  | { readonly kind: 'topic'; readonly place: number }
  | { readonly kind: 'message'; readonly place: number; readonly sequence: number }
  | { readonly kind: 'producer'; readonly place: number; readonly id: string };

export function parseKey(key: Buffer): ParsedKey | undefined {
  const parsed = parseAny(key);
  return parsed !== undefined && isExact(parsed) ? parsed : undefined;
}

/** Its numbers are below 2^53. */
function isExact(parsed: ParsedKey): boolean {
  if (!('place' in parsed)) return true;
  if (!Number.isSafeInteger(parsed.place)) return false;
  return parsed.kind !== 'message' || Number.isSafeInteger(parsed.sequence);
}

function parseAny(key: Buffer): ParsedKey | undefined {
  const kind = key[0];
  if (kind === KeyKind.meta || kind === KeyKind.restore) {
    if (key.length !== 1) return undefined;
    return { kind: kind === KeyKind.meta ? 'meta' : 'restore' };
  }
  if (key.length < PLACE_KEY_BYTES) return undefined;
  const place = readU64(key, 1);
  if (kind === KeyKind.topic && key.length === PLACE_KEY_BYTES) return { kind: 'topic', place };
  if (kind === KeyKind.message && key.length === MESSAGE_KEY_BYTES) {
    return { kind: 'message', place, sequence: readU64(key, PLACE_KEY_BYTES) };
  }
  const id = key.subarray(PLACE_KEY_BYTES);
  if (kind !== KeyKind.producer || id.length === 0) return undefined;
  if (id.length > PRODUCER_ID_BYTES_MAX || !isUtf8(id)) return undefined;
  return { kind: 'producer', place, id: id.toString() };
}

function writeU64(key: Buffer, value: number, at: number): void {
  key.writeUInt32BE(Math.floor(value / TWO_32), at);
  key.writeUInt32BE(value % TWO_32, at + 4);
}

function readU64(key: Buffer, at: number): number {
  return key.readUInt32BE(at) * TWO_32 + key.readUInt32BE(at + 4);
}
