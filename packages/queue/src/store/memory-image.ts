import type { Change, RangeLimit, StoreEntry, StoreReader } from './store.ts';

/** The contents of a store in memory; never changes, so that views and crashes cost nothing. */
export class MemoryImage implements StoreReader {
  static readonly empty = new MemoryImage([], []);

  /** Latin-1 text: it sorts as its bytes do. Ascending. */
  readonly #keys: readonly string[];
  readonly #values: readonly Buffer[];

  private constructor(keys: readonly string[], values: readonly Buffer[]) {
    this.#keys = keys;
    this.#values = values;
  }

  get(key: Buffer): Buffer | undefined {
    const name = nameOf(key);
    const place = this.#placeOf(name);
    const value = this.#values[place];
    return value !== undefined && this.#keys[place] === name ? Buffer.from(value) : undefined;
  }

  range(from: Buffer, to: Buffer, limit: RangeLimit): StoreEntry[] {
    const entries: StoreEntry[] = [];
    const end = this.#placeOf(nameOf(to));
    let bytes = 0;
    for (let place = this.#placeOf(nameOf(from)); place < end; place += 1) {
      const value = this.#values[place] ?? Buffer.alloc(0);
      entries.push({
        key: Buffer.from(this.#keys[place] ?? '', 'latin1'),
        value: Buffer.from(value),
      });
      bytes += value.length;
      if (entries.length >= limit.entries || bytes >= limit.bytes) break;
    }
    return entries;
  }

  /** The contents after these changes. */
  with(changes: readonly Change[]): MemoryImage {
    const changed = new Map(
      changes.map(({ key, value }) => [nameOf(key), value && Buffer.from(value)]),
    );
    const keys: string[] = [];
    const values: Buffer[] = [];
    const add = (key: string, value: Buffer | undefined) => {
      if (value === undefined) return;
      keys.push(key);
      values.push(value);
    };
    let place = 0;
    for (const key of [...changed.keys()].toSorted(byCodeUnits)) {
      for (; (this.#keys[place] ?? key) < key; place += 1) {
        add(this.#keys[place] ?? '', this.#values[place]);
      }
      if (this.#keys[place] === key) place += 1;
      add(key, changed.get(key));
    }
    for (; place < this.#keys.length; place += 1) add(this.#keys[place] ?? '', this.#values[place]);
    return new MemoryImage(keys, values);
  }

  /** Where the first key that is not below this one stands. */
  #placeOf(name: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const nameOf = (key: Buffer): string => key.toString('latin1');

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
