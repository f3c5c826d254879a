import type { Family } from './fault.ts';
import { MOMENT_MS } from './trouble.ts';

/** An ambush that met nobody for so long is given up. */
const AMBUSH_MS = 5_000;

/** How long one fault makes leaders rare; as often another one follows. */
const USURPED_MS = 1_000;
const USURP = 0.8;

/** Part of those cut off write slowly, in ms: what they write is replaced by others while it is on its way (R10). */
const WRITES_SLOWLY = 0.3;
const SLOW_MS = [200, 2_000] as const;

/** Elections are where Raft is delicate: a node whose role changes crashes a moment later. */
export const ELECTIONS: Family = {
  name: 'elections',
  chance: 0.5,
  faults: [
    {
      name: 'crash-in-election',
      weight: 1,
      inject: (trouble, random) => {
        trouble.ambush(AMBUSH_MS, (id, { kind }) => {
          if (kind !== 'role-changed') return false;
          trouble.crashSoon(random, id);
          return true;
        });
      },
    },
  ],
};

/**
 * Leaders rarely last: most of them are cut off a moment after their election, and those before them are let in again.
 * That is how the logs of figure 8 come about, where an entry of an old term is on a majority.
 */
export const USURPATION: Family = {
  name: 'usurpation',
  chance: 0.2,
  everyMs: USURPED_MS,
  faults: [
    {
      name: 'cut-off-leaders',
      weight: 1,
      inject: (trouble, random) => {
        trouble.ambush(USURPED_MS, (id, event) => {
          const isElected = event.kind === 'role-changed' && event.role === 'leader';
          if (!isElected || !random.chance(USURP)) return false;
          if (random.chance(WRITES_SLOWLY)) trouble.slowDisk(random, id, SLOW_MS);
          trouble.later(random.next() * MOMENT_MS, () => {
            const { ids, network } = trouble.cluster;
            const others = ids.filter((other) => other !== id);
            network.heal();
            network.partition(
              trouble.addressesOf(ids.filter((own) => own === id)),
              trouble.addressesOf(others),
            );
          });
          return false;
        });
      },
    },
  ],
};
