import { assert } from '../core/assert.ts';
import { type LogIndex, logIndex } from '../core/numbers.ts';

/** Where a frame lies. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  /** Without padding. */
  readonly bytes: number;
}

/** The entries `from … through`, which stand in one frame from record number `record` on (`record` is `first`). */
export interface Run extends Place {
  readonly record: number;
  readonly first: LogIndex;
  readonly from: LogIndex;
  readonly through: LogIndex;
}

/** Items at the front of the arrays that are given up are cut off when there are so many and they make the half. */
const STALE_ITEMS_MIN = 1024;

/**
 * Tells in which frame an entry stands. One item per run of consecutive entries, that is one per frame but for frames
 * with a truncation or other records in their midst; each item reaches up to the next. Plain arrays of numbers: a
 * million frames take 40 MB.
 */
export class FrameIndex {
  #firsts: number[] = [];
  #segments: number[] = [];
  #offsets: number[] = [];
  #bytes: number[] = [];
  #records: number[] = [];
  /** Items before this one were given up. */
  #start = 0;

  /** The oldest entry that has a frame; `undefined` when none has. */
  get first(): LogIndex | undefined {
    const first = this.#firsts[this.#start];
    return first === undefined ? undefined : logIndex(first);
  }

  /** Items held in memory, given-up ones included. */
  get items(): number {
    return this.#firsts.length;
  }

  add(first: LogIndex, place: Place, record: number): void {
    assert(
      this.#start === this.#firsts.length || (this.#firsts.at(-1) ?? 0) < first,
      'runs of entries are noted in rising order',
    );
    this.#firsts.push(first);
    this.#segments.push(place.segment);
    this.#offsets.push(place.offset);
    this.#bytes.push(place.bytes);
    this.#records.push(record);
  }

  /** Forgets the runs that start at or before `index`, in amortised constant time each. */
  dropThrough(index: LogIndex): void {
    this.#start = this.#itemOf(index) + 1;
    if (this.#start < STALE_ITEMS_MIN || this.#start * 2 < this.#firsts.length) return;
    this.#cut(this.#start);
  }

  clear(): void {
    this.#cut(this.#firsts.length);
  }

  #cut(items: number): void {
    this.#firsts = this.#firsts.slice(items);
    this.#segments = this.#segments.slice(items);
    this.#offsets = this.#offsets.slice(items);
    this.#bytes = this.#bytes.slice(items);
    this.#records = this.#records.slice(items);
    this.#start = 0;
  }

  /** Forgets all entries after `index`. */
  truncate(index: LogIndex): void {
    const left = this.#itemOf(index) + 1;
    this.#firsts.length = left;
    this.#segments.length = left;
    this.#offsets.length = left;
    this.#bytes.length = left;
    this.#records.length = left;
  }

  /** Frames that stood in `segment` from byte `offset` on were rewritten, in order, at `to`. */
  move(segment: number, offset: number, to: { segment: number; offset: number }): void {
    for (let item = this.#firsts.length - 1; item >= this.#start; item -= 1) {
      const at = this.#offsets[item] ?? 0;
      if (this.#segments[item] !== segment || at < offset) return;
      this.#segments[item] = to.segment;
      this.#offsets[item] = at - offset + to.offset;
    }
  }

  /** The runs that hold the entries from `from` on, until their frames make `maxBytes`; at least one. */
  runs(from: LogIndex, last: LogIndex, maxBytes: number): Run[] {
    const runs: Run[] = [];
    let bytes = 0;
    let item = this.#itemOf(from);
    do {
      const run = this.#run(item, from, last);
      bytes += (run.bytes * (run.through - run.from + 1)) / (run.through - run.first + 1);
      runs.push(run);
      item += 1;
    } while (item < this.#firsts.length && bytes < maxBytes);
    return runs;
  }

  #run(item: number, from: LogIndex, last: LogIndex): Run {
    const first = this.#firsts[item];
    assert(item >= this.#start && first !== undefined, 'the entry has a frame');
    const next = this.#firsts[item + 1] ?? last + 1;
    return {
      segment: this.#segments[item] ?? 0,
      offset: this.#offsets[item] ?? 0,
      bytes: this.#bytes[item] ?? 0,
      record: this.#records[item] ?? 0,
      first: logIndex(first),
      from: logIndex(Math.max(first, from)),
      through: logIndex(next - 1),
    };
  }

  /** The last item that starts at or before `index`; the one before `#start` when there is none. */
  #itemOf(index: LogIndex): number {
    let low = this.#start;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] ?? 0) <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
