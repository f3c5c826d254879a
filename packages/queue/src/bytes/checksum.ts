import { crc32 } from 'node:zlib';

/** Up to here a loop takes less time than a view of the bytes and a call of zlib. */
const SHORT_BYTES = 96;

/** Of the reversed polynomial that zlib has. */
const POLYNOMIAL = 0xedb88320;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) {
    value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ POLYNOMIAL;
  }
  return value;
});

/** The crc32 of bytes `start … end - 1`, behind others whose crc32 is `before`. */
export function checksumOf(bytes: Buffer, start: number, end: number, before = 0): number {
  if (end - start > SHORT_BYTES) return crc32(bytes.subarray(start, end), before);
  let value = ~before;
  for (let at = start; at < end; at += 1) {
    value = (TABLE[(value ^ (bytes[at] ?? 0)) & 0xff] ?? 0) ^ (value >>> 8);
  }
  return ~value >>> 0;
}
