import { assert } from './assert.ts';

const TWO_32 = 0x1_0000_0000;

/** Writes a whole number below 2^53 as 8 bytes, little-endian, without BigInt. */
export function writeU64(target: Buffer, value: number, offset: number): void {
  assert(value >= 0 && value <= Number.MAX_SAFE_INTEGER, 'a u64 holds 0 … 2^53 - 1');
  target.writeUInt32LE(value % TWO_32, offset);
  target.writeUInt32LE(Math.floor(value / TWO_32), offset + 4);
}

/** Reads 8 bytes, little-endian. A value of 2^53 and more comes back inexact: checksums and range checks refuse it. */
export function readU64(source: Buffer, offset: number): number {
  return source.readUInt32LE(offset) + source.readUInt32LE(offset + 4) * TWO_32;
}
