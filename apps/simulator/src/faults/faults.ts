import type { SimRandom } from '@rrmq/raft/testing';
import type { Log } from '../timeline/moment.ts';
import type { Family, Fault } from './fault.ts';
import type { Trouble } from './trouble.ts';

/** Between two faults, in ms. */
const GAP_MS = [50, 1200] as const;

/** How much more often one family's faults come than another's, at most. */
const WEIGHT_MAX = 4;

export interface FaultsOptions {
  readonly families: readonly Family[];
  readonly random: SimRandom;
  /** Numbers of faults that are left out. */
  readonly without: ReadonlySet<number>;
  readonly log: Log | undefined;
}

/**
 * Breaks things at random until it is told to stop. Faults are numbered as they are drawn. When and what is drawn depends
 * on the seed alone and on nothing that happened before: leaving one out changes neither number nor time of the others,
 * nor the chance that they draw from.
 */
export class Faults {
  readonly counts = new Map<string, number>();
  /** Names of those drawn so far, left out or not, by number. */
  readonly drawn: string[] = [];
  readonly #trouble: Trouble;
  readonly #options: FaultsOptions;

  constructor(trouble: Trouble, options: FaultsOptions) {
    this.#trouble = trouble;
    this.#options = options;
  }

  /** Some of them may destroy what a node's disk holds. */
  get areDestructive(): boolean {
    return this.#options.families.some(({ isDestructive = false }) => isDestructive);
  }

  start(): void {
    const { families, random } = this.#options;
    const mixed = families
      .filter(({ everyMs }) => everyMs === undefined)
      .map((family) => ({ family, weight: random.between(1, WEIGHT_MAX) }));
    if (mixed.length > 0) {
      this.#schedule(random.fork(), (own) => {
        const { family } = pickWeighted(own, mixed);
        return { family, gapMs: own.between(...GAP_MS) };
      });
    }
    for (const family of families) {
      const { everyMs } = family;
      if (everyMs !== undefined) this.#schedule(random.fork(), () => ({ family, gapMs: everyMs }));
    }
  }

  #schedule(
    random: SimRandom,
    draw: (random: SimRandom) => { readonly family: Family; readonly gapMs: number },
  ): void {
    const { family, gapMs } = draw(random);
    const fault = pickWeighted(random, family.faults);
    const own = random.fork();
    this.#trouble.later(gapMs, () => {
      this.#inject(fault, own);
      this.#schedule(random, draw);
    });
  }

  #inject(fault: Fault, random: SimRandom): void {
    const number = this.drawn.length;
    this.drawn.push(fault.name);
    const { without, log } = this.#options;
    const isLeftOut = without.has(number);
    log?.({
      atMs: this.#trouble.cluster.world.now(),
      who: `fault ${number}`,
      what: isLeftOut ? `${fault.name} (left out)` : fault.name,
    });
    if (isLeftOut) return;
    this.counts.set(fault.name, (this.counts.get(fault.name) ?? 0) + 1);
    fault.inject(this.#trouble, random);
  }
}

function pickWeighted<T extends { readonly weight: number }>(
  random: SimRandom,
  items: readonly T[],
): T {
  let left = random.next() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  const last = items.at(-1);
  if (last === undefined) throw new RangeError('there is something to pick from');
  return last;
}
