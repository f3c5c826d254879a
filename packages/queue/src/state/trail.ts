import type { ByteReader } from '../bytes/byte-reader.ts';
import { type ByteWriter, LENGTH_BYTES } from '../bytes/byte-writer.ts';
import { HISTORY_MAX } from '../commands/limits.ts';
import type { FailureEvent } from '../queue-view.ts';

/** What has become of a message so far. Immutable. */
export interface Trail {
  readonly deliveries: number;
  readonly failures: number;
  /** The last failures, oldest first; at most `HISTORY_MAX`. */
  readonly history: readonly FailureEvent[];
}

/** Of a message that was never delivered. */
export const UNTOUCHED: Trail = { deliveries: 0, failures: 0, history: [] };

export const delivered = ({ deliveries, failures, history }: Trail): Trail => ({
  deliveries: deliveries + 1,
  failures,
  history,
});

/** One failure more. */
export const failed = (trail: Trail, event: FailureEvent): Trail => noted(trail, event, 1);

/** The event is remembered; `failures` more or none. */
export function noted(trail: Trail, event: FailureEvent, failures: number): Trail {
  const history = [...trail.history, event].slice(-HISTORY_MAX);
  return { deliveries: trail.deliveries, failures: trail.failures + failures, history };
}

/** Numbers in the store: never reuse one. */
const KINDS = ['nack', 'lease-expired', 'rejected'] as const satisfies FailureEvent['kind'][];

const FIXED_BYTES = 9;
const EVENT_BYTES = 9 + LENGTH_BYTES;

/**
 * | u32 deliveries | u32 failures | u8 count | count × event |, event: | u64 at | u8 kind | field reason |
 */
export function trailBytes({ history }: Trail): number {
  let bytes = FIXED_BYTES;
  for (const { reason } of history) bytes += EVENT_BYTES + Buffer.byteLength(reason);
  return bytes;
}

export function writeTrail(writer: ByteWriter, trail: Trail): ByteWriter {
  const { deliveries, failures, history } = trail;
  writer.u32(deliveries).u32(failures).u8(history.length);
  for (const { at, kind, reason } of history) writer.u64(at).u8(KINDS.indexOf(kind)).field(reason);
  return writer;
}

/** Fails the reader when the bytes are no trail. */
export function readTrail(reader: ByteReader): Trail {
  const [deliveries, failures, count] = [reader.u32(), reader.u32(), reader.u8()];
  if (count > HISTORY_MAX) reader.fail();
  const history: FailureEvent[] = [];
  while (history.length < count && !reader.failed) {
    const at = reader.u64();
    const kind = KINDS[reader.u8()];
    const reason = reader.text();
    if (kind === undefined) reader.fail();
    else history.push({ at, kind, reason });
  }
  return count === 0 && deliveries === 0 ? UNTOUCHED : { deliveries, failures, history };
}
