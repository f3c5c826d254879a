import type { Restore } from '../state/queue-state.ts';
import type { RestoreProgress, RestoreTally } from '../state/restore-progress.ts';
import { pagesOf } from '../state/settlements.ts';
import { type Topic, type TopicRecord, liveCountOf } from '../state/topic.ts';
import { RowKind, readU64Text } from '../store/row-keys.ts';
import { KeyKind } from '../store/store-keys.ts';

/*
 * Whether a backup holds what its topics count. Records come in the order of their keys, so that what belongs together
 * – a *section*: one kind, one topic, perhaps one priority or lane – comes together: it is counted while it comes. What
 * comes not at all is missed in the end, as all topics together await so many records.
 */

/** What a record counts as. */
export interface Counted {
  /** In its section; by default one record without bytes. */
  readonly count?: number;
  readonly bytes?: number;
  /** Records that are owed because of it; it pays for itself. */
  readonly owes?: number;
  /** Of a body that is not ready. */
  readonly unreadyBytes?: number;
}

/** Bytes of a key that name its section. */
const SECTION_BYTES: Readonly<Record<number, number>> = {
  [KeyKind.message]: 9,
  [RowKind.fresh]: 10,
  [RowKind.returned]: 10,
  [RowKind.delayed]: 9,
  [RowKind.lease]: 9,
  [RowKind.key]: 9,
  [RowKind.keyed]: 17,
  [RowKind.turn]: 9,
  [RowKind.dead]: 9,
  [RowKind.dedup]: 9,
  [RowKind.settlements]: 9,
};

const sectionOf = (key: Buffer): Buffer => key.subarray(0, SECTION_BYTES[key[0] ?? 0] ?? 1);

export const startsSection = ({ lastKey }: RestoreTally, key: Buffer): boolean =>
  !sectionOf(lastKey).equals(sectionOf(key));

/** Records that a topic awaits, all in all; the messages' expiries are owed by the messages. */
export function awaitedOf(record: TopicRecord): number {
  const { ready, leased, delayed, dead, settlements } = record;
  let awaited = liveCountOf(record) + leased + 2 * delayed + dead.count + pagesOf(settlements);
  for (const { returnedCount, middleCount } of ready.lanes) awaited += returnedCount + middleCount;
  return awaited + ready.keys.count + ready.keys.waiting;
}

/** Counts a record that makes sense by itself. */
export function counted(
  progress: RestoreProgress,
  key: Buffer,
  { count = 1, bytes = 0, owes = 0, unreadyBytes = 0 }: Counted,
): RestoreProgress {
  const { tally } = progress;
  const before = startsSection(tally, key) ? { count: 0, bytes: 0 } : tally;
  return {
    ...progress,
    awaited: progress.awaited + owes,
    unreadyBytes: progress.unreadyBytes - unreadyBytes,
    tally: {
      lastKey: Buffer.from(key),
      count: before.count + count,
      bytes: before.bytes + bytes,
    },
  };
}

/** Whether a key comes where it may, and the section that it ends is complete. */
export function mayFollow(restore: Restore, key: Buffer): boolean {
  const { tally } = restore.progress;
  if (Buffer.compare(key, tally.lastKey) <= 0) return false;
  return !startsSection(tally, key) || isSectionComplete(restore);
}

/** Whether the section that came last holds what its topic counts. */
export function isSectionComplete({ progress, topics }: Restore): boolean {
  const { lastKey, count, bytes } = progress.tally;
  const kind = lastKey[0] ?? 0;
  if (SECTION_BYTES[kind] === undefined) return true;
  const key = lastKey.toString('latin1');
  const topic = topics.get(progress.base + readU64Text(key, 1));
  if (topic === undefined) return false;
  switch (kind) {
    case KeyKind.message:
      return count === liveCountThen(topic) && bytes === topic.bytes;
    case RowKind.fresh:
      return count === laneOf(topic, key)?.middleCount;
    case RowKind.returned:
      return count === laneOf(topic, key)?.returnedCount;
    case RowKind.delayed:
      return count === topic.delayed.count;
    case RowKind.lease:
      return count === topic.leases.promised;
    case RowKind.key:
      return isKeysComplete(topic, count, bytes);
    case RowKind.keyed:
      return count === keyOfLast(topic, key)?.count;
    case RowKind.turn:
      return count === topic.ready.record().keys.waiting;
    case RowKind.dead:
      return count === topic.dead.count && bytes === topic.dead.bytes;
    default:
      return true;
  }
}

/** Live messages that a topic has when its leases are there. */
const liveCountThen = ({ ready, delayed, leases }: Topic): number =>
  ready.count + delayed.count + leases.promised;

/** The first or last range of a priority that has this sequence: a message there is ready, without a key, of that priority. */
export function freshLaneAt({ ready }: Topic, sequence: number) {
  return ready
    .record()
    .lanes.find(({ head, tail }) => isWithin(head, sequence) || isWithin(tail, sequence));
}

const isWithin = ({ from, to }: { readonly from: number; readonly to: number }, sequence: number) =>
  from <= sequence && sequence <= to;

function laneOf({ ready }: Topic, key: string) {
  return ready.record().lanes.find(({ priority }) => priority === key.charCodeAt(9));
}

function isKeysComplete({ ready }: Topic, count: number, blocked: number): boolean {
  const { keys } = ready.record();
  return count === keys.count && blocked === keys.blockedCount;
}

/** What is known of the key of a message with a key. */
function keyOfLast({ bodies, ready }: Topic, key: string) {
  const name = bodies.find(readU64Text(key, key.length - 8))?.key;
  return name === undefined ? undefined : ready.keyRecord(name);
}
