import { ByteReader } from '../bytes/byte-reader.ts';
import { PRIORITY_MAX } from '../commands/limits.ts';
import type { Message } from '../results/result.ts';
import { readDedupRecord } from '../state/dedup.ts';
import { readDelayedRow } from '../state/delayed.ts';
import { DueKind, parseDueKey } from '../state/due.ts';
import { decodeKeyRecord, decodeKeyedRow } from '../state/key-record.ts';
import { leaseEnd, readLease } from '../state/leases.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState, Restore } from '../state/queue-state.ts';
import { isPageOf } from '../state/settlements.ts';
import type { Topic } from '../state/topic.ts';
import { checkRow, placeAt } from '../store/row-check.ts';
import { RowKind, nameText, readU64Text, u64Text } from '../store/row-keys.ts';
import { openRow } from '../store/row-values.ts';
import type { StoreEntry } from '../store/store.ts';
import { type Counted, freshLaneAt, startsSection } from './restore-tally.ts';

interface BackedUpRow {
  readonly kind: RowKind;
  readonly entry: StoreEntry;
}

/** A row of a backup, and the topic that it belongs to. */
interface PlacedRow {
  readonly topic: Topic;
  readonly progress: Restore['progress'];
  readonly entry: StoreEntry;
  /** Its key, in the backup. */
  readonly key: string;
  /** What it holds. */
  readonly held: Buffer;
  readonly bodyBytes: number;
}

/**
 * Takes a row of a backup for the topic that it belongs to, which has another place here; `undefined` when it makes no
 * sense. Answers kept for idempotency keys are not taken: whoever asked the old cluster does not ask this one. Nor is
 * what was due in a topic that was deleted.
 */
export function restoreRow(
  state: QueueState,
  { progress, topics }: Restore,
  { kind, entry }: BackedUpRow,
): Counted | undefined {
  const { place, bodyBytes } = checkRow(kind, entry);
  const at = placeAt(kind);
  if (at === undefined) return {};
  const topic = topics.get(progress.base + place);
  if (topic === undefined) return kind === RowKind.due ? {} : undefined;
  const key = entry.key.toString('latin1');
  const held = Buffer.from(openRow(entry.key, entry.value));
  const row = { topic, progress, entry, key, held, bodyBytes };
  if (kind === RowKind.lease) return restoreLease(state, row);
  if (kind === RowKind.due) return restoreDue(state, row);
  const result = countRow(state, kind, row);
  if (result === undefined) return undefined;
  state.rows.put(key.slice(0, at) + u64Text(topic.place) + key.slice(at + 8), held, true);
  return result;
}

function countRow(state: QueueState, kind: RowKind, row: PlacedRow): Counted | undefined {
  const { topic, key, bodyBytes } = row;
  const sequence = readU64Text(key, key.length - 8);
  switch (kind) {
    case RowKind.fresh:
      return countRange(row, sequence);
    case RowKind.returned: {
      const message = unfresh(topic, sequence);
      const isOf =
        message !== undefined &&
        message.key === undefined &&
        message.priority === key.charCodeAt(9);
      return isOf ? { owes: -1 } : undefined;
    }
    case RowKind.delayed:
      return countDelayed(row, sequence);
    case RowKind.key:
      return countKey(row);
    case RowKind.keyed:
      return countKeyed(row, sequence);
    case RowKind.turn:
      return isTurnOf(row, sequence) ? { owes: -1 } : undefined;
    case RowKind.dead: {
      const fits = isSequence(topic, sequence) && topic.bodies.find(sequence) === undefined;
      return fits ? { owes: -1, bytes: bodyBytes } : undefined;
    }
    case RowKind.dedup:
      return isDedup(row) ? {} : undefined;
    case RowKind.settlements:
      return isPageOf(topic.settlements.count, sequence) ? { owes: -1 } : undefined;
    default:
      return undefined;
  }
}

/** The message, unless it must be where it was published to. */
function unfresh(topic: Topic, sequence: number): Message | undefined {
  return freshLaneAt(topic, sequence) === undefined ? topic.bodies.find(sequence) : undefined;
}

const isSequence = ({ lastSequence }: Topic, sequence: number): boolean =>
  sequence >= 1 && sequence <= lastSequence;

/** A range is behind those that came before it; the bytes of the section are where the last one ends. */
function countRange(row: PlacedRow, from: number): Counted | undefined {
  const { topic, progress, entry, key, held } = row;
  const to = new ByteReader(held).u64();
  const lane = topic.ready.record().lanes.find(({ priority }) => priority === key.charCodeAt(9));
  if (lane === undefined) return undefined;
  const isFirst = startsSection(progress.tally, entry.key);
  const before = isFirst ? 0 : progress.tally.bytes;
  const isBetween = from > Math.max(before, lane.head.to) && to < lane.tail.from;
  if (!isBetween || from > to) return undefined;
  const first = topic.bodies.first(from, to);
  const isOfLane = first?.key === undefined && (first?.priority ?? lane.priority) === lane.priority;
  return isOfLane ? { owes: -1, bytes: to - before } : undefined;
}

function countDelayed({ topic, held }: PlacedRow, sequence: number): Counted | undefined {
  const message = unfresh(topic, sequence);
  if (message === undefined || isReturned(topic, message)) return undefined;
  const { blocks } = readDelayedRow(new ByteReader(held));
  const owes = blocks && message.key !== undefined ? 0 : -1;
  return { owes, unreadyBytes: message.body.length };
}

const isReturned = ({ ready }: Topic, message: Message): boolean =>
  message.key === undefined && ready.isReturned(metaOf(message));

/** A key counts as its messages; its bytes are those messages that are blocked. */
function countKey({ topic, held }: PlacedRow): Counted | undefined {
  const { lane, count, blocked, turn, first, priority } = decodeKeyRecord(held);
  const isWaiting = !blocked && count > 0;
  const fits =
    (count > 0 || blocked) &&
    turn > 0 === isWaiting &&
    count > 0 === first > 0 &&
    lane <= topic.ready.record().keys.lanes &&
    priority <= PRIORITY_MAX;
  return fits ? { count, bytes: blocked ? count : 0, owes: blocked ? -1 : 0 } : undefined;
}

function countKeyed(row: PlacedRow, sequence: number): Counted | undefined {
  const { topic, progress, entry, key, held } = row;
  const message = topic.bodies.find(sequence);
  const record = message?.key === undefined ? undefined : topic.ready.keyRecord(message.key);
  if (message === undefined || record === undefined) return undefined;
  const { priority, bytes } = decodeKeyedRow(held);
  const isFirst = startsSection(progress.tally, entry.key);
  const fits =
    record.lane === readU64Text(key, 9) &&
    (!isFirst || (record.first === sequence && record.priority === priority)) &&
    priority === message.priority &&
    bytes === message.body.length &&
    topic.leases.get(sequence) === undefined &&
    topic.delayed.find(sequence) === undefined;
  return fits ? { owes: -1 } : undefined;
}

function isTurnOf({ topic, key, held }: PlacedRow, turn: number): boolean {
  const record = topic.ready.keyRecord(held.toString());
  return record !== undefined && record.turn === turn && record.priority === key.charCodeAt(9);
}

function isDedup({ topic, key, held }: PlacedRow): boolean {
  const { sequence, isThere } = readDedupRecord(new ByteReader(held));
  if (!isSequence(topic, sequence) || !isThere) return isSequence(topic, sequence);
  const message = topic.bodies.find(sequence) ?? topic.dead.find(sequence)?.message;
  return message?.dedupId !== undefined && nameText(message.dedupId) === key.slice(9);
}

/** A lease ends when it would have ended, unless this group is without a leader from now on. */
function restoreLease(state: QueueState, row: PlacedRow): Counted | undefined {
  const { topic, progress, key, held } = row;
  const sequence = readU64Text(key, 9);
  const message = unfresh(topic, sequence);
  if (message === undefined || isReturned(topic, message)) return undefined;
  if (topic.delayed.find(sequence) !== undefined) return undefined;
  const meta = metaOf(message);
  const lease = readLease(new ByteReader(held), { place: topic.place, meta });
  if (lease.gapMsBefore > progress.source.gapMs) return undefined;
  const deadline = leaseEnd(lease, progress.source.gapMs);
  const lengthMs = lease.lengthMs - (deadline - lease.deadline);
  topic.leases.set({ ...lease, deadline, lengthMs, gapMsBefore: state.gapMs });
  state.dirty.touched(topic);
  // It owes the record of its key, and the message owes no expiry.
  const owes = -1 + (meta.key === undefined ? 0 : 1) - (meta.expiresAt === undefined ? 0 : 1);
  return { owes, unreadyBytes: meta.bytes };
}

function restoreDue(state: QueueState, { topic, key, held }: PlacedRow): Counted | undefined {
  const item = { ...parseDueKey(key), place: topic.place };
  const { at, sequence, kind } = item;
  if (kind !== key.charCodeAt(25)) return undefined;
  state.due.add(item, held.toString());
  if (kind === DueKind.dedup) return isSequence(topic, sequence) ? {} : undefined;
  if (kind === DueKind.delay) {
    return topic.delayed.find(sequence)?.until === at ? { owes: -1 } : undefined;
  }
  const isDue =
    topic.bodies.find(sequence)?.expiresAt === at && topic.leases.get(sequence) === undefined;
  return isDue ? { owes: -1 } : undefined;
}
