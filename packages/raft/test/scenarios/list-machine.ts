import { crc32 } from 'node:zlib';
import type { LogIndex, LogTime } from '../../src/core/numbers.ts';
import type { MachineSnapshot, SnapshotSink, StateMachine } from '../../src/ports.ts';
import { EMPTY_LIST, type ListImage, chunksOf, dataOf, imageOf } from './list-image.ts';
import type { ListStore } from './list-store.ts';

/** Takes the oldest item off the list; every other command is an item that is put at its end. */
export const DROP = '-';

/** A replicated list: the smallest machine with a store of its own. The result of a command is the list's length. */
export class ListMachine implements StateMachine<number> {
  readonly #store: ListStore;
  readonly #chunkBytes: number;
  #image = EMPTY_LIST;
  #flushed = EMPTY_LIST;
  #generation = 1;

  constructor(store: ListStore, chunkBytes: number) {
    this.#store = store;
    this.#chunkBytes = chunkBytes;
  }

  get image(): ListImage {
    return this.#image;
  }

  get flushedIndex(): LogIndex {
    return this.#flushed.index;
  }

  get dirtyBytes(): number {
    return this.#image.index - this.#flushed.index;
  }

  async open(generation: number): Promise<void> {
    this.#generation = generation;
    this.#image = await this.#store.open(generation);
    this.#flushed = this.#image;
  }

  apply(command: Buffer, at: LogTime, index: LogIndex): number {
    const text = command.toString();
    const { items } = this.#image;
    this.#become(text === DROP ? items.slice(1) : [...items, text], { text, at, index });
    return this.#image.items.length;
  }

  termStart(at: LogTime, gapMs: number, index: LogIndex): void {
    this.#become(this.#image.items, { text: `term after ${gapMs} ms`, at, index });
  }

  async flush(): Promise<LogIndex> {
    const image = this.#image;
    await this.#store.flush(this.#generation, image);
    this.#flushed = image;
    return image.index;
  }

  openSnapshot(): MachineSnapshot {
    const { index, at } = this.#flushed;
    const chunks = chunksOf(this.#flushed, this.#chunkBytes);
    return {
      index,
      at,
      chunks: async function* chunked() {
        yield* chunks;
      },
      close: () => undefined,
    };
  }

  async receive(generation: number): Promise<SnapshotSink> {
    const received: Buffer[] = [];
    await this.#store.step('receive');
    return {
      write: async (chunk) => {
        const data = dataOf(chunk);
        await this.#store.step('chunk');
        received.push(data);
      },
      finish: async () => {
        const image = imageOf(received);
        await this.#store.keep(generation, image);
        return image;
      },
      abort: async () => this.#store.step('discard'),
    };
  }

  async adopt(generation: number): Promise<void> {
    return this.open(generation);
  }

  async close(): Promise<void> {
    return undefined;
  }

  #become(
    items: readonly string[],
    { text, at, index }: { text: string; at: LogTime; index: LogIndex },
  ): void {
    this.#image = { index, at, items, hash: crc32(`${index} ${at} ${text}`, this.#image.hash) };
  }
}
