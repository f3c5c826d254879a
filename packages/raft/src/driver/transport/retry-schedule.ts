import type { Clock, Random } from '../../ports.ts';

/** A restarted process is back within seconds: this often we look for it, ± 25 %. */
const RETRY_MS = 100;
/** After this long without the peer we look less and less often. */
const EAGER_MS = 10_000;
const RETRY_MS_MAX = 1_000;
/** After a reset the listener may still look alive for a moment while its process dies. */
const SECOND_LOOK_MS = 20;
/** A stream that breaks earlier than this gains nothing from being reopened at once. */
const HELD_MS_MIN = 100;

/**
 * When to dial again. After a loss: at once, after 20 ms, then every 100 ms, after 10 s more and more seldom, at last
 * every second; every second, too, when the peer refuses us.
 */
export class RetrySchedule {
  readonly #clock: Clock;
  readonly #random: Random;
  #since: number;
  #openedAt: number | undefined;
  #failures = 1;
  #slowMs = RETRY_MS;
  #flaps = false;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#since = clock.monotonicMs();
  }

  /** The last open stream broke at once: reasons to dial early do not count now. */
  get flaps(): boolean {
    return this.#flaps;
  }

  opened(): void {
    this.#openedAt = this.#clock.monotonicMs();
  }

  /**
   * Call after each failed attempt and each loss of an open stream. Milliseconds until the next attempt. `refused`: the
   * peer turned us away, and will do so again until somebody changes something.
   */
  nextDelayMs(refused = false): number {
    const now = this.#clock.monotonicMs();
    if (this.#openedAt !== undefined) this.#lost(now, this.#openedAt);
    else this.#failed();
    if (refused) return this.#spread(RETRY_MS_MAX);
    if (this.#failures === 0 && !this.#flaps) return 0;
    if (this.#failures === 1 && !this.#flaps) return SECOND_LOOK_MS;
    if (now - this.#since >= EAGER_MS) this.#slowMs = Math.min(this.#slowMs * 2, RETRY_MS_MAX);
    return this.#spread(this.#slowMs);
  }

  /** ± 25 %, so that nodes do not dial in step. */
  #spread(ms: number): number {
    return ms * (0.75 + this.#random.next() / 2);
  }

  #failed(): void {
    this.#failures += 1;
    this.#flaps = false;
  }

  #lost(now: number, openedAt: number): void {
    this.#flaps = now - openedAt < HELD_MS_MIN;
    this.#openedAt = undefined;
    this.#since = now;
    this.#failures = 0;
    this.#slowMs = RETRY_MS;
  }
}
