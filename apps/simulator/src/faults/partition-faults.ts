import type { NodeId } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Family } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** Who cannot hear whom: nothing gets through from the first of a pair to the second. */
type Cut = readonly [from: NodeId, to: NodeId];

export const PARTITIONS: Family = {
  name: 'partitions',
  chance: 0.6,
  faults: [
    { name: 'split', weight: 3, inject: split },
    { name: 'isolate-leader', weight: 1, inject: isolateLeader },
    { name: 'one-way', weight: 3, inject: oneWay },
    { name: 'bridge', weight: 2, inject: bridge },
    { name: 'chain', weight: 2, inject: chain },
    { name: 'pairs', weight: 2, inject: pairs },
    { name: 'heal', weight: 2, inject: ({ cluster }) => cluster.network.heal() },
  ],
};

function split(trouble: Trouble, random: SimRandom): void {
  const here = shuffled(trouble, random);
  const there = here.splice(random.between(0, here.length));
  cut(trouble, random, apart(here, there));
}

function isolateLeader(trouble: Trouble, random: SimRandom): void {
  const id = trouble.leader?.core.id;
  if (id === undefined) return;
  const others = trouble.cluster.ids.filter((other) => other !== id);
  cut(trouble, random, apart([id], others));
}

function oneWay(trouble: Trouble, random: SimRandom): void {
  const [from, ...others] = shuffled(trouble, random);
  // One link, or everything that the node says, or everything that it should hear.
  const some = random.chance(0.5) ? others.slice(0, 1) : others;
  const deaf = random.chance(0.5);
  if (from === undefined) return;
  cut(
    trouble,
    random,
    some.map((to) => (deaf ? [to, from] : [from, to])),
  );
}

/** Two halves that hear one node in common. */
function bridge(trouble: Trouble, random: SimRandom): void {
  const [, ...here] = shuffled(trouble, random);
  const there = here.splice(Math.ceil(here.length / 2));
  cut(trouble, random, apart(here, there));
}

/** Each node hears only the ones before and after it. */
function chain(trouble: Trouble, random: SimRandom): void {
  const ids = shuffled(trouble, random);
  cut(
    trouble,
    random,
    ids.flatMap((from, place) =>
      ids.filter((_, other) => Math.abs(other - place) > 1).map((to): Cut => [from, to]),
    ),
  );
}

/** Some pairs cannot reach each other, in either direction. */
function pairs(trouble: Trouble, random: SimRandom): void {
  const ids = shuffled(trouble, random);
  cut(
    trouble,
    random,
    ids.flatMap((one, place) =>
      ids
        .slice(place + 1)
        .filter(() => random.chance(0.3))
        .flatMap((other) => apart([one], [other])),
    ),
  );
}

/** Cuts end one by one as others overlap them: what is mended earlier is let through again. */
function cut(trouble: Trouble, random: SimRandom, cuts: readonly Cut[]): void {
  const { cluster } = trouble;
  const links = cuts.map(([from, to]) => [cluster.addressOf(from), cluster.addressOf(to)] as const);
  for (const [from, to] of links) cluster.network.block(from, to);
  trouble.lasting(random, () => {
    for (const [from, to] of links) cluster.network.unblock(from, to);
  });
}

function apart(here: readonly NodeId[], there: readonly NodeId[]): Cut[] {
  return here.flatMap((one) =>
    there.flatMap((other): Cut[] => [
      [one, other],
      [other, one],
    ]),
  );
}

function shuffled({ cluster }: Trouble, random: SimRandom): NodeId[] {
  return cluster.ids
    .map((id) => ({ id, place: random.next() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ id }) => id);
}
