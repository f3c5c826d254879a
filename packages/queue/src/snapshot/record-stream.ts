import { crc32 } from 'node:zlib';
import type { StoreEntry } from '../store/store.ts';

/**
 * A snapshot is a stream of records – keys and values of the store, as they are – and an end, cut anywhere into chunks
 * (`snapshot-chunk.ts`). Backups are the same stream. Little-endian:
 *
 *     record    | u16 key bytes, 1 … | u32 value bytes | key | value |       in ascending order of the keys
 *     end       | u16 0 | u32 12 | u64 number of records | u32 crc32 of all bytes before the end |
 */
const HEADER_BYTES = 6;
const END_VALUE_BYTES = 12;
/** More than any message that fits into a log entry: a length beyond it is no length. */
const VALUE_BYTES_MAX = 67_108_864;
const TWO_32 = 0x1_0000_0000;

export function encodeRecord({ key, value }: StoreEntry): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + key.length + value.length);
  record.writeUInt16LE(key.length, 0);
  record.writeUInt32LE(value.length, 2);
  record.set(key, HEADER_BYTES);
  record.set(value, HEADER_BYTES + key.length);
  return record;
}

export function encodeEnd(records: number, checksum: number): Buffer {
  const end = Buffer.alloc(HEADER_BYTES + END_VALUE_BYTES);
  end.writeUInt32LE(END_VALUE_BYTES, 2);
  end.writeUInt32LE(records % TWO_32, HEADER_BYTES);
  end.writeUInt32LE(Math.floor(records / TWO_32), HEADER_BYTES + 4);
  end.writeUInt32LE(checksum, HEADER_BYTES + 8);
  return end;
}

/** Where the reading of a stream stands between two pieces. */
export interface RecordStreamState {
  /** Records read so far, and the crc32 of their bytes. */
  readonly records: number;
  readonly checksum: number;
  /** The end was read, and it fits. */
  readonly complete: boolean;
  /** The start of a record that is not all here yet. */
  readonly rest: Buffer;
}

export const STREAM_START: RecordStreamState = {
  records: 0,
  checksum: 0,
  complete: false,
  rest: Buffer.alloc(0),
};

export interface RecordStreamStep {
  readonly state: RecordStreamState;
  /** What the piece completed; views into the piece, or into a copy. */
  readonly entries: readonly StoreEntry[];
}

/** Reads the next piece of a stream; `undefined` when it is none. `rest` in the answer is a copy. */
export function readRecords(
  before: RecordStreamState,
  piece: Buffer,
): RecordStreamStep | undefined {
  const bytes = before.rest.length === 0 ? piece : Buffer.concat([before.rest, piece]);
  const entries: StoreEntry[] = [];
  let { checksum, complete } = before;
  let start = 0;
  while (bytes.length - start >= HEADER_BYTES && !complete) {
    const keyEnd = start + HEADER_BYTES + bytes.readUInt16LE(start);
    const valueBytes = bytes.readUInt32LE(start + 2);
    if (valueBytes > VALUE_BYTES_MAX) return undefined;
    const end = keyEnd + valueBytes;
    if (end > bytes.length) break;
    if (keyEnd === start + HEADER_BYTES) {
      const records = before.records + entries.length;
      if (!encodeEnd(records, checksum).equals(bytes.subarray(start, end))) return undefined;
      complete = true;
    } else {
      entries.push({
        key: bytes.subarray(start + HEADER_BYTES, keyEnd),
        value: bytes.subarray(keyEnd, end),
      });
      checksum = crc32(bytes.subarray(start, end), checksum);
    }
    start = end;
  }
  if (complete && start < bytes.length) return undefined;
  const rest = Buffer.from(bytes.subarray(start));
  return {
    state: { records: before.records + entries.length, checksum, complete, rest },
    entries,
  };
}
