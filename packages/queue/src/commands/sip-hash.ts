import { assert } from '@rrmq/raft';

const KEY_BYTES = 16;
const BLOCK_BYTES = 8;
const ROUNDS = 2;
const LAST_ROUNDS = 4;

/**
 * SipHash-2-4 (Aumasson and Bernstein 2012) of the first `length` bytes, with a key of 16 bytes: the halves of a u64.
 * In 32-bit halves, because numbers of 64 bits would be objects; all of it stands in one function for the same reason.
 */
export function sipHash(
  key: Buffer,
  bytes: Buffer,
  length: number,
): { readonly high: number; readonly low: number } {
  assert(key.length === KEY_BYTES, 'the key of a SipHash has 16 bytes');
  assert(length <= bytes.length, 'the bytes to hash are there');
  const [keyLow0, keyHigh0] = [key.readInt32LE(0), key.readInt32LE(4)];
  const [keyLow1, keyHigh1] = [key.readInt32LE(8), key.readInt32LE(12)];
  let low0 = keyLow0 ^ 0x70736575;
  let high0 = keyHigh0 ^ 0x736f6d65;
  let low1 = keyLow1 ^ 0x6e646f6d;
  let high1 = keyHigh1 ^ 0x646f7261;
  let low2 = keyLow0 ^ 0x6e657261;
  let high2 = keyHigh0 ^ 0x6c796765;
  let low3 = keyLow1 ^ 0x79746573;
  let high3 = keyHigh1 ^ 0x74656462;
  const end = length - (length % BLOCK_BYTES) + BLOCK_BYTES;
  for (let at = 0; at <= end; at += BLOCK_BYTES) {
    const isLast = at === end;
    const low = isLast ? 0 : wordAt(bytes, at, length);
    const high = isLast ? 0 : wordAt(bytes, at + 4, length);
    if (isLast) low2 ^= 0xff;
    low3 ^= low;
    high3 ^= high;
    for (let round = isLast ? LAST_ROUNDS : ROUNDS; round > 0; round -= 1) {
      const sum0 = (low0 + low1) | 0;
      const sum0High = (high0 + high1 + carry(low0, sum0)) | 0;
      const sum2 = (low2 + low3) | 0;
      const sum2High = (high2 + high3 + carry(low2, sum2)) | 0;
      const mixed1 = ((low1 << 13) | (high1 >>> 19)) ^ sum0;
      const mixed1High = ((high1 << 13) | (low1 >>> 19)) ^ sum0High;
      const mixed3 = ((low3 << 16) | (high3 >>> 16)) ^ sum2;
      const mixed3High = ((high3 << 16) | (low3 >>> 16)) ^ sum2High;
      // The halves of v0 have changed places: a rotation by 32.
      low0 = (sum0High + mixed3) | 0;
      high0 = (sum0 + mixed3High + carry(sum0High, low0)) | 0;
      low3 = ((mixed3 << 21) | (mixed3High >>> 11)) ^ low0;
      high3 = ((mixed3High << 21) | (mixed3 >>> 11)) ^ high0;
      const next2 = (sum2 + mixed1) | 0;
      const next2High = (sum2High + mixed1High + carry(sum2, next2)) | 0;
      low1 = ((mixed1 << 17) | (mixed1High >>> 15)) ^ next2;
      high1 = ((mixed1High << 17) | (mixed1 >>> 15)) ^ next2High;
      low2 = next2High;
      high2 = next2;
    }
    low0 ^= low;
    high0 ^= high;
  }
  return {
    high: (high0 ^ high1 ^ high2 ^ high3) >>> 0,
    low: (low0 ^ low1 ^ low2 ^ low3) >>> 0,
  };
}

/** Of an addition of 32 bits: 1 or 0. */
function carry(a: number, sum: number): number {
  return sum >>> 0 < a >>> 0 ? 1 : 0;
}

/** Four bytes; behind the end zeros, and at the end of the last block the length, as the paper says. */
function wordAt(bytes: Buffer, at: number, length: number): number {
  if (at + 4 <= length) return bytes.readInt32LE(at);
  let word = at % BLOCK_BYTES === 0 ? 0 : (length & 0xff) << 24;
  for (let place = at; place < length; place += 1)
    word |= bytes.readUInt8(place) << ((place - at) * 8);
  return word;
}
