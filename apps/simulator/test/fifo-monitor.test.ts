import { describe, expect, it } from '@jest/globals';
import { SimRandom } from '@rrmq/raft/testing';
import {
  EMPTY,
  type FifoHistory,
  type Pop,
  type Publish,
} from '../src/linearizability/fifo-history.ts';
import { findViolation } from '../src/linearizability/fifo-monitor.ts';
import { isExplained } from './fifo-search.ts';

/** What one operation was, before it has a place in time. `at` is filled with two numbers of an order of all ends. */
type Kind =
  { readonly publish: readonly string[]; readonly known: boolean } | { readonly pop: Pop['got'] };

const isUnknown = (kind: Kind): boolean =>
  'publish' in kind ? !kind.known : kind.pop === undefined;

/** All orders of the beginnings and ends of so many operations, as [beganAt, endedAt] of each. */
function* intervals(kinds: readonly Kind[]): Generator<[number, number][]> {
  const places = kinds.map((): [number, number] => [-1, -1]);
  const ends = kinds.reduce((sum, kind) => sum + (isUnknown(kind) ? 1 : 2), 0);
  function* place(at: number): Generator<[number, number][]> {
    if (at === ends) {
      yield places.map(([began, ended]) => [began, ended === -1 ? Infinity : ended]);
      return;
    }
    for (const [index, kind] of kinds.entries()) {
      const own = places[index];
      if (own === undefined) continue;
      const side = own[0] === -1 ? 0 : 1;
      if (own[side] !== -1 || (side === 1 && isUnknown(kind))) continue;
      own[side] = at;
      yield* place(at + 1);
      own[side] = -1;
    }
  }
  yield* place(0);
}

function historyOf(kinds: readonly Kind[], places: readonly [number, number][]): FifoHistory {
  const publishes: Publish[] = [];
  const pops: Pop[] = [];
  for (const [index, kind] of kinds.entries()) {
    const [beganAt, endedAt] = places[index] ?? [0, 0];
    if ('publish' in kind) publishes.push({ values: kind.publish, beganAt, endedAt });
    else pops.push({ got: kind.pop, beganAt, endedAt });
  }
  return { publishes, pops };
}

const textOf = ({ publishes, pops }: FifoHistory): string =>
  [
    ...publishes.map(
      ({ values, beganAt, endedAt }) => `${values.join('+')} in ${beganAt}…${endedAt}`,
    ),
    ...pops.map(({ got, beganAt, endedAt }) => `${String(got)} out ${beganAt}…${endedAt}`),
  ].join(', ');

const hasUnknownPop = ({ pops }: FifoHistory): boolean => pops.some(({ got }) => got === undefined);
const hasBatch = ({ publishes }: FifoHistory): boolean =>
  publishes.some(({ values }) => values.length > 1);

/** What the monitor said of many histories, compared with the search. */
class Comparison {
  histories = 0;
  explained = 0;
  /** Not explained, and not found: only where the monitor says that it may happen. */
  missed = 0;

  add(history: FifoHistory): void {
    this.histories += 1;
    const violation = findViolation(history);
    const explained = isExplained(history);
    if (explained) this.explained += 1;
    if (explained === (violation === undefined)) return;
    if (!explained && (hasUnknownPop(history) || hasBatch(history))) this.missed += 1;
    else throw new Error(`${violation?.kind ?? 'nothing'} was found in ${textOf(history)}`);
  }

  /** All histories of these operations. */
  addAll(kinds: readonly Kind[]): void {
    for (const places of intervals(kinds)) this.add(historyOf(kinds, places));
  }
}

const published = (value: string, known = true): Kind => ({ publish: [value], known });
const popped = (got: Pop['got']): Kind => ({ pop: got });

/** All choices of one of each list. */
function* choices<T>([first, ...others]: readonly (readonly T[])[]): Generator<T[]> {
  if (first === undefined) {
    yield [];
    return;
  }
  for (const one of first) for (const rest of choices(others)) yield [one, ...rest];
}

const aPublish = (value: string): readonly Kind[] => [published(value), published(value, false)];
const aPop = (...values: readonly string[]): readonly Kind[] => [
  ...values.map((value) => popped(value)),
  popped(EMPTY),
  popped(undefined),
];

describe('the monitor of FIFO histories and a search of all orders agree', () => {
  it.each([
    ['one publish and three pops', [aPublish('a'), aPop('a'), aPop('a'), aPop('a')]],
    ['two publishes and two pops', [aPublish('a'), aPublish('b'), aPop('a', 'b'), aPop('a', 'b')]],
    ['three publishes and a pop', [aPublish('a'), aPublish('b'), aPublish('c'), aPop('a', 'b')]],
  ])('on all histories of %s', (_, lists) => {
    const comparison = new Comparison();
    for (const kinds of choices(lists)) comparison.addAll(kinds);
    expect(comparison.histories).toBeGreaterThan(15_000);
    expect(comparison.explained).toBeGreaterThan(comparison.histories / 100);
    expect(comparison.missed).toBeLessThan(comparison.histories / 100);
  });

  it('on all histories of two publishes, two pops of them and a pop that found nothing', () => {
    const comparison = new Comparison();
    comparison.addAll([published('a'), published('b'), popped('a'), popped('b'), popped(EMPTY)]);
    expect(comparison).toMatchObject({ histories: 113_400, missed: 0 });
  });

  it('on random histories of up to nine operations', () => {
    const comparison = new Comparison();
    const random = new SimRandom(1);
    for (let round = 0; round < 30_000; round += 1) comparison.add(randomHistory(random));
    const wrong = comparison.histories - comparison.explained;
    expect(comparison.explained).toBeGreaterThan(3_000);
    expect(wrong).toBeGreaterThan(2_000);
    expect(comparison.missed).toBeLessThan(wrong / 10);
  });
});

/** Begins as a run of a queue, with answers lost, batches and intervals that grow; sometimes an answer is changed. */
function randomHistory(random: SimRandom): FifoHistory {
  const queue: string[] = [];
  const publishes: Publish[] = [];
  const pops: Pop[] = [];
  const count = random.between(4, 9);
  for (let at = 0; at < count; at += 1) {
    const isKnown = random.chance(0.8);
    const happened = isKnown || random.chance(0.5);
    const beganAt = at - random.next() * 1.5;
    const endedAt = isKnown ? at + random.next() * 1.5 : Infinity;
    if (random.chance(0.5)) {
      const values = random.chance(0.2) ? [`${at}`, `${at}+`] : [`${at}`];
      if (happened) queue.push(...values);
      publishes.push({ values, beganAt, endedAt });
    } else {
      const got = happened ? (queue.shift() ?? EMPTY) : undefined;
      pops.push({ got: isKnown ? got : undefined, beganAt, endedAt });
    }
  }
  return random.chance(0.5) ? { publishes, pops } : { publishes, pops: shuffled(pops, random) };
}

/** Two pops answer what the other one got. */
function shuffled(pops: readonly Pop[], random: SimRandom): Pop[] {
  const known = pops.filter(({ got }) => got !== undefined);
  const one = known[random.between(0, known.length - 1)];
  const other = known[random.between(0, known.length - 1)];
  if (one === undefined || other === undefined) return [...pops];
  return pops.map((pop) => {
    if (pop === one) return { ...pop, got: other.got };
    return pop === other ? { ...pop, got: one.got } : pop;
  });
}

const put = (value: string, beganAt: number, endedAt: number): Publish => ({
  values: [value],
  beganAt,
  endedAt,
});
const take = (got: Pop['got'], beganAt: number, endedAt: number): Pop => ({
  got,
  beganAt,
  endedAt,
});

describe('a history that was broken by hand is found out', () => {
  it.each<[string, FifoHistory, string, readonly string[]]>([
    ['a message of nobody', { publishes: [], pops: [take('x', 0, 1)] }, 'invented', ['x']],
    [
      'one message for two',
      { publishes: [put('a', 0, 1)], pops: [take('a', 2, 3), take('a', 2, 4)] },
      'popped twice',
      ['a'],
    ],
    [
      'a message before its time',
      { publishes: [put('a', 2, 3)], pops: [take('a', 0, 1)] },
      'popped before it was published',
      ['a'],
    ],
    [
      'two messages in the other order',
      {
        publishes: [put('a', 0, 1), put('b', 2, 3)],
        pops: [take('b', 4, 5), take('a', 6, 7)],
      },
      'overtaken',
      ['a', 'b'],
    ],
    [
      'two messages of a batch in the other order',
      {
        publishes: [{ values: ['a', 'b'], beganAt: 0, endedAt: 9 }],
        pops: [take('b', 1, 2), take('a', 3, 4)],
      },
      'overtaken',
      ['a', 'b'],
    ],
    [
      'an acked message that the next one overtook for good',
      { publishes: [put('a', 0, 1), put('b', 2, 3)], pops: [take('b', 4, 5)] },
      'lost',
      ['a'],
    ],
    [
      'two lost messages and one pop without an answer',
      {
        publishes: [put('a', 0, 1), put('b', 0, 1)],
        pops: [take(undefined, 2, Infinity), take(EMPTY, 4, 5)],
      },
      'lost',
      ['b'],
    ],
    [
      'a lost message, and a pop without an answer that came too late to take it',
      {
        publishes: [put('a', 0, 1), put('b', 2, 3)],
        pops: [take('b', 4, 5), take(undefined, 6, Infinity)],
      },
      'lost',
      ['a'],
    ],
    [
      'an empty answer from an old state',
      { publishes: [put('a', 0, 1)], pops: [take(EMPTY, 2, 3), take('a', 4, 5)] },
      'empty though something was inside',
      ['a'],
    ],
    [
      'an empty answer while one message came before another left',
      {
        publishes: [put('a', 0, 1), put('b', 3, 4)],
        pops: [take(EMPTY, 2, 8), take('a', 6, 7), take('b', 9, 10)],
      },
      'empty though something was inside',
      ['a'],
    ],
  ])('%s', (_, history, kind, values) => {
    expect(findViolation(history)).toEqual({ kind, values });
    expect(isExplained(history)).toBe(false);
  });

  it('also in a hundred thousand operations, which would be too many for anything but n log n', () => {
    const publishes: Publish[] = [];
    const pops: Pop[] = [];
    for (let at = 0; at < 50_000; at += 1) {
      publishes.push(put(`${at}`, at, at + 3));
      pops.push(take(`${at}`, at + 2, at + 5));
    }
    expect(findViolation({ publishes, pops })).toBeUndefined();
    pops[49_000] = take(EMPTY, 49_000, 49_001);
    expect(findViolation({ publishes, pops })).toMatchObject({ kind: 'lost' });
  });

  it('each of them is fine where the operations overlap', () => {
    const publishes = [put('a', 0, 9), put('b', 0, 9)];
    const pops = [take('b', 0, 9), take('a', 0, 9), take(EMPTY, 0, 9)];
    expect(findViolation({ publishes, pops })).toBeUndefined();
  });
});
