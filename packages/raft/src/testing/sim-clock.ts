import type { Clock } from '../ports.ts';
import type { SimWorld } from './sim-world.ts';

/** How a node's clocks differ from virtual time. */
export interface ClockFault {
  /** Wall clock minus true time, in ms. */
  readonly skewMs: number;
  /** Rate of the monotonic clock; 1 is right. */
  readonly rate: number;
}

/** Where virtual time begins: some day in Unix time. */
const EPOCH_MS = 1_700_000_000_000;

/** The clocks of one machine, which go on while processes come and go. */
export class SimClock implements Clock {
  readonly #world: SimWorld;
  #skewMs: number;
  #rate: number;
  /** When the rate changed last, and what the monotonic clock showed then. */
  #since = 0;
  #shown = 0;

  constructor(world: SimWorld, { skewMs, rate }: ClockFault) {
    this.#world = world;
    this.#skewMs = skewMs;
    this.#rate = rate;
  }

  get rate(): number {
    return this.#rate;
  }

  monotonicMs(): number {
    return this.#shown + (this.#world.now() - this.#since) * this.#rate;
  }

  wallMs(): number {
    return Math.floor(EPOCH_MS + this.#world.now() + this.#skewMs);
  }

  /** Somebody sets the wall clock, forwards or backwards. */
  jump(ms: number): void {
    this.#skewMs += ms;
  }

  /** The monotonic clock goes at another rate from now on. Timers that run ring as they would have. */
  drift(rate: number): void {
    this.#shown = this.monotonicMs();
    this.#since = this.#world.now();
    this.#rate = rate;
  }
}
