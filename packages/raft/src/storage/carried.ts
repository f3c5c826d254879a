import type { FrameName, Standing } from './head.ts';

/**
 * The frames in the bytes `from … to` of the last segment, which the next boot writes again behind `previous`.
 * `standing` is what the log said up to `previous`.
 */
export interface Carried {
  readonly segment: number;
  readonly from: number;
  readonly to: number;
  readonly previous: FrameName;
  readonly standing: Standing;
}

/** Chooses what the next boot carries over, while recovery passes the frames of the last segment. */
export class Carrying {
  readonly #start: Carried;
  #last: Carried;

  /** `start` is the place behind the head. */
  constructor(start: Carried) {
    this.#start = start;
    this.#last = start;
  }

  /** A frame was found at `last.from`. */
  pass(last: Carried): void {
    this.#last = last;
  }

  /**
   * All frames when they make at most `maxBytes`, so that boots that write little leave nothing behind; else only the
   * last one (rule 3), which may never have been synced. A clean-shutdown mark is dropped: it has done its duty, and
   * the frames before it are known to be durable.
   */
  choose(maxBytes: number, endsClean: boolean): Carried {
    const to = endsClean ? this.#last.from : this.#last.to;
    if (to - this.#start.from <= maxBytes) return { ...this.#start, to };
    return { ...this.#last, to };
  }
}
