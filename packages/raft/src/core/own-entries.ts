import { EntryBatch, type EntryType } from './entry-batch.ts';
import { type LogTime, logIndex } from './numbers.ts';
import type { CoreState, Now } from './state.ts';

/** The time that a leader's entry proposed at `now` would carry; `undefined` for others. */
export function peekOwnTime(core: CoreState, { monotonicMs, wallMs }: Now): LogTime | undefined {
  if (core.role.kind !== 'leader') return undefined;
  return notBefore(core.log.lastAt, core.clock.peek(monotonicMs, wallMs));
}

/** A leader's new entries, right after its last one, at the group's time. */
export function encodeOwn(
  core: CoreState,
  type: EntryType,
  payloads: readonly Uint8Array[],
): EntryBatch {
  const now = core.clock.now(core.now.monotonicMs, core.now.wallMs);
  const at = notBefore(core.log.lastAt, now);
  const { groupId } = core.settings;
  const first = logIndex(core.log.last + 1);
  return EntryBatch.encode({ groupId, first, term: core.term, at, type }, payloads);
}

const notBefore = (last: LogTime, now: LogTime): LogTime => (now > last ? now : last);
