import { assert } from '@rrmq/raft';
import { MemoryImage } from './memory-image.ts';
import {
  type Change,
  type RangeLimit,
  type ReceivingStore,
  type Store,
  StoreCorrupt,
  type StoreEntry,
  type StoreHost,
  type StoreView,
  type WriteLevels,
} from './store.ts';

/** What a store in memory is asked to do, seen by the `delay` hook. */
export type StoreOperationKind =
  'open' | 'receive' | 'commit' | 'flush' | 'keep' | 'discard' | 'turn';

export interface StoreOperation {
  readonly kind: StoreOperationKind;
  /** Changes that are committed or flushed; 0 for other operations. */
  readonly changes: number;
}

export interface MemoryStoreOptions {
  /** Called as an operation begins, which ends after the promise that comes back; default: at once. */
  readonly delay?: (operation: StoreOperation) => Promise<void> | void;
}

/** One store of the directory: what reads see, and what survives. */
interface MemoryFile {
  committed: MemoryImage;
  flushed: MemoryImage;
}

/**
 * The stores of a simulated data directory. It outlives the processes that use it and models both levels of a write:
 * `crash` forgets what was committed and not flushed. Deterministic: the same calls give the same stores.
 *
 * Used directly it belongs to whichever life is now. A process that can be crashed gets a `mount()` of its own.
 */
export class MemoryStoreHost implements StoreHost {
  readonly #delay: (operation: StoreOperation) => Promise<void> | void;
  readonly #failures = new Map<StoreOperationKind, string>();
  /** By generation, or `receiving <generation>`; as programs see them, and as they survive. */
  #files = new Map<string, MemoryFile>();
  #durable = new Map<string, MemoryFile>();
  #lives = 0;

  constructor({ delay = () => undefined }: MemoryStoreOptions = {}) {
    this.#delay = delay;
  }

  /** The host for one life of a process: after `crash` and `kill` nothing that it asks ever ends or has an effect. */
  mount(): StoreHost {
    const life = this.#lives;
    return {
      open: async (generation) => this.#open(life, generation),
      receive: async (generation) => this.#receive(life, generation),
      turn: async () => this.#operate(life, { kind: 'turn', changes: 0 }, () => undefined),
    };
  }

  async open(generation: number): Promise<Store> {
    return this.mount().open(generation);
  }

  async receive(generation: number): Promise<ReceivingStore> {
    return this.mount().receive(generation);
  }

  async turn(): Promise<void> {
    return this.mount().turn();
  }

  /** Power fails: only what is flushed is left. Ends the life of all mounts. */
  crash(): void {
    this.kill();
    this.#files = new Map(this.#durable);
    for (const file of this.#files.values()) file.committed = file.flushed;
  }

  /** The process dies and the machine goes on: what was committed is still seen. Ends the life of all mounts. */
  kill(): void {
    this.#lives += 1;
    this.#failures.clear();
  }

  /** The next operation of this kind fails with `code`; it has no effect then. */
  failNext(kind: StoreOperationKind, code: string): void {
    this.#failures.set(kind, code);
  }

  /** Failures that were ordered and have not been met are taken back. */
  failNever(): void {
    this.#failures.clear();
  }

  /** Changes the value of a key in all stores, durably: for tests of damage. */
  damage(key: Buffer, change: (value: Buffer) => Buffer | undefined): void {
    for (const file of this.#files.values()) {
      const value = file.committed.get(key);
      if (value === undefined) continue;
      file.committed = file.committed.with([{ key, value: change(value) }]);
      file.flushed = file.committed;
    }
  }

  async #open(life: number, generation: number): Promise<Store> {
    return this.#operate(life, { kind: 'open', changes: 0 }, () => {
      const name = `${generation}`;
      const found = this.#files.get(name);
      if (found === undefined && generation > 1) {
        throw new StoreCorrupt(`there is no store of generation ${generation}`);
      }
      const file = found ?? { committed: MemoryImage.empty, flushed: MemoryImage.empty };
      file.flushed = file.committed;
      this.#files = new Map([[name, file]]);
      this.#durable = new Map(this.#files);
      return new MemoryStore(file, this.#runner(life));
    });
  }

  async #receive(life: number, generation: number): Promise<ReceivingStore> {
    const name = `receiving ${generation}`;
    return this.#operate(life, { kind: 'receive', changes: 0 }, () => {
      const file = { committed: MemoryImage.empty, flushed: MemoryImage.empty };
      this.#files.delete(`${generation}`);
      this.#files.set(name, file);
      const store = new MemoryStore(file, this.#runner(life));
      return {
        store,
        keep: async () => {
          await store.close();
          return this.#operate(life, { kind: 'keep', changes: 0 }, () => {
            this.#files.delete(name);
            this.#files.set(`${generation}`, file);
            this.#durable = new Map(this.#files);
          });
        },
        discard: async () => {
          await store.close();
          return this.#operate(life, { kind: 'discard', changes: 0 }, () => {
            this.#files.delete(name);
          });
        },
      };
    });
  }

  #runner(life: number): Runner {
    return async (operation, act) => this.#operate(life, operation, act);
  }

  /** Waits as the hook says, then acts; never ends when the life that it belongs to is over. */
  async #operate<T>(life: number, operation: StoreOperation, act: () => T): Promise<T> {
    if (life !== this.#lives) return never();
    const delayed = this.#delay(operation);
    if (delayed !== undefined) await delayed;
    if (life !== this.#lives) return never();
    const code = this.#failures.get(operation.kind);
    if (code === undefined) return act();
    this.#failures.delete(operation.kind);
    throw Object.assign(new Error(`${code}: ${operation.kind} (simulated)`), { code });
  }
}

type Runner = (operation: StoreOperation, act: () => void) => Promise<void>;

class MemoryStore implements Store {
  readonly #file: MemoryFile;
  readonly #run: Runner;
  readonly #views = new Set<MemoryView>();
  /** Resolves when all writes so far are over. */
  #writes: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: MemoryFile, run: Runner) {
    this.#file = file;
    this.#run = run;
  }

  get(key: Buffer): Buffer | undefined {
    assert(!this.#closed, 'nobody reads from a store that is closed');
    return this.#file.committed.get(key);
  }

  range(from: Buffer, to: Buffer, limit: RangeLimit): StoreEntry[] {
    assert(!this.#closed, 'nobody reads from a store that is closed');
    return this.#file.committed.range(from, to, limit);
  }

  write(changes: readonly Change[]): WriteLevels {
    assert(!this.#closed, 'nobody writes to a store that is closed');
    const file = this.#file;
    const before = this.#writes;
    const count = changes.length;
    let former = file.committed;
    const committed = before.then(async () =>
      this.#run({ kind: 'commit', changes: count }, () => {
        former = file.committed;
        file.committed = former.with(changes);
      }),
    );
    const flushed = committed.then(async () => {
      const { committed: image } = file;
      return this.#run({ kind: 'flush', changes: count }, () => {
        file.flushed = image;
      });
    });
    this.#writes = flushed.catch(() => {
      file.committed = former; // what fails has changed nothing
    });
    committed.catch(() => undefined);
    return { committed, flushed };
  }

  snapshot(): StoreView {
    assert(!this.#closed, 'nobody looks at a store that is closed');
    const view = new MemoryView(this.#file.committed);
    this.#views.add(view);
    return view;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writes;
    for (const view of this.#views) view.close();
  }
}

class MemoryView implements StoreView {
  #image: MemoryImage | undefined;

  constructor(image: MemoryImage) {
    this.#image = image;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#open().get(key);
  }

  range(from: Buffer, to: Buffer, limit: RangeLimit): StoreEntry[] {
    return this.#open().range(from, to, limit);
  }

  close(): void {
    this.#image = undefined;
  }

  #open(): MemoryImage {
    if (this.#image === undefined) throw new Error('the view of the store was closed');
    return this.#image;
  }
}

async function never(): Promise<never> {
  return new Promise<never>(() => undefined);
}
