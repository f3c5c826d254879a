import { type LogTime, logTime } from './numbers.ts';

/** A leader's clock is drawn towards wall time by at most this share of the time that passes. */
const SLEW_MAX = 0.005;

/**
 * The group's time: what entries carry as `at`. It never goes back, also across leaders: a leader's clock runs on its
 * own monotonic clock and is slewed towards wall time; followers track it through heartbeats and go on from there when
 * they lead. Nothing else in the system is a time to the queue.
 */
export class GroupClock {
  #valueMs: number;
  #monotonicMs: number;
  #heard = false;
  /** The newest time that a leader was known to be alive at. */
  #heardMs: number;

  /** `lastAt`: no entry of the log is later. */
  constructor(lastAt: LogTime, monotonicMs: number) {
    this.#valueMs = lastAt;
    this.#heardMs = lastAt;
    this.#monotonicMs = monotonicMs;
  }

  /** Whether a leader's time was heard since this node started. */
  get tracked(): boolean {
    return this.#heard;
  }

  /** Follower: the leader's time is `now`. */
  follow(now: LogTime, monotonicMs: number): void {
    this.#valueMs = now;
    this.#monotonicMs = monotonicMs;
    this.#heard = true;
    this.#heardMs = Math.max(this.#heardMs, now);
  }

  /**
   * A new leader: goes on from the tracked clock, or from `voterWallMs` (the median wall clock of the voters that
   * elected it) when none was heard since the start, and never from before `lastAt`. Returns how long the group was
   * without a leader, in ms; 0 for the first leader ever.
   */
  lead(lastAt: LogTime, voterWallMs: number, monotonicMs: number): number {
    const known = Math.max(this.#heardMs, lastAt);
    const tracked = this.#valueMs + Math.max(0, monotonicMs - this.#monotonicMs);
    this.#valueMs = Math.max(lastAt, this.#heard ? tracked : voterWallMs);
    this.#monotonicMs = monotonicMs;
    this.#heard = true;
    return known === 0 ? 0 : Math.max(0, Math.floor(this.#valueMs - known));
  }

  /** Leader: the group's time now. */
  now(monotonicMs: number, wallMs: number): LogTime {
    this.#valueMs = this.#slewed(monotonicMs, wallMs);
    this.#monotonicMs = monotonicMs;
    this.#heardMs = this.#valueMs;
    return logTime(Math.floor(this.#valueMs));
  }

  /** Leader: what `now` would say; nothing changes. */
  peek(monotonicMs: number, wallMs: number): LogTime {
    return logTime(Math.floor(this.#slewed(monotonicMs, wallMs)));
  }

  #slewed(monotonicMs: number, wallMs: number): number {
    const passed = Math.max(0, monotonicMs - this.#monotonicMs);
    const behind = wallMs - (this.#valueMs + passed);
    const slew = Math.max(-passed * SLEW_MAX, Math.min(passed * SLEW_MAX, behind));
    return this.#valueMs + passed + slew;
  }
}
