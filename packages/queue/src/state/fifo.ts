/**
 * Items per chunk: 1,024 references are 8 KiB, so that a queue of one item stays small and a long one costs an
 * allocation per thousand items.
 */
const CHUNK_ITEMS = 1024;

interface Chunk<Item> {
  readonly items: (Item | undefined)[];
  next: Chunk<Item> | undefined;
}

/** First in, first out, both in constant time. Holds no reference to an item that has left. */
export class Fifo<Item extends object> {
  #head: Chunk<Item> = { items: [], next: undefined };
  #tail = this.#head;
  /** Items of the head chunk that have left. */
  #left = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest item, which `shift` would take. */
  get first(): Item | undefined {
    return this.#head.items[this.#left];
  }

  push(item: Item): void {
    if (this.#tail.items.length === CHUNK_ITEMS) {
      const chunk: Chunk<Item> = { items: [], next: undefined };
      this.#tail.next = chunk;
      this.#tail = chunk;
    }
    this.#tail.items.push(item);
    this.#size += 1;
  }

  shift(): Item | undefined {
    const { items } = this.#head;
    const item = items[this.#left];
    if (item === undefined) return undefined;
    items[this.#left] = undefined;
    this.#left += 1;
    this.#size -= 1;
    if (this.#left === items.length) this.#dropHead();
    return item;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): Generator<Item> {
    for (let chunk: Chunk<Item> | undefined = this.#head; chunk; chunk = chunk.next) {
      for (const item of chunk.items) if (item !== undefined) yield item;
    }
  }

  /** The head chunk is used up: goes on with the next one, or reuses it when it is the only one. */
  #dropHead(): void {
    this.#left = 0;
    if (this.#head.next === undefined) this.#head.items.length = 0;
    else this.#head = this.#head.next;
  }
}
