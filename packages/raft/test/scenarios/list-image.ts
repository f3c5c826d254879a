import { crc32 } from 'node:zlib';
import { type LogIndex, type LogTime, logIndex, logTime } from '../../src/core/numbers.ts';

/** All that the machine of these scenarios keeps. Never changed: each entry makes a new one. */
export interface ListImage {
  readonly index: LogIndex;
  readonly at: LogTime;
  /** Of all that was ever executed, in order. */
  readonly hash: number;
  readonly items: readonly string[];
}

export const EMPTY_LIST: ListImage = { index: logIndex(0), at: logTime(0), hash: 0, items: [] };

/** Says that a chunk is one, so that a test finds it on its way. */
export const CHUNK_MAGIC = 'LIST';

const HEAD_BYTES = CHUNK_MAGIC.length + 4;

/** A snapshot: each chunk carries its checksum. */
export function chunksOf(image: ListImage, chunkBytes: number): Buffer[] {
  const bytes = Buffer.from(JSON.stringify(image));
  const chunks: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) {
    const data = bytes.subarray(start, start + chunkBytes);
    const head = Buffer.alloc(HEAD_BYTES);
    head.write(CHUNK_MAGIC);
    head.writeUInt32LE(crc32(data), CHUNK_MAGIC.length);
    chunks.push(Buffer.concat([head, data]));
  }
  return chunks;
}

/** What a chunk carries. Throws when it is damaged. */
export function dataOf(chunk: Buffer): Buffer {
  const data = Buffer.from(chunk.subarray(HEAD_BYTES));
  const isWhole =
    chunk.toString('latin1', 0, CHUNK_MAGIC.length) === CHUNK_MAGIC &&
    chunk.readUInt32LE(CHUNK_MAGIC.length) === crc32(data);
  if (!isWhole) throw new Error('a chunk of the snapshot is damaged');
  return data;
}

export function imageOf(data: readonly Buffer[]): ListImage {
  return JSON.parse(Buffer.concat(data).toString()) as ListImage;
}
