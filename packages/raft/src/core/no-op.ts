import { assert } from './assert.ts';
import { readU64, writeU64 } from './u64.ts';

const VERSION = 1;
const BYTES = 9;

/** The payload of a leader's first entry: a version byte and `gapMs`, how long the group had no leader (u64). */
export function encodeNoOp(gapMs: number): Buffer {
  const payload = Buffer.alloc(BYTES);
  payload[0] = VERSION;
  writeU64(payload, gapMs, 1);
  return payload;
}

export function decodeGapMs(payload: Buffer): number {
  assert(payload[0] === VERSION && payload.length >= BYTES, 'a no-op entry has version 1');
  return readU64(payload, 1);
}
