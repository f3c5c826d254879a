import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { checksumOf } from '../bytes/checksum.ts';
import { type StoreEntry, StoreCorrupt } from './store.ts';

/** Every value of the store: `| u8 version | fields | u32 crc32 of the key and all before |`. */
export const VERSION_BYTES = 1;
export const CHECKSUM_BYTES = 4;

/** Begins a value whose fields take so many bytes, behind its key. */
export function begin(key: Buffer, fields: number, version: number): ByteWriter {
  const size = key.length + VERSION_BYTES + fields + CHECKSUM_BYTES;
  return new ByteWriter(size).bytes(key).u8(version);
}

/** Ends a value and takes it apart from its key. */
export function seal(writer: ByteWriter, keyBytes: number): StoreEntry {
  const bytes = writer.checksum().finish();
  return { key: bytes.subarray(0, keyBytes), value: bytes.subarray(keyBytes) };
}

export interface OpenValue {
  readonly version: number;
  /** Of the fields. */
  readonly reader: ByteReader;
}

/** Opens a value whose checksum is right and whose version is one of these; throws `StoreCorrupt` for any other. */
export function openValue({ key, value }: StoreEntry, versions: readonly number[]): OpenValue {
  const end = value.length - CHECKSUM_BYTES;
  const isSound =
    end >= VERSION_BYTES &&
    value.readUInt32LE(end) === checksumOf(value, 0, end, checksumOf(key, 0, key.length));
  if (!isSound) throw new StoreCorrupt(`${naming(key)} has a wrong checksum`);
  const version = value.readUInt8(0);
  if (!versions.includes(version)) {
    const known = versions.join(' and ');
    throw new StoreCorrupt(`${naming(key)} has version ${version}; this release knows ${known}`);
  }
  return { version, reader: new ByteReader(value, VERSION_BYTES, end) };
}

export function ensureComplete(reader: ByteReader, key: Buffer): void {
  if (!reader.complete) throw new StoreCorrupt(`${naming(key)} is malformed`);
}

const naming = (key: Buffer): string => `the value of key ${key.toString('hex')}`;
