import type { Clock, Random, Timers } from '../../src/ports.ts';
import type { SimScheduler } from '../../src/testing/sim-network.ts';

interface Due {
  readonly at: number;
  readonly callback: () => void;
  isOff: boolean;
}

/** Time that passes only when a test says so. */
export class VirtualTime implements SimScheduler, Timers, Clock {
  #now = 0;
  #due: Due[] = [];

  now(): number {
    return this.#now;
  }

  monotonicMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return Math.floor(this.#now);
  }

  after(ms: number, callback: () => void): () => void {
    const due = { at: this.#now + ms, callback, isOff: false };
    let place = this.#due.length;
    while (place > 0 && (this.#due[place - 1]?.at ?? 0) > due.at) place -= 1;
    this.#due.splice(place, 0, due);
    return () => {
      due.isOff = true;
    };
  }

  afterIo(callback: () => void): void {
    this.after(0, callback);
  }

  /** Lets `ms` pass and runs what falls due. */
  pass(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#due[0]; due !== undefined && due.at <= end; due = this.#due[0]) {
      this.#due.shift();
      this.#now = due.at;
      if (!due.isOff) due.callback();
    }
    this.#now = end;
  }
}

/** mulberry32 */
export function seededRandom(seed: number): Random {
  let state = seed;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
    },
  };
}
