import { EMPTY_LIST, type ListImage } from './list-image.ts';

/** What a store is asked to do, before it happens. */
export type ListStoreStep = 'open' | 'receive' | 'chunk' | 'commit' | 'flush' | 'keep' | 'discard';

/** One state: what reads see, and what survives when power fails. */
interface ListFile {
  committed: ListImage;
  flushed: ListImage;
}

/** The stores of a node as one life of its process uses them. */
export interface ListStore {
  open(generation: number): Promise<ListImage>;
  /** Resolves when the image is durable. */
  flush(generation: number, image: ListImage): Promise<void>;
  /** A step that changes nothing but takes its time. */
  step(step: ListStoreStep): Promise<void>;
  /** A received state is whole: it stands beside the others, durably. */
  keep(generation: number, image: ListImage): Promise<void>;
}

/** Where a node keeps its lists, while processes come and go. A commit survives a kill, a flush a crash. */
export class ListStores {
  readonly #delay: (step: ListStoreStep) => Promise<void> | void;
  #files = new Map<number, ListFile>();
  #durable = new Map<number, ListFile>();
  #lives = 0;

  /** `delay` is called as a step begins, which ends after the promise that comes back. */
  constructor(delay: (step: ListStoreStep) => Promise<void> | void) {
    this.#delay = delay;
  }

  /** What the current process uses: it has no effect any more after its life. */
  mount(): ListStore {
    const life = this.#lives;
    const step = async <T>(kind: ListStoreStep, act: () => T): Promise<T> =>
      this.#step(life, kind, act);
    return {
      open: async (generation) => step('open', () => this.#open(generation)),
      flush: async (generation, image) => {
        const file = this.#file(generation);
        await step('commit', () => (file.committed = image));
        await step('flush', () => (file.flushed = image));
      },
      step: async (kind) => step(kind, () => undefined),
      keep: async (generation, image) =>
        step('keep', () => {
          this.#files.set(generation, { committed: image, flushed: image });
          this.#durable = new Map(this.#files);
        }),
    };
  }

  /** Power fails. */
  crash(): void {
    this.kill();
    this.#files = new Map(this.#durable);
    for (const file of this.#files.values()) file.committed = file.flushed;
  }

  /** The process dies and the machine goes on. */
  kill(): void {
    this.#lives += 1;
  }

  /** A new disk. */
  wipe(): void {
    this.kill();
    this.#files.clear();
    this.#durable.clear();
  }

  /** A copy of what is there, as a backup is. */
  copy(): ReadonlyMap<number, ListImage> {
    return new Map([...this.#files].map(([generation, { committed }]) => [generation, committed]));
  }

  restore(copy: ReadonlyMap<number, ListImage>): void {
    this.wipe();
    for (const [generation, image] of copy) {
      this.#files.set(generation, { committed: image, flushed: image });
    }
    this.#durable = new Map(this.#files);
  }

  #open(generation: number): ListImage {
    if (generation > 1 && !this.#files.has(generation)) {
      throw new Error(`there is no list of generation ${generation}`);
    }
    const file = this.#file(generation);
    file.flushed = file.committed;
    this.#files = new Map([[generation, file]]);
    this.#durable = new Map(this.#files);
    return file.committed;
  }

  #file(generation: number): ListFile {
    return this.#files.get(generation) ?? { committed: EMPTY_LIST, flushed: EMPTY_LIST };
  }

  async #step<T>(life: number, kind: ListStoreStep, act: () => T): Promise<T> {
    if (life !== this.#lives) return never();
    const delayed = this.#delay(kind);
    if (delayed !== undefined) await delayed;
    return life === this.#lives ? act() : never();
  }
}

async function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
