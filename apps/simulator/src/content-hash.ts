import type { QueueMachine, TopicStats } from '@rrmq/queue';

/**
 * Of what a state hash tells of a history, and of what can be counted of the content: a node that went on from a store
 * which lacks something has the right history and the wrong content. A whole number below 2^32.
 */
export function contentHash(machine: QueueMachine): number {
  let hash = machine.stateHash >>> 0;
  const mix = (count: number): void => {
    hash = Math.imul(hash ^ count, 0x9e37_79b1);
    hash = (hash ^ (hash >>> 15)) >>> 0;
  };
  mix(machine.nextDue() ?? 0);
  for (const topic of machine.topics()) {
    mix(machine.available(topic));
    for (const count of countsOf(machine.stats(topic))) mix(count);
  }
  return hash;
}

function countsOf(stats: TopicStats | undefined): readonly number[] {
  if (stats === undefined) return [];
  const { discarded, ...counts } = stats;
  return [...Object.values(counts), ...Object.values(discarded)];
}
