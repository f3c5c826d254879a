import type { Arena } from '../bytes/arena.ts';
import { checksumOf } from '../bytes/checksum.ts';
import { CHECKSUM_BYTES, VERSION_BYTES, openValue } from './sealing.ts';
import type { Change } from './store.ts';

/** What a row holds stands between version and checksum, as in every value. */
const VERSION = 1;
const VERSIONS = [VERSION];

/** The change that puts a row, or removes it. */
export function sealRow(key: string, held: Buffer | undefined, arena: Arena): Change {
  const keyBytes = arena.take(key.length);
  keyBytes.write(key, 'latin1');
  if (held === undefined) return { key: keyBytes, value: undefined };
  const end = VERSION_BYTES + held.length;
  const value = arena.take(end + CHECKSUM_BYTES);
  value.writeUInt8(VERSION, 0);
  value.set(held, VERSION_BYTES);
  const checksum = checksumOf(value, 0, end, checksumOf(keyBytes, 0, key.length));
  value.writeUInt32LE(checksum, end);
  return { key: keyBytes, value };
}

/** What a row holds; a view into its value. Throws `StoreCorrupt`. */
export function openRow(key: Buffer, value: Buffer): Buffer {
  return openValue({ key, value }, VERSIONS).reader.rest();
}
