import type { Timers } from '../ports.ts';

/** One coarse timer: it is left alone while it rings early enough. */
export class Alarm {
  readonly #timers: Timers;
  readonly #ring: () => void;
  #callOff: (() => void) | undefined;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(timers: Timers, ring: () => void) {
    this.#timers = timers;
    this.#ring = ring;
  }

  /** Rings within `inMs`, or a little later, once. `nowMs` is monotonic. */
  set(nowMs: number, inMs: number): void {
    // In whole ms: a timer that rings a rounding error too early would be set anew at once, again and again.
    const dueMs = nowMs + Math.max(1, Math.ceil(inMs));
    if (this.#dueMs <= dueMs) return;
    this.#callOff?.();
    this.#dueMs = dueMs;
    this.#callOff = this.#timers.after(dueMs - nowMs, () => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#callOff = undefined;
      this.#ring();
    });
  }

  /** Rings no more. */
  stop(): void {
    this.#callOff?.();
  }
}
