import type { Family } from './fault.ts';

/** What operators do. */
export const MEMBERSHIP: Family = {
  name: 'membership',
  chance: 0.5,
  faults: [
    { name: 'join', weight: 2, inject: ({ members }, random) => members.join(random) },
    { name: 'leave', weight: 2, inject: ({ members }, random) => members.leave(random) },
    { name: 'promote', weight: 1, inject: ({ members }) => members.promote() },
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
