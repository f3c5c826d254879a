import type { SimMachineHost, SimProcess, SimRandom } from '@rrmq/raft/testing';
import { MemoryStoreHost, QueueMachine } from '@rrmq/queue';

/** Operations of a store that reach a disk. */
const DURABLE = new Set(['flush', 'keep', 'commit']);

interface SimQueueHostOptions {
  /** A durable operation takes as many ms, uniform between the two. */
  readonly diskMs: readonly [number, number];
  /** What one chunk of a snapshot carries at most. */
  readonly chunkPayloadBytes: number;
}

/** Where the queue of one node keeps its state, over a store in memory that forgets what was not flushed. */
export class SimQueueHost implements SimMachineHost<QueueMachine> {
  #stores: MemoryStoreHost;
  readonly #newStores: () => MemoryStoreHost;
  readonly #chunkPayloadBytes: number;
  /** A durable operation takes so long, uniform between the two, from now on. */
  diskMs: readonly [number, number];
  #process: SimProcess | undefined;

  constructor(random: SimRandom, { diskMs, chunkPayloadBytes }: SimQueueHostOptions) {
    this.diskMs = diskMs;
    this.#chunkPayloadBytes = chunkPayloadBytes;
    this.#newStores = () =>
      new MemoryStoreHost({
        delay: ({ kind }) => {
          if (!DURABLE.has(kind)) return undefined;
          const [least, most] = this.diskMs;
          return this.#process?.delay(least + random.next() * (most - least));
        },
      });
    this.#stores = this.#newStores();
  }

  boot(process: SimProcess): QueueMachine {
    this.#process = process;
    const chunkPayloadBytes = this.#chunkPayloadBytes;
    return new QueueMachine({ host: this.#stores.mount(), chunkPayloadBytes });
  }

  crash(): void {
    this.#stores.crash();
  }

  kill(): void {
    this.#stores.kill();
  }

  /** All that was kept is gone. Only while no process uses it. */
  wipe(): void {
    this.#stores = this.#newStores();
  }

  /** The next operation of this kind fails with `code`. */
  failNext(kind: 'commit' | 'flush' | 'keep', code: 'EIO' | 'ENOSPC'): void {
    this.#stores.failNext(kind, code);
  }

  /** Failures that were ordered and have not been met are taken back. */
  failNever(): void {
    this.#stores.failNever();
  }
}
