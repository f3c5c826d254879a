/** Items per chunk: an insertion moves half as many references on average, and a million items need 4,000 chunks. */
const CHUNK_ITEMS_MAX = 512;

/** Negative, 0 or positive, as for `Array.sort`. */
export type Compare<Item> = (a: Item, b: Item) => number;

/**
 * Items in ascending order, no two equal. Adding at the end, and taking the first, cost constant time, all else the
 * logarithm of the size and a move within a chunk.
 */
export class SortedList<Item> {
  readonly #compare: Compare<Item>;
  /** Ascending; none is empty but perhaps the only one. */
  #chunks: Item[][] = [[]];
  #size = 0;

  constructor(compare: Compare<Item>) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  get first(): Item | undefined {
    return this.#chunks[0]?.[0];
  }

  /** Does nothing when an equal item is there. */
  add(item: Item): void {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return;
    const place = this.#placeIn(chunk, item);
    const there = chunk[place];
    if (there !== undefined && this.#compare(there, item) === 0) return;
    if (place === chunk.length) chunk.push(item);
    else chunk.splice(place, 0, item);
    this.#size += 1;
    if (chunk.length <= CHUNK_ITEMS_MAX) return;
    // Appending leaves full chunks behind.
    const cut = place === CHUNK_ITEMS_MAX ? CHUNK_ITEMS_MAX : CHUNK_ITEMS_MAX / 2;
    this.#chunks.splice(at + 1, 0, chunk.splice(cut));
  }

  /** Whether an equal item was there. */
  delete(item: Item): boolean {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at];
    if (chunk === undefined) return false;
    const place = this.#placeIn(chunk, item);
    const there = chunk[place];
    if (there === undefined || this.#compare(there, item) !== 0) return false;
    if (place === 0) chunk.shift();
    else chunk.splice(place, 1);
    this.#size -= 1;
    if (chunk.length === 0 && this.#chunks.length > 1) this.#chunks.splice(at, 1);
    return true;
  }

  /** The first item above this one, which need not be there. */
  after(item: Item): Item | undefined {
    const at = this.#chunkOf(item);
    const chunk = this.#chunks[at] ?? [];
    let place = this.#placeIn(chunk, item);
    const there = chunk[place];
    if (there !== undefined && this.#compare(there, item) === 0) place += 1;
    return place < chunk.length ? chunk[place] : this.#chunks[at + 1]?.[0];
  }

  *[Symbol.iterator](): Generator<Item> {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** The first chunk that does not end below the item; else the last one. */
  #chunkOf(item: Item): number {
    const chunks = this.#chunks;
    let [low, high] = [0, chunks.length - 1];
    if (high === 0 || this.#endsBelow(chunks[high - 1], item)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#endsBelow(chunks[middle], item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #endsBelow(chunk: readonly Item[] | undefined, item: Item): boolean {
    const last = chunk?.[chunk.length - 1];
    return last !== undefined && this.#compare(last, item) < 0;
  }

  /** Where the first item of the chunk stands that is not below this one. */
  #placeIn(chunk: readonly Item[], item: Item): number {
    let [low, high] = [0, chunk.length];
    const last = chunk[high - 1];
    if (last === undefined || this.#compare(last, item) < 0) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const there = chunk[middle];
      if (there !== undefined && this.#compare(there, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** In the order of their code units; for keys of the store: of their bytes. */
export function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
