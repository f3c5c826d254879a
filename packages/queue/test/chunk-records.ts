import { crc32 } from 'node:zlib';

/** A record of a backup that may be changed. */
export interface Fields {
  readonly key: Buffer;
  /** The value without its checksum. */
  readonly fields: Buffer;
}

/** The records of the only chunk of a backup. */
export function recordsOf(chunk: Buffer): Fields[] {
  const records: Fields[] = [];
  let at = 16;
  while (chunk.readUInt16LE(at) > 0) {
    const keyEnd = at + 6 + chunk.readUInt16LE(at);
    const recordEnd = keyEnd + chunk.readUInt32LE(at + 2);
    const key = Buffer.from(chunk.subarray(at + 6, keyEnd));
    records.push({ key, fields: Buffer.from(chunk.subarray(keyEnd, recordEnd - 4)) });
    at = recordEnd;
  }
  return records;
}

/** The chunk that holds these records, with checksums as they should be. */
export function chunkOf(records: readonly Fields[]): Buffer {
  const stream = records.map(({ key, fields }) => {
    const header = Buffer.alloc(6);
    header.writeUInt16LE(key.length, 0);
    header.writeUInt32LE(fields.length + 4, 2);
    return Buffer.concat([header, key, fields, u32(crc32(fields, crc32(key)))]);
  });
  const checksum = u32(crc32(Buffer.concat(stream)));
  const count = Buffer.concat([u32(records.length), u32(0)]);
  const ending = Buffer.concat([Buffer.alloc(2), u32(12), count, checksum]);
  const payload = Buffer.concat([...stream, ending]);
  const header = Buffer.concat([Buffer.from([2, 1, 0, 0]), u32(0), u32(payload.length)]);
  return Buffer.concat([header, u32(crc32(payload, crc32(header))), payload]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}
