import { EntryBatch, type EntryType } from './entry-batch.ts';
import { logIndex } from './numbers.ts';
import type { CoreState } from './state.ts';

/** A leader's new entries, right after its last one, at the group's time. */
export function encodeOwn(
  core: CoreState,
  type: EntryType,
  payloads: readonly Uint8Array[],
): EntryBatch {
  const now = core.clock.now(core.now.monotonicMs, core.now.wallMs);
  const at = now > core.log.lastAt ? now : core.log.lastAt;
  const { groupId } = core.settings;
  const first = logIndex(core.log.last + 1);
  return EntryBatch.encode({ groupId, first, term: core.term, at, type }, payloads);
}
