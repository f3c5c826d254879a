import type { Clock } from '../../ports.ts';
import type { TransportEvent } from './transport-events.ts';

/** Enough to see what is going on. */
const EVENTS_MAX = 20;
const WINDOW_MS = 10_000;

/** Tells what those do who have proven nothing: anyone can make it happen any number of times, and logs are on a disk. */
export class StrangerEvents {
  readonly #clock: Clock;
  readonly #tell: (event: TransportEvent) => void;
  #windowSinceMs: number;
  #told = 0;

  constructor(clock: Clock, tell: (event: TransportEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
    this.#windowSinceMs = clock.monotonicMs();
  }

  /** Drops the event when too many were told lately. */
  tell(event: TransportEvent): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowSinceMs >= WINDOW_MS) {
      this.#windowSinceMs = nowMs;
      this.#told = 0;
    }
    if (this.#told >= EVENTS_MAX) return;
    this.#told += 1;
    this.#tell(event);
  }
}
