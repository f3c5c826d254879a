import { ByteReader } from '../bytes/byte-reader.ts';
import { leaseEnd, readLease } from '../state/leases.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState, Restore } from '../state/queue-state.ts';
import type { Topic } from '../state/topic.ts';
import { checkRow, placeAt } from '../store/row-check.ts';
import { RowKind, readU64Text, u64Text } from '../store/row-keys.ts';
import { openRow } from '../store/row-values.ts';
import type { StoreEntry } from '../store/store.ts';

interface BackedUpRow {
  readonly kind: RowKind;
  readonly entry: StoreEntry;
}

/**
 * Takes a row of a backup for the topic that it belongs to, which has another place here; false when it makes no sense.
 * Answers kept for idempotency keys are not taken: whoever asked the old cluster does not ask this one.
 */
export function restoreRow(
  state: QueueState,
  { progress, topics }: Restore,
  { kind, entry }: BackedUpRow,
): boolean {
  const { place } = checkRow(kind, entry);
  const at = placeAt(kind);
  if (at === undefined) return true;
  const topic = topics.get(progress.base + place);
  if (topic === undefined) return kind === RowKind.due;
  if (kind === RowKind.doomed) return false;
  const key = entry.key.toString('latin1');
  if (kind === RowKind.lease) return restoreLease(state, topic, { key, entry, progress });
  const newKey = key.slice(0, at) + u64Text(topic.place) + key.slice(at + 8);
  state.rows.put(newKey, Buffer.from(openRow(entry.key, entry.value)), true);
  return true;
}

interface BackedUpLease {
  readonly key: string;
  readonly entry: StoreEntry;
  readonly progress: Restore['progress'];
}

/** A lease ends when it would have ended, unless this group is without a leader from now on. */
function restoreLease(
  state: QueueState,
  topic: Topic,
  { key, entry, progress }: BackedUpLease,
): boolean {
  const sequence = readU64Text(key, 9);
  const message = topic.bodies.find(sequence);
  if (message === undefined) return false;
  const reader = new ByteReader(openRow(entry.key, entry.value));
  const lease = readLease(reader, { place: topic.place, meta: metaOf(message) });
  const deadline = leaseEnd(lease, progress.source.gapMs);
  const lengthMs = lease.lengthMs - (deadline - lease.deadline);
  topic.leases.set({ ...lease, deadline, lengthMs, gapMsBefore: state.gapMs });
  state.dirty.touched(topic);
  return true;
}
