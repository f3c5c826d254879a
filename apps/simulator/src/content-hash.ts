import type { QueueMachine } from '@rrmq/queue';

/**
 * Of what a state hash tells of a history, and of what can be counted of the content: a node that went on from a store
 * which lacks something has the right history and the wrong content. A whole number below 2^32.
 */
export function contentHash(machine: QueueMachine): number {
  let hash = machine.stateHash >>> 0;
  for (const topic of machine.topics()) {
    const stats = machine.stats(topic);
    if (stats === undefined) continue;
    for (const count of [stats.published, stats.popped, stats.bytes]) {
      hash = Math.imul(hash ^ count, 0x9e37_79b1);
      hash = (hash ^ (hash >>> 15)) >>> 0;
    }
  }
  return hash;
}
