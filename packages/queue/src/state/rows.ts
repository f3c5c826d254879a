import { assert } from '@rrmq/raft';
import type { Arena } from '../bytes/arena.ts';
import type { Change, StoreReader } from '../store/store.ts';
import { isOrderedKey } from '../store/row-keys.ts';
import { openRow, sealRow } from '../store/row-values.ts';
import { SortedList, byCodeUnits } from './sorted-list.ts';

/** What one change is counted as, beside its bytes: see `docs/decisions/0008-lmdb-write-back.md`. */
export const CHANGE_BYTES = 2048;

interface Written {
  /** `undefined`: removed. */
  readonly value: Buffer | undefined;
  /** The store does not hold the key, nor is it on its way there. */
  readonly isNew: boolean;
}

/** Changes that belong to one flush. */
class Layer {
  readonly written = new Map<string, Written>();
  /** The keys that are looked for by their order. */
  readonly order = new SortedList<string>(byCodeUnits);

  set(key: string, written: Written): void {
    this.written.set(key, written);
    if (isOrderedKey(key)) this.order.add(key);
  }

  forget(key: string): void {
    this.written.delete(key);
    if (isOrderedKey(key)) this.order.delete(key);
  }
}

/** A row, its key as Latin-1 text: see `row-keys.ts`. */
export interface Row {
  readonly key: string;
  readonly value: Buffer;
}

/**
 * Rows of the store behind a write-back: changes are kept in memory until a flush carries them. One that is put and
 * deleted between two flushes never gets to the store. Values are what is between version and checksum.
 */
export class Rows {
  readonly #store: StoreReader;
  #recent = new Layer();
  /** What the flush on its way carries. */
  #flushing: Layer | undefined;
  #bytes = 0;
  #generation = 0;

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** What the changes that are on no way yet are counted as. */
  get dirtyBytes(): number {
    return this.#bytes;
  }

  /** Another number whenever the store has changed. */
  get generation(): number {
    return this.#generation;
  }

  get(key: string): Buffer | undefined {
    const written = this.#writtenOf(key);
    if (written !== undefined) return written.value;
    const stored = Buffer.from(key, 'latin1');
    const value = this.#store.get(stored);
    return value && openRow(stored, value);
  }

  /** `isNew`: the caller knows that no such row is there; then it need not be removed from the store later. */
  put(key: string, value: Buffer, isNew = false): void {
    const before = this.#recent.written.get(key);
    this.#count(before, -1);
    const isUnknown = before === undefined && this.#flushing?.written.get(key) === undefined;
    const written = { value, isNew: before?.isNew ?? (isNew && isUnknown) };
    this.#recent.set(key, written);
    this.#count(written, 1);
  }

  delete(key: string): void {
    const before = this.#recent.written.get(key);
    this.#count(before, -1);
    if (before?.isNew === true) {
      this.#recent.forget(key);
      return;
    }
    const written = { value: undefined, isNew: false };
    this.#recent.set(key, written);
    this.#count(written, 1);
  }

  /** The first row with `after < key < end` that is not written to the store yet; both have the prefix of an ordered kind. */
  nextWritten(after: string, end: string): Row | undefined {
    let found: Row | undefined;
    for (const layer of [this.#recent, this.#flushing]) {
      const row = layer && this.#nextIn(layer, after, found?.key ?? end);
      if (row !== undefined) found = row;
    }
    return found;
  }

  /** The first rows of the store with `after < key < end`; those that are removed since are among them. */
  nextStored(after: string, end: string, entries: number): Row[] {
    const from = Buffer.from(`${after}\0`, 'latin1');
    const limit = { entries, bytes: 65_536 };
    return this.#store
      .range(from, Buffer.from(end, 'latin1'), limit)
      .map(({ key, value }) => ({ key: key.toString('latin1'), value: openRow(key, value) }));
  }

  /** A row of the store was not put or deleted since. */
  isAsStored(key: string): boolean {
    return this.#writtenOf(key) === undefined;
  }

  /** The first row with `after < key < end`. */
  next(after: string, end: string): Row | undefined {
    const written = this.nextWritten(after, end);
    // Most often the first one will do.
    for (let [from, entries] = [after, 1]; ; entries = Math.min(4 * entries, 64)) {
      const stored = this.nextStored(from, written?.key ?? end, entries);
      for (const row of stored) if (this.isAsStored(row.key)) return row;
      const last = stored.at(-1);
      if (last === undefined) return written;
      from = last.key;
    }
  }

  /** A flush takes all changes. */
  take(arena: Arena): Change[] {
    assert(this.#flushing === undefined, 'there is one flush at a time');
    this.#flushing = this.#recent;
    this.#recent = new Layer();
    this.#bytes = 0;
    return Array.from(this.#flushing.written, ([key, { value }]) => sealRow(key, value, arena));
  }

  /** The store has what was taken. */
  taken(): void {
    this.#flushing = undefined;
    this.#generation += 1;
  }

  /** The store has perhaps not got what was taken: it is dirty as before, and each row may be there or not. */
  putBack(): void {
    const flushing = this.#flushing ?? new Layer();
    this.#flushing = undefined;
    this.#generation += 1;
    for (const [key, { value }] of flushing.written) {
      if (this.#recent.written.get(key) !== undefined) continue;
      const written = { value, isNew: false };
      this.#recent.set(key, written);
      this.#count(written, 1);
    }
  }

  #writtenOf(key: string): Written | undefined {
    return this.#recent.written.get(key) ?? this.#flushing?.written.get(key);
  }

  #nextIn(layer: Layer, after: string, end: string): Row | undefined {
    for (let key = layer.order.after(after); key !== undefined; key = layer.order.after(key)) {
      if (key >= end) return undefined;
      const value = this.#writtenOf(key)?.value;
      if (value !== undefined) return { key, value };
    }
    return undefined;
  }

  #count(written: Written | undefined, sign: number): void {
    if (written !== undefined) this.#bytes += sign * (CHANGE_BYTES + (written.value?.length ?? 0));
  }
}
