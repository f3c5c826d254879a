import { crc32 } from 'node:zlib';

/**
 * A snapshot is a stream of records, cut anywhere into chunks. Everything is little-endian; a *field* is
 * `| u32 length | as many bytes |`, text is UTF-8. Snapshots travel between releases: versions and kinds keep meaning.
 *
 *     chunk             | u8 version = 1 | u8 last: 0 or 1 | u16 zero | u32 number, from 0 | u32 payload bytes
 *                       | u32 crc32 of the 12 bytes before and the payload | payload: a piece of the stream |
 *
 *     record            | field: one of the following |
 *     state (1), first  | u8 kind | u16 version = 1 | u64 index | u64 at | u64 hash | u64 topics created |
 *     topic (2)         | u8 kind | u64 number | field name | u64 last sequence | u64 popped |
 *     message (3)       | u8 kind | u64 sequence | u64 published at | field content type | field body |
 *                       of the topic before it, oldest first
 *     producer (4)      | u8 kind | u64 topic number | field id | u64 epoch | u64 sequence | u64 index
 *                       | u32 count | count × answer: u64 first, u32 count |   from the least recent publish on
 *     end (5), last     | u8 kind | u64 number of records before it |
 */
export const SNAPSHOT_VERSION = 1;

export const RecordKind = { state: 1, topic: 2, message: 3, producer: 4, end: 5 } as const;

export const U8_BYTES = 1;
export const U16_BYTES = 2;
export const U32_BYTES = 4;
export const U64_BYTES = 8;

export const CHUNK_HEADER_BYTES = 16;
export const CHUNK_BYTES_MAX = 1024 * 1024;

const CHUNK_VERSION = 1;
const CHECKED_HEADER_BYTES = 12;

/** Makes a chunk of payload pieces that are `CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES` or fewer bytes together. */
export function encodeChunk(number: number, pieces: readonly Buffer[], last: boolean): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(CHUNK_HEADER_BYTES), ...pieces]);
  chunk.writeUInt8(CHUNK_VERSION, 0);
  chunk.writeUInt8(last ? 1 : 0, 1);
  chunk.writeUInt32LE(number, 4);
  chunk.writeUInt32LE(chunk.length - CHUNK_HEADER_BYTES, 8);
  chunk.writeUInt32LE(checksum(chunk), CHECKED_HEADER_BYTES);
  return chunk;
}

/** What a well-formed chunk says; `undefined` for anything else. `payload` is a view. */
export function decodeChunk(
  chunk: Buffer,
): { number: number; last: boolean; payload: Buffer } | undefined {
  if (chunk.length < CHUNK_HEADER_BYTES || chunk.length > CHUNK_BYTES_MAX) return undefined;
  const payload = chunk.subarray(CHUNK_HEADER_BYTES);
  const wellFormed =
    chunk.readUInt8(0) === CHUNK_VERSION &&
    chunk.readUInt8(1) <= 1 &&
    chunk.readUInt16LE(2) === 0 &&
    chunk.readUInt32LE(8) === payload.length &&
    chunk.readUInt32LE(CHECKED_HEADER_BYTES) === checksum(chunk);
  if (!wellFormed) return undefined;
  return { number: chunk.readUInt32LE(4), last: chunk.readUInt8(1) === 1, payload };
}

function checksum(chunk: Buffer): number {
  const header = crc32(chunk.subarray(0, CHECKED_HEADER_BYTES));
  return crc32(chunk.subarray(CHUNK_HEADER_BYTES), header);
}
