/** Rounds whose sending time is remembered; older ones count as never answered. 1,024 rounds are 50 s of heartbeats. */
const REMEMBERED = 1024;

/**
 * The heartbeat rounds of one leader's term, numbered from 1, and when each was sent (ms on the full monotonic clock).
 * A round that a quorum answered proves that no other node led a later term when it was sent.
 */
export class HeartbeatRounds {
  readonly #sentAtMs = new Float64Array(REMEMBERED);
  #newest = 0;
  #confirmed = 0;
  #confirmedSentAtMs: number;
  /** Nothing is confirmed before this round is: set when the process stood still. */
  #required = 0;
  #distrustedSinceMs = 0;

  /** The votes that elected the leader count as answers to a round sent at `electedAtMs`. */
  constructor(electedAtMs: number) {
    this.#confirmedSentAtMs = electedAtMs;
  }

  get newest(): number {
    return this.#newest;
  }

  get confirmed(): number {
    return this.#confirmed;
  }

  get newestSentAtMs(): number {
    return this.#newest === 0 ? Number.NEGATIVE_INFINITY : this.#sentAt(this.#newest);
  }

  /** Starts a round and returns its number. */
  begin(nowMs: number): number {
    this.#newest += 1;
    this.#sentAtMs[this.#newest % REMEMBERED] = nowMs;
    return this.#newest;
  }

  /** A quorum has answered `round`. */
  confirm(round: number): void {
    if (round <= this.#confirmed || round <= this.#newest - REMEMBERED) return;
    this.#confirmed = round;
    this.#confirmedSentAtMs = Math.max(this.#confirmedSentAtMs, this.#sentAt(round));
  }

  /** The process stood still: what was confirmed before means nothing until a round yet to be sent is answered. */
  distrust(nowMs: number): void {
    if (this.trusted) this.#distrustedSinceMs = nowMs;
    this.#required = this.#newest + 1;
  }

  /** Since when nothing is confirmed, however often the process stood still since. */
  get distrustedSinceMs(): number {
    return this.#distrustedSinceMs;
  }

  get trusted(): boolean {
    return this.#confirmed >= this.#required;
  }

  /** How long ago the newest round was sent that a quorum answered. */
  silenceMs(nowMs: number): number {
    return nowMs - this.#confirmedSentAtMs;
  }

  #sentAt(round: number): number {
    return this.#sentAtMs[round % REMEMBERED] ?? 0;
  }
}
