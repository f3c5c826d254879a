import type { Clock, Timers } from '../ports.ts';

/**
 * One coarse timer: it is left alone while it goes off early enough. When it does, and later calls of `set` want it to
 * ring later, it waits for the rest.
 */
export class Alarm {
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #ring: () => void;
  #callOff: (() => void) | undefined;
  /** When the timer goes off; infinite: there is none. */
  #timerMs = Number.POSITIVE_INFINITY;
  /** When it is to ring, as the newest call of `set` says. */
  #dueMs = Number.POSITIVE_INFINITY;

  constructor({ timers, clock }: { timers: Timers; clock: Clock }, ring: () => void) {
    this.#timers = timers;
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings in `inMs`, or a little later, once, and not when an earlier call said. `nowMs` is monotonic. */
  set(nowMs: number, inMs: number): void {
    this.#dueMs = nowMs + Math.max(1, Math.ceil(inMs));
    if (this.#timerMs <= this.#dueMs) return;
    this.#callOff?.();
    this.#wait(nowMs);
  }

  #wait(nowMs: number): void {
    const timerMs = this.#dueMs;
    this.#timerMs = timerMs;
    // In whole ms: a timer that rings a rounding error too early would be set anew at once, again and again.
    this.#callOff = this.#timers.after(Math.ceil(timerMs - nowMs), () => {
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#callOff = undefined;
      // By the clock: a process that stood still hears of its timers late.
      const goneOffMs = this.#clock.monotonicMs();
      if (this.#dueMs > goneOffMs) this.#wait(goneOffMs);
      else this.#ring();
    });
  }

  /** Rings no more. */
  stop(): void {
    this.#callOff?.();
  }
}
