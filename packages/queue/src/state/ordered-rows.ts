import { endOf } from '../store/row-keys.ts';
import type { Row, Rows } from './rows.ts';

/** Rows of the store that are read at once: a range costs little more than a single read. */
const AHEAD_ENTRIES = 64;

interface Ahead {
  readonly generation: number;
  /** All rows of the store behind this key … */
  readonly after: string;
  /** … up to the last one of these. */
  readonly rows: readonly Row[];
  /** There are no others. */
  readonly isAll: boolean;
  next: number;
}

/**
 * The rows of one prefix, whose first one is wanted again and again. Keys are the prefix and something behind it.
 */
export class OrderedRows {
  readonly #rows: Rows;
  readonly #prefix: string;
  readonly #end: string;
  /** The first row; `undefined` when it must be looked for. */
  #head: Row | undefined;
  #isEmpty = false;
  #ahead: Ahead | undefined;

  /** `isEmpty`: it is known that there are none. */
  constructor(rows: Rows, prefix: string, isEmpty: boolean) {
    this.#rows = rows;
    this.#prefix = prefix;
    this.#end = endOf(prefix);
    this.#isEmpty = isEmpty;
  }

  get prefix(): string {
    return this.#prefix;
  }

  get first(): Row | undefined {
    if (this.#head === undefined && !this.#isEmpty) this.#find(this.#prefix);
    return this.#head;
  }

  /** The first row behind this key. */
  after(key: string): Row | undefined {
    return this.#rows.next(key, this.#end);
  }

  get(suffix: string): Buffer | undefined {
    return this.#rows.get(this.#prefix + suffix);
  }

  /** `isNew`: there is no such row. */
  put(suffix: string, value: Buffer, isNew: boolean): void {
    const key = this.#prefix + suffix;
    this.#rows.put(key, value, isNew);
    if (this.#isEmpty || (this.#head !== undefined && key <= this.#head.key)) {
      this.#head = { key, value };
      this.#isEmpty = false;
    }
  }

  delete(suffix: string): void {
    const key = this.#prefix + suffix;
    this.#rows.delete(key);
    if (key !== this.#head?.key) return;
    this.#head = undefined;
    this.#find(key);
  }

  /** Looks for the first row behind a key; there is none before it. */
  #find(after: string): void {
    const written = this.#rows.nextWritten(after, this.#end);
    const stored = this.#nextStored(after, written?.key ?? this.#end);
    this.#head = stored ?? written;
    this.#isEmpty = this.#head === undefined;
  }

  #nextStored(after: string, end: string): Row | undefined {
    for (let from = after; ;) {
      const ahead = this.#aheadOf(from);
      for (; ahead.next < ahead.rows.length; ahead.next += 1) {
        const row = ahead.rows[ahead.next];
        if (row === undefined || row.key >= end) return undefined;
        if (row.key > after && this.#rows.isAsStored(row.key)) return row;
      }
      if (ahead.isAll) return undefined;
      from = ahead.rows.at(-1)?.key ?? from;
    }
  }

  /** Rows of the store behind a key. */
  #aheadOf(after: string): Ahead {
    const { generation } = this.#rows;
    const ahead = this.#ahead;
    const isOf = ahead?.generation === generation && ahead.after <= after;
    if (isOf && (ahead.isAll || ahead.next < ahead.rows.length)) return ahead;
    const rows = this.#rows.nextStored(after, this.#end, AHEAD_ENTRIES);
    this.#ahead = { generation, after, rows, isAll: rows.length === 0, next: 0 };
    return this.#ahead;
  }
}
