import type { Rpc } from '../../core/rpc.ts';
import { readU64 } from '../../core/u64.ts';

/** Where the body of an rpc starts: after the head that all have (`rpc-codec.ts`). */
export const BODY = 20;

export const Flag = { pre: 1, transfer: 2, yes: 4, room: 8, last: 16 } as const;

/** What an rpc says beside its kind and its body. */
export type Envelope = Pick<Rpc, 'from' | 'to' | 'term' | 'incarnation'>;

/** The body's field with this number, from 0. */
export const field = (frame: Buffer, i: number): number => readU64(frame, BODY + i * 8);

export const hasFlag = (frame: Buffer, flag: number): boolean =>
  (frame.readUInt16LE(2) & flag) !== 0;

/** The body is exactly `count` fields, each a whole number below 2^53. */
export function hasFields(frame: Buffer, count: number): boolean {
  return frame.length === BODY + count * 8 && areSafe(frame, count);
}

/** The first `count` fields are whole numbers below 2^53. The frame has them. */
export function areSafe(frame: Buffer, count: number): boolean {
  for (let i = 0; i < count; i += 1) {
    if (!Number.isSafeInteger(field(frame, i))) return false;
  }
  return true;
}

/** A copy in memory of its own: what is kept lives long, and a view or a pooled copy would pin a slab each. */
export function owned(view: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(view.length);
  view.copy(copy);
  return copy;
}
