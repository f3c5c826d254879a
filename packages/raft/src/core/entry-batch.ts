import { crc32 } from 'node:zlib';
import { assert } from './assert.ts';
import { type LogIndex, type LogTime, type Term, logIndex, logTime, term } from './numbers.ts';
import { readU64, writeU64 } from './u64.ts';

/**
 * What an entry is. The numbers are on disk and on the wire: never reuse one.
 * 16 and above are records of the log's own bookkeeping, which are no entries (`storage/records.ts`).
 */
export const EntryType = { noOp: 1, command: 2, configuration: 3 } as const;
export type EntryType = (typeof EntryType)[keyof typeof EntryType];

/**
 * A record header, little-endian. The same bytes stand in the log and on the wire.
 *
 *      0    1    2        4          8        16       24       32         36          40
 *      | v1 |type| zero   | group id | index  | term   | at ms  | payload  | crc32 of  |
 *      | u8 | u8 | u16    | u32      | u64    | u64    | u64    | bytes u32| payload   |
 */
export const RECORD_HEADER_BYTES = 40;
const RECORD_VERSION = 1;

export interface RecordHeader {
  readonly type: number;
  readonly groupId: number;
  readonly index: number;
  readonly term: number;
  readonly at: number;
}

export function writeRecordHeader(
  target: Buffer,
  offset: number,
  header: RecordHeader,
  payload: Uint8Array,
): void {
  target[offset] = RECORD_VERSION;
  target[offset + 1] = header.type;
  target.writeUInt16LE(0, offset + 2);
  target.writeUInt32LE(header.groupId, offset + 4);
  writeU64(target, header.index, offset + 8);
  writeU64(target, header.term, offset + 16);
  writeU64(target, header.at, offset + 24);
  target.writeUInt32LE(payload.length, offset + 32);
  target.writeUInt32LE(crc32(payload), offset + 36);
}

const recordVersion = (bytes: Buffer, offset: number): number => bytes.readUInt8(offset);
export const recordType = (bytes: Buffer, offset: number): number => bytes.readUInt8(offset + 1);
export const recordGroupId = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset + 4);
export const recordIndex = (bytes: Buffer, offset: number): LogIndex =>
  logIndex(readU64(bytes, offset + 8));
export const recordTerm = (bytes: Buffer, offset: number): Term =>
  term(readU64(bytes, offset + 16));
export const recordAt = (bytes: Buffer, offset: number): LogTime =>
  logTime(readU64(bytes, offset + 24));
export const recordPayloadBytes = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset + 32);
export const recordPayloadCrc = (bytes: Buffer, offset: number): number =>
  bytes.readUInt32LE(offset + 36);

/** What the entries of one encoded batch have in common. */
export interface BatchHeader {
  readonly groupId: number;
  /** Index of the first entry. */
  readonly first: LogIndex;
  readonly term: Term;
  readonly at: LogTime;
  readonly type: EntryType;
}

/** One entry, looked at by itself. */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly type: EntryType;
  readonly at: LogTime;
  /** A view into the batch's bytes, valid as long as the batch: copy what you keep. */
  readonly payload: Buffer;
}

/**
 * A contiguous run of one or more entries, encoded once: all record headers, then all payloads. These bytes go to the
 * log and to every peer as they are. Immutable. Guarantees: indexes rise by 1, terms and times never go back, payload
 * lengths add up to the bytes (asserted on encode, parsed on decode).
 */
export class EntryBatch {
  readonly first: LogIndex;
  readonly count: number;
  /** Record headers (`count` × 40), then payloads. */
  readonly bytes: Buffer;
  /** Where each payload starts in `bytes`; one more than `count`. */
  readonly #starts: Uint32Array;

  private constructor(first: LogIndex, count: number, bytes: Buffer, starts: Uint32Array) {
    this.first = first;
    this.count = count;
    this.bytes = bytes;
    this.#starts = starts;
  }

  static encode(header: BatchHeader, payloads: readonly Uint8Array[]): EntryBatch {
    const count = payloads.length;
    assert(count > 0, 'a batch holds at least one entry');
    const starts = new Uint32Array(count + 1);
    let end = count * RECORD_HEADER_BYTES;
    for (let i = 0; i < count; i += 1) {
      starts[i] = end;
      end += payloadAt(payloads, i).length;
    }
    starts[count] = end;
    const bytes = Buffer.allocUnsafeSlow(end);
    for (let i = 0; i < count; i += 1) {
      const payload = payloadAt(payloads, i);
      const { groupId, term: ofTerm, at, type } = header;
      const record = { groupId, type, index: header.first + i, term: ofTerm, at };
      writeRecordHeader(bytes, i * RECORD_HEADER_BYTES, record, payload);
      bytes.set(payload, starts[i]);
    }
    return new EntryBatch(header.first, count, bytes, starts);
  }

  /**
   * Parses bytes from a disk or a peer; `undefined` when they are not `count` well-formed entries. Payload checksums
   * are verified. The batch keeps `bytes`: pass a buffer that is its own.
   */
  static decode(bytes: Buffer, count: number): EntryBatch | undefined {
    if (count < 1 || bytes.length < count * RECORD_HEADER_BYTES) return undefined;
    const starts = new Uint32Array(count + 1);
    let end = count * RECORD_HEADER_BYTES;
    for (let i = 0; i < count; i += 1) {
      const offset = i * RECORD_HEADER_BYTES;
      if (!isEntryHeader(bytes, offset) || (i > 0 && !follows(bytes, offset))) return undefined;
      starts[i] = end;
      end += recordPayloadBytes(bytes, offset);
      if (end > bytes.length) return undefined;
      const payload = bytes.subarray(starts[i], end);
      if (crc32(payload) !== recordPayloadCrc(bytes, offset)) return undefined;
    }
    if (end !== bytes.length) return undefined;
    starts[count] = end;
    return new EntryBatch(recordIndex(bytes, 0), count, bytes, starts);
  }

  get last(): LogIndex {
    return logIndex(this.first + this.count - 1);
  }

  get byteLength(): number {
    return this.bytes.length;
  }

  termAt(index: LogIndex): Term {
    return recordTerm(this.bytes, this.#header(index));
  }

  atOf(index: LogIndex): LogTime {
    return recordAt(this.bytes, this.#header(index));
  }

  typeAt(index: LogIndex): EntryType {
    return recordType(this.bytes, this.#header(index)) as EntryType;
  }

  entry(index: LogIndex): Entry {
    const i = index - this.first;
    const payload = this.bytes.subarray(this.#starts[i], this.#starts[i + 1]);
    return {
      index,
      term: this.termAt(index),
      type: this.typeAt(index),
      at: this.atOf(index),
      payload,
    };
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (let i = 0; i < this.count; i += 1) yield this.entry(logIndex(this.first + i));
  }

  /** The entries `from … through` (both inside this batch); the batch itself when that is all of it. */
  slice(from: LogIndex, through: LogIndex): EntryBatch {
    assert(this.first <= from && from <= through && through <= this.last, 'a slice lies inside');
    if (from === this.first && through === this.last) return this;
    const begin = from - this.first;
    const end = through - this.first + 1;
    const count = end - begin;
    const shift = (this.#starts[begin] ?? 0) - count * RECORD_HEADER_BYTES;
    const starts = this.#starts.slice(begin, end + 1).map((start) => start - shift);
    const bytes = Buffer.concat([
      this.bytes.subarray(begin * RECORD_HEADER_BYTES, end * RECORD_HEADER_BYTES),
      this.bytes.subarray(this.#starts[begin], this.#starts[end]),
    ]);
    return new EntryBatch(from, count, bytes, starts);
  }

  /** The longest prefix of at most `maxBytes`, but at least one entry. */
  prefix(maxBytes: number): EntryBatch {
    if (this.bytes.length <= maxBytes) return this;
    let through = this.first;
    while (through < this.last && this.#bytesThrough(logIndex(through + 1)) <= maxBytes) {
      through = logIndex(through + 1);
    }
    return this.slice(this.first, through);
  }

  #bytesThrough(index: LogIndex): number {
    const count = index - this.first + 1;
    const payloads = (this.#starts[count] ?? 0) - this.count * RECORD_HEADER_BYTES;
    return count * RECORD_HEADER_BYTES + payloads;
  }

  #header(index: LogIndex): number {
    assert(this.first <= index && index <= this.last, 'the index lies inside the batch');
    return (index - this.first) * RECORD_HEADER_BYTES;
  }
}

function payloadAt(payloads: readonly Uint8Array[], i: number): Uint8Array {
  const payload = payloads[i];
  assert(payload !== undefined, 'a batch has no holes');
  return payload;
}

function isEntryHeader(bytes: Buffer, offset: number): boolean {
  const type = recordType(bytes, offset);
  return (
    recordVersion(bytes, offset) === RECORD_VERSION &&
    type >= EntryType.noOp &&
    type <= EntryType.configuration
  );
}

function follows(bytes: Buffer, offset: number): boolean {
  const before = offset - RECORD_HEADER_BYTES;
  return (
    recordIndex(bytes, offset) === recordIndex(bytes, before) + 1 &&
    recordTerm(bytes, offset) >= recordTerm(bytes, before) &&
    recordAt(bytes, offset) >= recordAt(bytes, before)
  );
}
