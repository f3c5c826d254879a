import type { SimRandom } from '@rrmq/raft/testing';
import type { Family } from './fault.ts';
import type { Trouble } from './trouble.ts';

export const PROCESSES: Family = {
  name: 'processes',
  chance: 0.6,
  faults: [
    {
      name: 'crash',
      weight: 3,
      inject: (trouble, random) => trouble.down(random, trouble.anybody(random), 'crash'),
    },
    {
      name: 'kill',
      weight: 3,
      inject: (trouble, random) => trouble.down(random, trouble.anybody(random), 'kill'),
    },
    { name: 'kill-leader', weight: 3, inject: endLeader },
    // Rarer than the others: it ends what they began.
    {
      name: 'crash-all',
      weight: 1,
      inject: (trouble, random) => {
        for (const id of trouble.cluster.ids) trouble.down(random, id, 'crash');
      },
    },
  ],
};

export const PAUSES: Family = {
  name: 'pauses',
  chance: 0.5,
  faults: [
    {
      name: 'pause',
      weight: 2,
      inject: (trouble, random) => trouble.pause(random, trouble.anybody(random)),
    },
    {
      name: 'pause-leader',
      weight: 1,
      inject: (trouble, random) => {
        const id = trouble.leader?.core.id;
        if (id !== undefined) trouble.pause(random, id);
      },
    },
  ],
};

function endLeader(trouble: Trouble, random: SimRandom): void {
  const end = random.chance(0.5) ? 'kill' : 'crash';
  const id = trouble.leader?.core.id;
  if (id !== undefined) trouble.down(random, id, end);
}
