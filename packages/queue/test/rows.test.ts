import { deepEqual, equal } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { MemoryStoreHost, type Store } from '@rrmq/queue';
import * as fc from 'fast-check';
import { Arena } from '../src/bytes/arena.ts';
import { OrderedRows } from '../src/state/ordered-rows.ts';
import { CHANGE_BYTES, Rows } from '../src/state/rows.ts';
import { RowKind, placePrefix, u8Text } from '../src/store/row-keys.ts';
import { openRow } from '../src/store/row-values.ts';

type Step =
  | { readonly kind: 'put' | 'delete' | 'get' | 'after'; readonly suffix: number }
  | { readonly kind: 'first' | 'take' | 'taken' | 'put-back' | 'reload' };

const PREFIX = placePrefix(RowKind.turn, 1);
const OTHER = placePrefix(RowKind.turn, 2);
const UNORDERED = placePrefix(RowKind.key, 1);

const someStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom('put', 'put', 'delete', 'delete', 'get', 'after'),
      suffix: fc.nat({ max: 9 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('first', 'first', 'take', 'taken', 'put-back', 'reload'),
    }),
  },
);

/** Rows on a store, as the machine uses them, and what they should be. */
class Pair {
  readonly #host = new MemoryStoreHost();
  #store: Store;
  #taken: ReturnType<Rows['take']> | undefined;
  #values = 0;
  readonly plain = new Map<string, string>();
  rows: Rows;
  ordered: OrderedRows;

  private constructor(store: Store) {
    this.#store = store;
    this.rows = new Rows(store);
    this.ordered = new OrderedRows(this.rows, PREFIX, true);
  }

  static async open(): Promise<Pair> {
    const pair = new Pair(await new MemoryStoreHost().open(1));
    pair.#store = await pair.#host.open(1);
    pair.#begin(true);
    return pair;
  }

  put(suffix: string): void {
    this.#values += 1;
    const value = `${this.#values}`;
    const isNew = !this.plain.has(PREFIX + suffix);
    this.ordered.put(suffix, Buffer.from(value), isNew);
    this.plain.set(PREFIX + suffix, value);
    for (const prefix of [OTHER, UNORDERED]) {
      this.rows.put(prefix + suffix, Buffer.from(value), isNew);
      this.plain.set(prefix + suffix, value);
    }
  }

  delete(suffix: string): void {
    this.ordered.delete(suffix);
    for (const prefix of [OTHER, UNORDERED]) this.rows.delete(prefix + suffix);
    for (const prefix of [PREFIX, OTHER, UNORDERED]) this.plain.delete(prefix + suffix);
  }

  take(): void {
    this.#taken ??= this.rows.take(new Arena());
  }

  async taken(): Promise<void> {
    if (this.#taken === undefined) return;
    await this.#store.write(this.#taken).flushed;
    this.rows.taken();
    this.#taken = undefined;
  }

  putBack(): void {
    if (this.#taken !== undefined) this.rows.putBack();
    this.#taken = undefined;
  }

  /** All is flushed, then other rows begin on the same store. */
  async reload(): Promise<void> {
    await this.taken();
    this.take();
    await this.taken();
    equal(this.rows.dirtyBytes, 0);
    const everything = { entries: Infinity, bytes: Infinity };
    const stored = this.#store.range(Buffer.from([0]), Buffer.from([255]), everything);
    deepEqual(
      stored.map(({ key, value }) => [key.toString('latin1'), openRow(key, value).toString()]),
      [...this.plain].toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    this.#begin(this.#sorted().length === 0);
  }

  first(): string | undefined {
    return this.#sorted()[0];
  }

  after(key: string): string | undefined {
    return this.#sorted().find((each) => each > key);
  }

  #begin(isEmpty: boolean): void {
    this.rows = new Rows(this.#store);
    this.ordered = new OrderedRows(this.rows, PREFIX, isEmpty);
  }

  #sorted(): string[] {
    return [...this.plain.keys()].filter((key) => key.startsWith(PREFIX)).toSorted();
  }
}

function expectRow(pair: Pair, row: ReturnType<Rows['next']>, key: string | undefined): void {
  equal(row?.key, key);
  if (key !== undefined) equal(row?.value.toString(), pair.plain.get(key));
}

async function take(pair: Pair, step: Step): Promise<void> {
  switch (step.kind) {
    case 'put':
      return pair.put(u8Text(step.suffix));
    case 'delete':
      return pair.delete(u8Text(step.suffix));
    case 'get': {
      const suffix = u8Text(step.suffix);
      equal(pair.ordered.get(suffix)?.toString(), pair.plain.get(PREFIX + suffix));
      equal(pair.rows.get(UNORDERED + suffix)?.toString(), pair.plain.get(UNORDERED + suffix));
      return;
    }
    case 'after': {
      const key = PREFIX + u8Text(step.suffix);
      return expectRow(pair, pair.ordered.after(key), pair.after(key));
    }
    case 'first':
      return expectRow(pair, pair.ordered.first, pair.first());
    case 'take':
      return pair.take();
    case 'taken':
      return pair.taken();
    case 'put-back':
      return pair.putBack();
    case 'reload':
      return pair.reload();
    default:
      return step satisfies never;
  }
}

describe('rows', () => {
  it('are what a map holds, whatever flushes succeed, fail or are on their way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someStep, { maxLength: 80, size: 'max' }), async (steps) => {
        const pair = await Pair.open();
        for (const step of steps) await take(pair, step);
        expectRow(pair, pair.ordered.first, pair.first());
        await pair.reload();
      }),
      { numRuns: 1000 },
    );
  });

  it('come in order over more of them than are read at once', async () => {
    const pair = await Pair.open();
    const suffix = (i: number) => u8Text(i >> 8) + u8Text(i & 255);
    for (let i = 0; i < 300; i += 1) pair.put(suffix(i));
    await pair.reload();
    for (let i = 0; i < 300; i += 7) pair.delete(suffix(i));
    for (let i = 300; i < 350; i += 1) pair.put(suffix(i));
    for (let first = pair.first(); first !== undefined; first = pair.first()) {
      expectRow(pair, pair.ordered.first, first);
      if (first.endsWith(u8Text(100))) await pair.reload();
      pair.delete(first.slice(PREFIX.length));
    }
    expect(pair.ordered.first).toBeUndefined();
    await pair.reload();
  });

  it('never get to the store when they are deleted before a flush', async () => {
    const pair = await Pair.open();
    for (let i = 0; i < 9; i += 1) pair.put(u8Text(i));
    for (let i = 0; i < 9; i += 1) pair.delete(u8Text(i));
    expect(pair.rows.dirtyBytes).toBe(0);
    expect(pair.rows.take(new Arena())).toEqual([]);
  });

  it('count what is dirty as what a flush would carry', async () => {
    const pair = await Pair.open();
    pair.put('a');
    const one = pair.rows.dirtyBytes;
    pair.put('b');
    expect(pair.rows.dirtyBytes).toBe(2 * one);
    pair.take();
    expect(pair.rows.dirtyBytes).toBe(0);
    pair.delete('a');
    pair.putBack();
    // The store may hold it all the same: it is taken out of there, under each of its three keys.
    expect(pair.rows.dirtyBytes).toBe(one + 3 * CHANGE_BYTES);
    await pair.reload();
  });
});
