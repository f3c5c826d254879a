import { createHash, randomBytes } from 'node:crypto';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import {
  BACKUP_CHUNK_BYTES_MAX,
  BackupDecoder,
  BackupMalformed,
  type BackupPart,
  crc32,
  encodeBackupChunkHead,
  encodeBackupStart,
  encodeBackupTrailer,
} from '@rrmq/contract';

const header = {
  format: 1,
  clusterId: 'c0ffee',
  index: 42,
  at: 1000,
  createdAt: '2026-01-01T00:00:00.000Z',
  version: '1.2.3',
} as const;

function encode(chunks: readonly Buffer[]): Buffer {
  const parts: Uint8Array[] = [encodeBackupStart(header)];
  for (const chunk of chunks) parts.push(encodeBackupChunkHead(chunk), chunk);
  const before = Buffer.concat(parts);
  const sha256 = createHash('sha256').update(before).digest('hex');
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return Buffer.concat([before, encodeBackupTrailer({ chunks: chunks.length, bytes, sha256 })]);
}

/** The parts of a backup that comes in pieces of `pieceBytes`. */
function decode(backup: Buffer, pieceBytes: number): BackupPart[] {
  const decoder = new BackupDecoder();
  const parts: BackupPart[] = [];
  for (let from = 0; from < backup.length; from += pieceBytes) {
    parts.push(...decoder.push(backup.subarray(from, from + pieceBytes)));
  }
  decoder.end();
  return parts;
}

const chunks = [Buffer.from('one'), randomBytes(3000), Buffer.alloc(1)];

describe('a CRC-32', () => {
  it.each([[''], ['a'], ['123456789'], ['\u0000'.repeat(1000)]])(
    'of %j is that of zlib',
    (text) => {
      expect(crc32(Buffer.from(text))).toBe(zlibCrc32(text));
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 5001])('of %i random bytes is that of zlib', (length) => {
    // Anywhere in a larger buffer.
    const bytes = randomBytes(length + 3).subarray(3);
    expect(crc32(bytes)).toBe(zlibCrc32(bytes));
  });
});

describe('a backup', () => {
  it.each([1, 7, 64, 1_000_000])('comes back from pieces of %i bytes', (pieceBytes) => {
    const backup = encode(chunks);
    const parts = decode(backup, pieceBytes);
    expect(parts.map(({ kind }) => kind)).toEqual(['header', 'chunk', 'chunk', 'chunk', 'trailer']);
    const hash = createHash('sha256');
    for (const part of parts) if (part.kind !== 'trailer') hash.update(part.raw);
    expect(parts[0]).toMatchObject({ header });
    const bodies = parts.flatMap((part) =>
      part.kind === 'chunk' ? [Buffer.from(part.bytes)] : [],
    );
    expect(bodies).toEqual(chunks);
    const trailer = { chunks: 3, bytes: 3004, sha256: hash.digest('hex') };
    expect(parts[4]).toEqual({ kind: 'trailer', trailer });
  });

  it('may hold nothing, or more bytes than 32 bits count', () => {
    expect(decode(encode([]), 9)).toHaveLength(2);
    const sha256 = 'ab'.repeat(32);
    const trailer = Buffer.from(encodeBackupTrailer({ chunks: 1, bytes: 2 ** 40 + 5, sha256 }));
    expect(trailer.readUInt32BE(12)).toBe(256);
    expect(trailer.readUInt32BE(16)).toBe(5);
  });

  it('that is cut off anywhere is not whole', () => {
    const backup = encode([Buffer.from('one'), Buffer.from('two')]);
    for (let end = 0; end < backup.length; end++) {
      expect(() => decode(backup.subarray(0, end), 16)).toThrow('the trailer is missing');
    }
  });

  it('with a flipped bit anywhere is refused, by a checksum here or by its SHA-256', () => {
    const backup = encode([Buffer.from('one'), Buffer.from('two')]);
    for (let at = 0; at < backup.length; at++) {
      const damaged = Buffer.from(backup);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      expect(() => decode(damaged, 16)).toThrow(BackupMalformed);
    }
  });

  it.each([
    ['is something else', Buffer.from('<html> this is something else'), 'this is no backup'],
    ['goes on behind its trailer', Buffer.concat([encode([]), Buffer.of(0)]), 'more bytes follow'],
    ['lacks a chunk', withoutSecond(), 'chunks are missing'],
    ['announces a huge header', hugeHeader(), 'the header is too long'],
    ['announces a huge chunk', hugeChunk(), 'a chunk is too long'],
  ])('that %s is refused', (_, backup, text) => {
    expect(() => decode(backup, 1_000_000)).toThrow(text);
    expect(() => decode(backup, 1)).toThrow(text);
  });

  it('has no empty and no endless chunk', () => {
    expect(() => encodeBackupChunkHead(Buffer.alloc(0))).toThrow(RangeError);
    expect(() => encodeBackupChunkHead(Buffer.alloc(BACKUP_CHUNK_BYTES_MAX + 1))).toThrow(
      RangeError,
    );
  });
});

function withoutSecond(): Buffer {
  const backup = encode([Buffer.from('one'), Buffer.from('two')]);
  const start = encodeBackupStart(header).length + 11;
  return Buffer.concat([backup.subarray(0, start), backup.subarray(start + 11)]);
}

function hugeHeader(): Buffer {
  return Buffer.concat([Buffer.from('RRMQBKUP'), Buffer.of(0x7f, 0, 0, 0)]);
}

function hugeChunk(): Buffer {
  return Buffer.concat([encodeBackupStart(header), Buffer.of(0x7f, 0, 0, 0, 0, 0, 0, 0)]);
}
