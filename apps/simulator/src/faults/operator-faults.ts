import type { SimRandom } from '@rrmq/raft/testing';
import type { Family } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** An ambush that met nobody for so long is given up. */
const AMBUSH_MS = 5_000;

/** What operators do. */
export const MEMBERSHIP: Family = {
  name: 'membership',
  chance: 0.5,
  faults: [
    { name: 'join', weight: 2, inject: ({ members }, random) => members.join(random) },
    { name: 'leave', weight: 2, inject: ({ members }, random) => members.leave(random) },
    { name: 'promote', weight: 1, inject: ({ members }) => members.promote() },
    { name: 'crash-in-change', weight: 2, inject: crashInChange },
    { name: 'retire', weight: 1, inject: ({ members }) => members.retireRemoved() },
  ],
};

export const TRANSFERS: Family = {
  name: 'transfers',
  chance: 0.4,
  faults: [
    { name: 'transfer', weight: 1, inject: ({ members }, random) => members.transfer(random) },
  ],
};

/** A node, or the leader, loses power while two majorities decide together. */
function crashInChange(trouble: Trouble, random: SimRandom): void {
  const ofLeader = random.chance(0.7);
  trouble.ambush(AMBUSH_MS, (id, event) => {
    if (event.kind !== 'configuration-changed' || event.configuration.outgoing.length === 0) {
      return false;
    }
    const leader = trouble.leader?.core.id;
    trouble.crashSoon(random, ofLeader ? (leader ?? id) : id);
    return true;
  });
}
