/**
 * What clients saw of one FIFO queue. Times are of one clock; an operation took effect at one instant of its interval.
 * Of two operations that overlap or touch either may have been first. Each value is published once.
 */
export interface FifoHistory {
  readonly publishes: readonly Publish[];
  readonly pops: readonly Pop[];
}

export interface Interval {
  readonly beganAt: number;
  /** `Infinity`: no answer that tells came. Then it took effect at any time from `beganAt` on, or never. */
  readonly endedAt: number;
}

/** The values entered together, in this order. */
export interface Publish extends Interval {
  readonly values: readonly string[];
}

export interface Pop extends Interval {
  /** `undefined`: unknown, with `endedAt` infinite. */
  readonly got: string | typeof EMPTY | undefined;
}

/** A pop that found nothing. */
export const EMPTY = Symbol('empty');
