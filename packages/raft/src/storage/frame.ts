import { crc32 } from 'node:zlib';
import { RECORD_HEADER_BYTES, recordPayloadBytes, recordPayloadCrc } from '../core/entry-batch.ts';
import { readU64, writeU64 } from '../core/u64.ts';

/** Frames start at multiples of this: the unit that a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;

/**
 * A frame: what one write makes durable, little-endian.
 *
 *      0        4        8          16        20        24        28         32
 *      | 'RRF1' | salt   | sequence | records | payload | chain   | checksum |
 *      | u32    | u32    | u64      | u32     | bytes   | u32     | u32      |
 *      |        |        |          |         | u32     |         |          |
 *      | record headers, 40 bytes each | payloads, in the same order | zeros to 512 |
 *
 * `salt` is the segment's: a frame that a recycled file held before has another one. `sequence` rises by 1 per frame
 * through all segments; a head frame repeats that of the frame it follows. `chain` is the checksum of the frame before,
 * so that a missing or foreign frame is seen. `checksum` is the crc32 of bytes 0 … 27 and the record headers; payloads
 * have their own in the record headers.
 */
export const FRAME_HEADER_BYTES = 32;
const FRAME_MAGIC = 0x31_46_52_52;
const CHECKSUM_OFFSET = 28;

/** What ties a frame to its place in the log. */
export interface FrameLink {
  readonly salt: number;
  readonly sequence: number;
  readonly chain: number;
}

/** A frame whose checksum is right. */
export interface Frame extends FrameLink {
  /** Header, record headers and payloads, without the padding. A view. */
  readonly bytes: Buffer;
  readonly records: number;
  readonly checksum: number;
}

export const recordOffset = (record: number): number =>
  FRAME_HEADER_BYTES + record * RECORD_HEADER_BYTES;

export const sectorAligned = (bytes: number): number =>
  Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;

/** Bytes on disk of a frame with so much in it. */
export const frameBytes = (records: number, payloadBytes: number): number =>
  sectorAligned(recordOffset(records) + payloadBytes);

/** Writes the frame header before `records` record headers and their payloads, which stand in `bytes` already. */
export function sealFrame(bytes: Buffer, records: number, link: FrameLink): Frame {
  bytes.writeUInt32LE(FRAME_MAGIC, 0);
  bytes.writeUInt32LE(link.salt, 4);
  writeU64(bytes, link.sequence, 8);
  bytes.writeUInt32LE(records, 16);
  bytes.writeUInt32LE(bytes.length - recordOffset(records), 20);
  bytes.writeUInt32LE(link.chain, 24);
  const checksum = checksumOf(bytes, records);
  bytes.writeUInt32LE(checksum, CHECKSUM_OFFSET);
  const { salt, sequence, chain } = link;
  return { salt, sequence, chain, bytes, records, checksum };
}

/** How many bytes (without padding) a frame at `offset` says it has; 0 when no frame starts there. Not checked yet. */
export function claimedBytes(bytes: Buffer, offset: number): number {
  if (bytes.length - offset < FRAME_HEADER_BYTES) return 0;
  if (bytes.readUInt32LE(offset) !== FRAME_MAGIC) return 0;
  return recordOffset(bytes.readUInt32LE(offset + 16)) + bytes.readUInt32LE(offset + 20);
}

/** The salt of what says that it is a frame. Not checked yet. */
export const claimedSalt = (bytes: Buffer): number => bytes.readUInt32LE(4);

/** Parses bytes of the length that `claimedBytes` told. Payloads are not checked: see `damagedRecord`. */
export function parseFrame(bytes: Buffer): Frame | undefined {
  const records = bytes.readUInt32LE(16);
  const checksum = bytes.readUInt32LE(CHECKSUM_OFFSET);
  if (records === 0 || checksumOf(bytes, records) !== checksum) return undefined;
  return {
    salt: bytes.readUInt32LE(4),
    sequence: readU64(bytes, 8),
    chain: bytes.readUInt32LE(24),
    bytes,
    records,
    checksum,
  };
}

/** The first record whose payload is not what was written; `undefined` when all are right. */
export function damagedRecord({ bytes, records }: Frame): number | undefined {
  let start = recordOffset(records);
  for (let record = 0; record < records; record += 1) {
    const header = recordOffset(record);
    const end = start + recordPayloadBytes(bytes, header);
    if (end > bytes.length) return record;
    if (crc32(bytes.subarray(start, end)) !== recordPayloadCrc(bytes, header)) return record;
    start = end;
  }
  return start === bytes.length ? undefined : records - 1;
}

function checksumOf(bytes: Buffer, records: number): number {
  const ofHeader = crc32(bytes.subarray(0, CHECKSUM_OFFSET));
  return crc32(bytes.subarray(FRAME_HEADER_BYTES, recordOffset(records)), ofHeader);
}
