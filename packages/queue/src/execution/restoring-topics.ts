import { PRIORITY_MAX } from '../commands/limits.ts';
import type { ReadyRecord } from '../state/ready.ts';
import { type TopicRecord, liveCountOf } from '../state/topic.ts';

/** A million messages a second for 35 years; sums of a few larger ones would not be exact. */
export const COUNTER_MAX = 2 ** 50;

/** Whether the counts of a topic that comes from a backup make sense together. */
export function isSound(record: TopicRecord): boolean {
  const { lastSequence, bytes, counters, ready, dead, settlements } = record;
  const { acked, published, deadLettered, redriven } = counters;
  const { discardedExpired, discardedOverflow, discardedPurged } = counters;
  const gone = acked + discardedExpired + discardedOverflow + discardedPurged + redriven;
  const all = [...Object.values(counters), lastSequence, bytes, dead.bytes, settlements];
  return (
    all.every((count) => count <= COUNTER_MAX) &&
    liveCountOf(record) + dead.count <= lastSequence &&
    published === liveCountOf(record) + dead.count + gone &&
    published <= lastSequence &&
    deadLettered >= dead.count &&
    ready.bytes <= bytes &&
    areLanesSound(ready, lastSequence)
  );
}

function areLanesSound({ lanes, turns, keys }: ReadyRecord, lastSequence: number): boolean {
  const counts = [turns, keys.lanes, keys.waiting, keys.blockedCount, keys.blockedBytes];
  return (
    counts.every((count) => count <= COUNTER_MAX) &&
    keys.blockedCount <= keys.count &&
    keys.waiting <= keys.count &&
    lanes.every(({ priority, turn, head, tail }, i) => {
      const isNext = priority <= PRIORITY_MAX && priority > (lanes[i - 1]?.priority ?? -1);
      const isInOrder = head.from <= tail.from && head.to <= tail.to;
      return isNext && turn <= turns && isInOrder && isRange(head) && tail.to <= lastSequence;
    })
  );
}

const isRange = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
  from === 0 ? to === 0 : from <= to;
