import type { NodeEvent } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Family, Fault } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** An ambush that met nobody for so long is given up. */
const AMBUSH_MS = 5_000;

/** So long a follower is away that the log goes on without it, in ms. */
const AWAY_MS = [2_000, 6_000] as const;

/** What happens while states are on their way to a disk or to another node. */
export const SNAPSHOTS: Family = {
  name: 'snapshots',
  chance: 0.4,
  faults: [
    { name: 'away', weight: 3, inject: keepAway },
    crashAt('snapshot-sending', 2),
    crashAt('snapshot-receiving', 3),
    crashAt('snapshot-installed', 2),
    crashAt('flushed', 1),
    crashAt('compacted', 2),
    { name: 'cut-off-snapshot', weight: 2, inject: cutOff },
  ],
};

/** Nothing gets through to a follower until it lacks what the log no longer holds. */
function keepAway(trouble: Trouble, random: SimRandom): void {
  const { network, ids } = trouble.cluster;
  const leader = trouble.leader?.core.id;
  const away = ids.filter((id) => id !== leader);
  const [first, ...others] = away;
  if (first === undefined) return;
  const id = random.pick([first, ...others]);
  const here = trouble.addressesOf([id]);
  const there = trouble.addressesOf(ids.filter((other) => other !== id));
  network.partition(here, there);
  trouble.lasting(
    random,
    () => {
      for (const one of here) {
        for (const other of there) {
          network.unblock(one, other);
          network.unblock(other, one);
        }
      }
    },
    AWAY_MS,
  );
}

/** The node to which it happens loses power a moment later. */
function crashAt(kind: NodeEvent['kind'], weight: number): Fault {
  return {
    name: `crash-at-${kind}`,
    weight,
    inject: (trouble, random) => {
      trouble.ambush(AMBUSH_MS, (id, event) => {
        if (event.kind !== kind) return false;
        trouble.crashSoon(random, id);
        return true;
      });
    },
  };
}

/** The link breaks, or is cut, between who sends a snapshot and who gets it. */
function cutOff(trouble: Trouble, random: SimRandom): void {
  const isReset = random.chance(0.5);
  trouble.ambush(AMBUSH_MS, (id, event) => {
    if (event.kind !== 'snapshot-receiving') return false;
    const [here, there] = trouble.addressesOf([id, event.peer].filter((one) => trouble.has(one)));
    const { network } = trouble.cluster;
    if (here === undefined || there === undefined) return false;
    trouble.later(random.next() * 5, () => {
      if (isReset) return network.reset(here, there);
      network.partition([here], [there]);
      return trouble.lasting(random, () => {
        network.unblock(here, there);
        network.unblock(there, here);
      });
    });
    return true;
  });
}
