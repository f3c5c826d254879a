import type { Family } from './fault.ts';

/** Somebody sets a wall clock wrong by up to so much, or right again. */
const JUMP_MS = 180_000;

/** Clocks of real machines are wrong by less than a hundredth of this; nothing may depend on it. */
const DRIFT = 0.05;

/** In such a cluster clocks differ from the start on, too. */
export const CLOCKS: Family = {
  name: 'clocks',
  chance: 0.5,
  faults: [
    {
      name: 'clock-jump',
      weight: 2,
      inject: (trouble, random) => {
        const id = trouble.anybody(random);
        trouble.cluster.clockOf(id).jump(random.between(-JUMP_MS, JUMP_MS));
      },
    },
    {
      name: 'clock-drift',
      weight: 1,
      inject: (trouble, random) => {
        const id = trouble.anybody(random);
        trouble.cluster.clockOf(id).drift(1 + (random.next() * 2 - 1) * DRIFT);
      },
    },
  ],
};
