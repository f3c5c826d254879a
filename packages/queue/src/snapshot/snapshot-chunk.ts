import { crc32 } from 'node:zlib';

/**
 * A piece of a snapshot or backup, little-endian. What the payloads hold, joined: `record-stream.ts`.
 *
 *     chunk     | u8 version = 2 | u8 last: 0 or 1 | u16 zero | u32 number, from 0 | u32 payload bytes
 *               | u32 crc32 of the 12 bytes before and the payload | payload |
 */
const CHUNK_VERSION = 2;

const HEADER_BYTES = 16;
const CHECKED_HEADER_BYTES = 12;

/** Small enough that heartbeats never wait for one, and that a few of them may be on the way. */
export const CHUNK_BYTES_MAX = 262_144;

/** Records that end in one chunk: a command that carries a chunk touches no more of them. */
export const RECORDS_PER_CHUNK_MAX = 1000;

export const CHUNK_PAYLOAD_BYTES_MAX = CHUNK_BYTES_MAX - HEADER_BYTES;

export interface Chunk {
  readonly number: number;
  readonly last: boolean;
  readonly payload: Buffer;
}

/** Makes a chunk of pieces that are `CHUNK_PAYLOAD_BYTES_MAX` or fewer bytes together. */
export function encodeChunk(number: number, pieces: readonly Buffer[], last: boolean): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(HEADER_BYTES), ...pieces]);
  chunk.writeUInt8(CHUNK_VERSION, 0);
  chunk.writeUInt8(last ? 1 : 0, 1);
  chunk.writeUInt32LE(number, 4);
  chunk.writeUInt32LE(chunk.length - HEADER_BYTES, 8);
  chunk.writeUInt32LE(checksum(chunk), CHECKED_HEADER_BYTES);
  return chunk;
}

/** What a well-formed chunk says; `undefined` for anything else. `payload` is a view. */
export function decodeChunk(chunk: Buffer): Chunk | undefined {
  if (chunk.length < HEADER_BYTES || chunk.length > CHUNK_BYTES_MAX) return undefined;
  const payload = chunk.subarray(HEADER_BYTES);
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
  return crc32(chunk.subarray(HEADER_BYTES), header);
}
