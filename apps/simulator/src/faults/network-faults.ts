import type { NodeId } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Family } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** Besides these moments, such a network loses, doubles and reorders a little all the time. */
export const LOSSES: Family = {
  name: 'losses',
  chance: 0.6,
  faults: [
    {
      name: 'drop',
      weight: 1,
      inject: (trouble, random) => trouble.weather(random, 'drop', random.next() * 0.4),
    },
    {
      name: 'duplicate',
      weight: 1,
      inject: (trouble, random) => trouble.weather(random, 'duplicate', random.next() * 0.4),
    },
    {
      name: 'reorder',
      weight: 1,
      inject: (trouble, random) => trouble.weather(random, 'reorder', random.next() * 0.4),
    },
  ],
};

/** Links that are slow, full or cut and opened again; nothing is lost but what was on its way. */
export const LINKS: Family = {
  name: 'links',
  chance: 0.5,
  faults: [
    { name: 'slow-node', weight: 2, inject: slowNode },
    {
      name: 'slow-network',
      weight: 1,
      inject: (trouble, random) => trouble.weather(random, 'maxMs', random.between(20, 300)),
    },
    {
      name: 'narrow-network',
      weight: 1,
      // Not so little that what piles up meanwhile keeps the links busy for long after the faults have ended.
      inject: (trouble, random) => trouble.weather(random, 'bytesPerMs', random.between(30, 300)),
    },
    { name: 'clog', weight: 2, inject: clog },
    { name: 'reset', weight: 2, inject: reset },
  ],
};

function slowNode(trouble: Trouble, random: SimRandom): void {
  const { cluster } = trouble;
  const address = cluster.addressOf(trouble.anybody(random));
  cluster.network.slow(address, random.between(5, 400));
  trouble.lastingAs(`slow ${address.ip}`, random, () => cluster.network.slow(address, 0));
}

function clog(trouble: Trouble, random: SimRandom): void {
  const { network } = trouble.cluster;
  const [from, to] = trouble.addressesOf(twoOf(trouble, random));
  const isBothWays = random.chance(0.5);
  if (from === undefined || to === undefined) return;
  network.stall(from, to);
  if (isBothWays) network.stall(to, from);
  trouble.lastingAs(`link ${from.ip} ${to.ip}`, random, () => {
    network.unstall(from, to);
    network.unstall(to, from);
  });
}

function reset(trouble: Trouble, random: SimRandom): void {
  const [one, other] = trouble.addressesOf(twoOf(trouble, random));
  if (one !== undefined && other !== undefined) trouble.cluster.network.reset(one, other);
}

/** Two different nodes, where there are two. */
function twoOf(trouble: Trouble, random: SimRandom): NodeId[] {
  const one = trouble.anybody(random);
  const others = trouble.cluster.ids.filter((id) => id !== one);
  const [first, ...rest] = others;
  return first === undefined ? [one] : [one, random.pick([first, ...rest])];
}
