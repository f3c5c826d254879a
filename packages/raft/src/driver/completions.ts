import { assert } from '../core/assert.ts';
import type { Entry } from '../core/entry-batch.ts';
import { type LogIndex, type Term, logIndex } from '../core/numbers.ts';
import type { Outcome } from './group.ts';

export type Done<Result> = (outcome: Outcome<Result>) => void;

type Executed = Pick<Entry, 'index' | 'term' | 'at'>;

interface Appended<Result> {
  readonly first: LogIndex;
  readonly term: Term;
  readonly dones: readonly Done<Result>[];
}

/**
 * Who waits for which entry, in order of index: one item for each batch, no promise or object for an entry. Bounded by
 * the bytes that may be uncommitted and by what waits to be applied.
 */
export class Completions<Result> {
  #batches: Appended<Result>[] = [];
  #head = 0;
  /** The last entry whose command was executed. */
  #completed = logIndex(0);
  #waiting = 0;

  /** Who waits, counted. */
  get waiting(): number {
    return this.#waiting;
  }

  /** `dones` wait for the entries of `term` from `first` on, one each. */
  add(first: LogIndex, term: Term, dones: readonly Done<Result>[]): void {
    const newest = this.#batches.at(-1);
    const end = newest === undefined ? 0 : newest.first + newest.dones.length;
    assert(this.#head === this.#batches.length || first >= end, 'entries are appended in order');
    this.#batches.push({ first, term, dones });
    this.#waiting += dones.length;
  }

  /** The entry at `index` was executed. Called for every index in order; most have nobody waiting on a follower. */
  committed({ index, term, at }: Executed, result: Result): void {
    this.#completed = index;
    const batch = this.#batches[this.#head];
    if (batch === undefined || index < batch.first) return;
    assert(batch.term === term, 'nobody is told of an entry that replaced his own');
    const place = index - batch.first;
    const done = batch.dones[place];
    assert(done !== undefined, 'every entry of a batch is completed before the next batch');
    if (place === batch.dones.length - 1) this.#advance();
    this.#waiting -= 1;
    done({ kind: 'committed', index, at, result });
  }

  /** Leadership is lost: what happens to entries after `committed`, which this leader knew committed, is not known. */
  unknownAfter(committed: LogIndex): void {
    const lost: Done<Result>[] = [];
    const kept: Appended<Result>[] = [];
    for (const { first, term, dones } of this.#batches.slice(this.#head)) {
      const told = Math.max(0, this.#completed - first + 1);
      const sure = Math.max(told, Math.min(dones.length, committed - first + 1));
      if (sure > told) {
        kept.push({ first: logIndex(first + told), term, dones: dones.slice(told, sure) });
      }
      lost.push(...dones.slice(sure));
    }
    this.#batches = kept;
    this.#head = 0;
    this.#waiting -= lost.length;
    for (const done of lost) done({ kind: 'unknown' });
  }

  /** A snapshot took the place of entries through `index`: they are committed, and what came of them is not known here. */
  skipThrough(index: LogIndex): void {
    const skipped: Done<Result>[] = [];
    const kept: Appended<Result>[] = [];
    for (const { first, term, dones } of this.#batches.slice(this.#head)) {
      const told = Math.max(0, this.#completed - first + 1);
      const over = Math.max(told, Math.min(dones.length, index - first + 1));
      skipped.push(...dones.slice(told, over));
      if (over < dones.length) {
        kept.push({ first: logIndex(first + over), term, dones: dones.slice(over) });
      }
    }
    this.#batches = kept;
    this.#head = 0;
    this.#completed = index;
    this.#waiting -= skipped.length;
    for (const done of skipped) done({ kind: 'unknown' });
  }

  /** Nothing more will be executed here. */
  unknownAll(): void {
    this.unknownAfter(logIndex(0));
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
  }
}
