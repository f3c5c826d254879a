import type { Tally } from './tally.ts';

/** Seeds in a row, given to a worker at a time: few, so that nobody waits for the slowest at the end. */
export interface Portion {
  readonly from: number;
  readonly seeds: number;
}

/** What a worker tells its parent. */
export type WorkerMessage =
  | { readonly kind: 'began'; readonly seed: number }
  /** Of the portion that it was given: it wants another one. */
  | { readonly kind: 'done'; readonly tally: Tally; readonly cpuMs: number };
