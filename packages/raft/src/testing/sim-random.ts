import type { Random } from '../ports.ts';

/** A small seeded generator (mulberry32): the same seed gives the same numbers on every machine. */
export class SimRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** Uniform whole number in `from … through`. */
  between(from: number, through: number): number {
    return from + Math.floor(this.next() * (through - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.between(0, items.length - 1)] ?? items[0];
  }

  /** An independent generator, so that one part's use of chance does not change another's. */
  fork(): SimRandom {
    return new SimRandom(Math.floor(this.next() * 0x1_0000_0000));
  }
}
