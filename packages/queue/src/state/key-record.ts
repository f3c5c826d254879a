import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { type Trail, readTrail, trailBytes, writeTrail } from './trail.ts';

/** What is known of a key that has ready messages, or is blocked. */
export interface KeyRecord {
  /** Stands for the key in the keys of rows. */
  readonly lane: number;
  /** Ready messages, and bytes of their bodies. */
  count: number;
  bytes: number;
  /** One of its messages is leased, or delayed by a nack. */
  blocked: boolean;
  /** When it is served, among those of its priority; 0 while it cannot be served. */
  turn: number;
  /** Sequence and priority of the first ready message; 0 when there is none. */
  first: number;
  priority: number;
  /** What has become of it, as far as it is in memory. */
  firstTrail: Trail | undefined;
}

const RECORD_BYTES = 8 + 4 + 8 + 1 + 8 + 8 + 1;

/** | u64 lane | u32 count | u64 bytes | u8 blocked | u64 turn | u64 first | u8 priority | */
export function encodeKeyRecord(record: KeyRecord): Buffer {
  const { lane, count, bytes, blocked, turn, first, priority } = record;
  return new ByteWriter(RECORD_BYTES)
    .u64(lane)
    .u32(count)
    .u64(bytes)
    .u8(blocked ? 1 : 0)
    .u64(turn)
    .u64(first)
    .u8(priority)
    .finish();
}

export function readKeyRecord(reader: ByteReader): KeyRecord {
  return {
    lane: reader.u64(),
    count: reader.u32(),
    bytes: reader.u64(),
    blocked: reader.u8() === 1,
    turn: reader.u64(),
    first: reader.u64(),
    priority: reader.u8(),
    firstTrail: undefined,
  };
}

/** A ready message with a key. */
export interface KeyedRow {
  readonly priority: number;
  /** Of its body. */
  readonly bytes: number;
  readonly trail: Trail;
}

/** | u8 priority | u32 bytes | trail | */
export function encodeKeyedRow({ priority, bytes, trail }: KeyedRow): Buffer {
  const writer = new ByteWriter(5 + trailBytes(trail)).u8(priority).u32(bytes);
  return writeTrail(writer, trail).finish();
}

export function readKeyedRow(reader: ByteReader): KeyedRow {
  return { priority: reader.u8(), bytes: reader.u32(), trail: readTrail(reader) };
}

export const decodeKeyRecord = (value: Buffer): KeyRecord => readKeyRecord(new ByteReader(value));
export const decodeKeyedRow = (value: Buffer): KeyedRow => readKeyedRow(new ByteReader(value));
