import { EMPTY, type FifoHistory, type Interval, type Pop } from './fifo-history.ts';

/** Why a history is not one of a FIFO queue; `values` take part in it. */
export interface Violation {
  readonly kind: ViolationKind;
  readonly values: readonly string[];
}

type ViolationKind =
  | 'invented'
  | 'popped twice'
  | 'published twice'
  | 'popped before it was published'
  | 'overtaken'
  | 'lost'
  | 'empty though something was inside';

/** One value's time in the queue, as far as the clients saw it. */
interface Life {
  readonly value: string;
  readonly publish: Interval;
  /** `undefined`: no pop that was answered got it. */
  readonly pop: Interval | undefined;
}

/** Entered by `from` at the latest and left at `to` at the earliest: it was inside in between, whatever the order. */
interface Stay {
  readonly from: number;
  readonly to: number;
  readonly value: string;
}

/**
 * Whether a history of a FIFO queue is linearizable, in O(n log n). It looks for the bad patterns to which a violation
 * with unique values can always be reduced (Henzinger, Sezgin, Vafeiadis, "Aspect-Oriented Linearizability Proofs",
 * CONCUR 2013; Bouajjani, Emmi, Enea, Hamza, "On Reducing Linearizability to State Reachability", ICALP 2015):
 *
 * - a value is popped that nobody published, or twice, or before its publish began;
 * - a was published before b, and b was popped before a, or a never was;
 * - a pop found nothing though at each instant of it some value was certainly inside.
 *
 * Operations without an answer:
 * - A publish whose value was popped happened; it has no end, so nothing is certainly after it. One whose value nobody
 *   got is left out: that it happened would only forbid more.
 * - A pop may have taken any one value that no answered pop got – an orphan – from its beginning on. By when an orphan
 *   must have left is known: before a later value's pop ended, before an empty answer to a pop that began after it was
 *   inside. So the orphans in the order of these deadlines need pops that began in time, one each. This is necessary,
 *   hence no false alarm, and not sufficient: which orphan went to which pop is not searched for, and each is allowed
 *   the earliest pop of all when emptiness is judged. Without pops of unknown outcome the answer is exact, but for
 *   batches, of which the order inside is checked, and not that nothing came between.
 */
export function findViolation(history: FifoHistory): Violation | undefined {
  const matched = matchValues(history);
  if (!Array.isArray(matched)) return matched;
  const unknownPops = history.pops
    .filter(({ got }) => got === undefined)
    .map(({ beganAt }) => beganAt)
    .toSorted((a, b) => a - b);
  const empties = history.pops.filter(({ got }) => got === EMPTY);
  return (
    findOvertaken(matched) ??
    findOvertakenInBatch(history, matched) ??
    findLost(matched, empties, unknownPops) ??
    findFalseEmpty(matched, empties, unknownPops[0] ?? Infinity)
  );
}

/** The lives of all values that were certainly published. */
function matchValues({ publishes, pops }: FifoHistory): Life[] | Violation {
  const popOf = new Map<string, Pop>();
  for (const pop of pops) {
    if (typeof pop.got !== 'string') continue;
    if (popOf.has(pop.got)) return { kind: 'popped twice', values: [pop.got] };
    popOf.set(pop.got, pop);
  }
  const lives = new Map<string, Life>();
  for (const publish of publishes) {
    for (const value of publish.values) {
      const pop = popOf.get(value);
      if (lives.has(value)) return { kind: 'published twice', values: [value] };
      // Atomic: one value of a batch that was seen tells of the others.
      const happened = publish.endedAt < Infinity || publish.values.some((each) => popOf.has(each));
      if (!happened) continue;
      if (pop !== undefined && pop.endedAt < publish.beganAt) {
        return { kind: 'popped before it was published', values: [value] };
      }
      lives.set(value, { value, publish, pop });
    }
  }
  for (const value of popOf.keys()) {
    if (!lives.has(value)) return { kind: 'invented', values: [value] };
  }
  return [...lives.values()];
}

const leftAtOnce = ({ pop }: Life): number => pop?.endedAt ?? Infinity;

/** a was published before b, and b was popped before a: both by pops that were answered. */
function findOvertaken(lives: readonly Life[]): Violation | undefined {
  const popped = lives.filter(({ pop }) => pop !== undefined);
  const byEnd = popped.toSorted((a, b) => a.publish.endedAt - b.publish.endedAt);
  const byBegin = popped.toSorted((a, b) => a.publish.beganAt - b.publish.beganAt);
  let before = 0;
  /** Of those that were published before: the one whose pop began last. */
  let latest: Life | undefined;
  for (const life of byBegin) {
    for (; before < byEnd.length; before += 1) {
      const earlier = byEnd[before];
      if (earlier === undefined || earlier.publish.endedAt >= life.publish.beganAt) break;
      if (popBegan(earlier) > popBegan(latest)) latest = earlier;
    }
    if (latest !== undefined && popBegan(latest) > leftAtOnce(life)) {
      return { kind: 'overtaken', values: [latest.value, life.value] };
    }
  }
  return undefined;
}

const popBegan = (life: Life | undefined): number => life?.pop?.beganAt ?? -Infinity;

/** The same of two values of one batch, which has an order though it happens at once. */
function findOvertakenInBatch(
  { publishes }: FifoHistory,
  lives: readonly Life[],
): Violation | undefined {
  const byValue = new Map(lives.map((life) => [life.value, life]));
  for (const { values } of publishes) {
    let latest: Life | undefined;
    for (const value of values) {
      const life = byValue.get(value);
      if (life === undefined) break;
      if (latest !== undefined && popBegan(latest) > leftAtOnce(life)) {
        return { kind: 'overtaken', values: [latest.value, value] };
      }
      if (popBegan(life) > popBegan(latest)) latest = life;
    }
  }
  return undefined;
}

/** More orphans had to leave by some time than pops without an answer had begun by then. */
function findLost(
  lives: readonly Life[],
  empties: readonly Pop[],
  unknownPops: readonly number[],
): Violation | undefined {
  const deadlines = deadlinesOf(lives, empties);
  const due = [...deadlines].toSorted(([, a], [, b]) => a - b);
  for (const [place, [value, deadline]] of due.entries()) {
    if (deadline === Infinity) return undefined;
    if ((unknownPops[place] ?? Infinity) > deadline) return { kind: 'lost', values: [value] };
  }
  return undefined;
}

/** By when each orphan must have left: the first end of a pop that proves it. */
function deadlinesOf(lives: readonly Life[], empties: readonly Pop[]): Map<string, number> {
  /** What proves that all that was published before `at` had left by `by`. */
  const proofs = [
    ...lives.map((life) => ({ at: life.publish.beganAt, by: leftAtOnce(life) })),
    ...empties.map(({ beganAt, endedAt }) => ({ at: beganAt, by: endedAt })),
  ].toSorted((a, b) => b.at - a.at);
  const deadlines = new Map<string, number>();
  const orphans = lives
    .filter(({ pop }) => pop === undefined)
    .toSorted((a, b) => b.publish.endedAt - a.publish.endedAt);
  let taken = 0;
  let earliest = Infinity;
  for (const { value, publish } of orphans) {
    for (; taken < proofs.length; taken += 1) {
      const proof = proofs[taken];
      if (proof === undefined || proof.at <= publish.endedAt) break;
      earliest = Math.min(earliest, proof.by);
    }
    deadlines.set(value, earliest);
  }
  dueInBatches(lives, deadlines);
  return deadlines;
}

/** An orphan leaves before what follows it in its batch. */
function dueInBatches(lives: readonly Life[], deadlines: Map<string, number>): void {
  const batches = new Map<Interval, Life[]>();
  for (const life of lives) {
    const batch = batches.get(life.publish);
    if (batch === undefined) batches.set(life.publish, [life]);
    else batch.push(life);
  }
  for (const batch of batches.values()) {
    let earliest = Infinity;
    for (const life of batch.toReversed()) {
      const deadline = deadlines.get(life.value);
      if (deadline === undefined) earliest = Math.min(earliest, leftAtOnce(life));
      else deadlines.set(life.value, Math.min(deadline, earliest));
    }
  }
}

/** `orphansLeave`: when the first pop that may have taken an orphan began. */
function findFalseEmpty(
  lives: readonly Life[],
  empties: readonly Pop[],
  orphansLeave: number,
): Violation | undefined {
  const stays = lives
    .map(({ value, publish, pop }) => ({
      from: publish.endedAt,
      to: pop?.beganAt ?? orphansLeave,
      value,
    }))
    .filter(({ from, to }) => from < to);
  const merged = merge(stays);
  let place = 0;
  for (const { beganAt, endedAt } of empties.toSorted((a, b) => a.beganAt - b.beganAt)) {
    while (place < merged.length && (merged[place]?.to ?? Infinity) <= beganAt) place += 1;
    const stay = merged[place];
    if (stay !== undefined && stay.from < beganAt && stay.to > endedAt) {
      return { kind: 'empty though something was inside', values: [stay.value] };
    }
  }
  return undefined;
}

/** Stays that overlap become one: something is inside throughout. Those that only touch leave an instant for a pop. */
function merge(stays: readonly Stay[]): Stay[] {
  const merged: Stay[] = [];
  for (const stay of stays.toSorted((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last === undefined || stay.from >= last.to) merged.push(stay);
    else if (stay.to > last.to) merged[merged.length - 1] = { ...last, to: stay.to };
  }
  return merged;
}
