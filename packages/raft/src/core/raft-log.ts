import { assert } from './assert.ts';
import type { EntryBatch } from './entry-batch.ts';
import { type LogIndex, type LogTime, type Term, logIndex, term } from './numbers.ts';

/** A term and the first index that it holds. */
export interface TermRun {
  readonly first: LogIndex;
  readonly term: Term;
}

/** What the log held on disk when the node started. */
export interface LogShape {
  /** Entries up to here are in a snapshot and no longer in the log; 0 when none. */
  readonly compacted: LogIndex;
  readonly compactedTerm: Term;
  readonly last: LogIndex;
  /** No entry is later than this. */
  readonly lastAt: LogTime;
  /** Terms of the entries after `compacted`, in rising order. */
  readonly termRuns: readonly TermRun[];
}

/**
 * The log as the core sees it: the term of every entry (as runs, since terms are few) and, of the newest entries, the
 * bytes. Older bytes are on disk only.
 *
 *     compacted        first in memory                last
 *        |  terms known   |   terms and bytes known     |
 */
export class RaftLog {
  #compacted: LogIndex;
  #last: LogIndex;
  #lastAt: LogTime;
  /** The first one holds `compacted`, and so its term; the others begin after it. */
  #runs: TermRun[];
  /** From `#head` on contiguous and ending at `last`, when not empty; given up before `#head`. */
  #window: (EntryBatch | undefined)[] = [];
  #head = 0;
  #windowBytes = 0;

  constructor(shape: LogShape) {
    const { compacted, compactedTerm, last, lastAt, termRuns } = shape;
    assert(compacted <= last, 'what is compacted was in the log');
    this.#compacted = compacted;
    this.#last = last;
    this.#lastAt = lastAt;
    const later = termRuns.filter((run) => run.first > compacted);
    this.#runs = [{ first: compacted, term: compactedTerm }, ...later];
  }

  /** Entries up to here are in a snapshot and no longer in the log. */
  get compacted(): LogIndex {
    return this.#compacted;
  }

  get last(): LogIndex {
    return this.#last;
  }

  get lastTerm(): Term {
    const newest = this.#runs.at(-1);
    assert(newest !== undefined, 'the term of the compacted entry is known');
    return newest.term;
  }

  /** No entry of this log is later. */
  get lastAt(): LogTime {
    return this.#lastAt;
  }

  /** Bytes of entries held in memory. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** The term of an entry; `undefined` when the log does not hold it. 0 for index 0. */
  termAt(index: LogIndex): Term | undefined {
    if (index < this.#compacted || index > this.#last) return undefined;
    return this.#runs[this.#runOf(index)]?.term;
  }

  /** §5.4.1: whether a log that ends like this one is at least as new as ours. Term before index. */
  isUpToDate(lastIndex: LogIndex, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.#last);
  }

  /**
   * The last place, at or before `index`, whose term is at most `maxTerm`: where two logs could still agree. Not before
   * the compacted entry, for it is committed, and what is before it is not known.
   */
  lastWithTermAtMost(index: LogIndex, maxTerm: Term): { index: LogIndex; term: Term } {
    let place = logIndex(Math.min(index, this.#last));
    while (place > this.#compacted) {
      const run = this.#runs[this.#runOf(place)];
      assert(run !== undefined, 'every entry after the compacted ones has a term');
      if (run.term <= maxTerm) return { index: place, term: run.term };
      place = logIndex(run.first - 1);
    }
    return { index: this.#compacted, term: this.#runs[0]?.term ?? term(0) };
  }

  append(batch: EntryBatch): void {
    assert(batch.first === this.#last + 1, 'entries are appended right after the last one');
    assert(batch.termAt(batch.first) >= this.lastTerm, 'terms never go back within a log');
    let index = batch.first;
    while (this.lastTerm < batch.termAt(batch.last)) {
      if (batch.termAt(index) > this.lastTerm) {
        this.#runs.push({ first: index, term: batch.termAt(index) });
      }
      index = logIndex(index + 1);
    }
    this.#last = batch.last;
    this.#lastAt = batch.atOf(batch.last);
    this.#window.push(batch);
    this.#windowBytes += batch.byteLength;
  }

  /** Drops the entries after `index`. */
  truncateAfter(index: LogIndex): void {
    assert(index >= this.#compacted, 'compacted entries are never truncated');
    while ((this.#runs.at(-1)?.first ?? 0) > index) this.#runs.pop();
    while (this.#window.length > this.#head && (this.#window.at(-1)?.last ?? 0) > index) {
      const batch = this.#window.pop();
      if (batch === undefined) break;
      this.#windowBytes -= batch.byteLength;
      if (batch.first > index) continue;
      const rest = batch.slice(batch.first, index);
      this.#window.push(rest);
      this.#windowBytes += rest.byteLength;
    }
    this.#last = index;
  }

  /**
   * Entries from `from` on, in order, at most `maxBytes` but at least one entry; empty when there are none.
   * `undefined`: they are no longer in memory.
   */
  from(from: LogIndex, maxBytes: number): EntryBatch[] | undefined {
    if (from > this.#last) return [];
    let place = this.#batchOf(from);
    if (place === undefined) return undefined;
    const found: EntryBatch[] = [];
    let room = maxBytes;
    for (; place < this.#window.length; place += 1) {
      const batch = this.#window[place];
      assert(batch !== undefined, 'the window has no holes');
      const wanted = batch.first < from ? batch.slice(from, batch.last) : batch;
      if (wanted.byteLength > room && found.length > 0) break;
      const taken = wanted.prefix(room);
      found.push(taken);
      room -= taken.byteLength;
      if (taken.last !== batch.last || room <= 0) break;
    }
    return found;
  }

  /**
   * Whole batches, nothing copied: the first one holds `from`, but may begin before it. They end with the first that makes
   * `maxBytes`. `undefined`: they are no longer in memory.
   */
  batchesFrom(from: LogIndex, maxBytes: number): EntryBatch[] | undefined {
    if (from > this.#last) return [];
    let place = this.#batchOf(from);
    if (place === undefined) return undefined;
    const found: EntryBatch[] = [];
    for (let bytes = 0; place < this.#window.length && bytes < maxBytes; place += 1) {
      const batch = this.#window[place];
      assert(batch !== undefined, 'the window has no holes');
      found.push(batch);
      bytes += batch.byteLength;
    }
    return found;
  }

  /** Gives up bytes in memory, oldest first and none after `through`, until at most `keepBytes` are left. */
  release(through: LogIndex, keepBytes: number): void {
    while (this.#windowBytes > keepBytes) {
      const oldest = this.#window[this.#head];
      if (oldest === undefined || oldest.last > through) break;
      this.#windowBytes -= oldest.byteLength;
      this.#window[this.#head] = undefined;
      this.#head += 1;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#window.length) {
      this.#window = this.#window.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Entries through `index` are in a snapshot: forgets their bytes, and their terms but for the last. */
  compactThrough(index: LogIndex): void {
    assert(index <= this.#last, 'only entries of this log are compacted');
    if (index <= this.#compacted) return;
    this.#compacted = index;
    const first = this.#runOf(index);
    if (first > 0) this.#runs = this.#runs.slice(first);
    this.release(index, 0);
  }

  /** A snapshot takes the place of the whole log, which now ends with the entry that it ends with. */
  reset(end: { readonly index: LogIndex; readonly term: Term; readonly at: LogTime }): void {
    this.#compacted = end.index;
    this.#last = end.index;
    this.#lastAt = end.at;
    this.#runs = [{ first: end.index, term: end.term }];
    this.#window = [];
    this.#head = 0;
    this.#windowBytes = 0;
  }

  /** The place in `#runs` of the run that holds `index`. */
  #runOf(index: LogIndex): number {
    let low = 0;
    let high = this.#runs.length - 1;
    if ((this.#runs[high]?.first ?? 0) <= index) return high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#runs[middle]?.first ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The place in `#window` of the batch that holds `index`. */
  #batchOf(index: LogIndex): number | undefined {
    let low = this.#head;
    let high = this.#window.length - 1;
    if (low > high || (this.#window[low]?.first ?? 0) > index) return undefined;
    if ((this.#window[high]?.first ?? 0) <= index) return high;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#window[middle]?.first ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
