import * as z from 'zod';
import { crc32 } from './crc32.ts';

/**
 * A backup as a stream of bytes, numbers in network order:
 *
 *     start    magic "RRMQBKUP" | u32 header length | header, JSON in UTF-8 | u32 crc32 of the header
 *     chunk    u32 length, not 0 | u32 crc32 of the bytes | bytes              as often as needed
 *     trailer  u32 0 | u32 crc32 of the rest | u32 chunks | u64 bytes of all chunks | SHA-256
 *
 * The SHA-256 covers all that stands before the trailer. A stream that was cut off has no trailer; nothing follows one.
 * Who writes and who reads computes the SHA-256 itself: here is no I/O and no cryptography. What the chunks hold is the
 * queue's own affair.
 */
export const BACKUP_FORMAT = 1;

/** The media type of a backup. */
export const BACKUP_MEDIA_TYPE = 'application/vnd.rrmq.backup';

/** Longest chunk, in bytes: four times what nodes write today, and no burden for whoever reads it. */
export const BACKUP_CHUNK_BYTES_MAX = 1024 * 1024;

/** Longest header, in bytes: a hundred times what it holds today. */
export const BACKUP_HEADER_BYTES_MAX = 64 * 1024;

export const BACKUP_MAGIC = new TextEncoder().encode('RRMQBKUP');

/** Magic and header length. */
export const START_FIXED_BYTES = 12;

/** Length and checksum of a chunk. */
export const CHUNK_HEAD_BYTES = 8;

export const TRAILER_BYTES = 52;

/** What a backup says of itself in front. */
export const backupHeaderSchema = z.object({
  format: z.literal(BACKUP_FORMAT),
  /** Of the cluster it was taken from. */
  clusterId: z.string(),
  /** The last log entry that it includes, and that entry's time in ms since the Unix epoch. */
  index: z.number().int().min(0),
  at: z.number().int().min(0),
  /** RFC 3339, by the clock of the node that wrote it. */
  createdAt: z.string(),
  /** Of the program that wrote it. */
  version: z.string(),
});

export type BackupHeader = z.infer<typeof backupHeaderSchema>;

/** What a backup says of itself at its end. */
export interface BackupTrailer {
  readonly chunks: number;
  /** Of all chunks, without their heads. */
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** The first bytes of a backup. */
export function encodeBackupStart(header: BackupHeader): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(START_FIXED_BYTES + json.length + 4);
  const view = viewOf(start);
  start.set(BACKUP_MAGIC);
  view.setUint32(BACKUP_MAGIC.length, json.length);
  start.set(json, START_FIXED_BYTES);
  view.setUint32(START_FIXED_BYTES + json.length, crc32(json));
  return start;
}

/** What precedes the bytes of a chunk, which has 1 to `BACKUP_CHUNK_BYTES_MAX` of them. */
export function encodeBackupChunkHead(chunk: Uint8Array): Uint8Array {
  if (chunk.length === 0 || chunk.length > BACKUP_CHUNK_BYTES_MAX) {
    throw new RangeError(`a chunk has 1 to ${BACKUP_CHUNK_BYTES_MAX} bytes, not ${chunk.length}`);
  }
  const head = new Uint8Array(CHUNK_HEAD_BYTES);
  const view = viewOf(head);
  view.setUint32(0, chunk.length);
  view.setUint32(4, crc32(chunk));
  return head;
}

/** The last bytes of a backup. */
export function encodeBackupTrailer({ chunks, bytes, sha256 }: BackupTrailer): Uint8Array {
  const trailer = new Uint8Array(TRAILER_BYTES);
  const view = viewOf(trailer);
  view.setUint32(8, chunks);
  view.setUint32(12, Math.floor(bytes / 2 ** 32));
  view.setUint32(16, bytes >>> 0);
  for (let i = 0; i < 32; i++)
    trailer[20 + i] = Number.parseInt(sha256.slice(2 * i, 2 * i + 2), 16);
  view.setUint32(4, crc32(trailer.subarray(8)));
  return trailer;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
