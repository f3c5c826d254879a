import type { SimMachineHost, SimProcess, SimRandom } from '@rrmq/raft/testing';
import { MemoryStoreHost, QueueMachine } from '@rrmq/queue';

/** Operations of a store that reach a disk. */
const DURABLE = new Set(['flush', 'keep', 'commit']);

/** Where the queue of one node keeps its state, over a store in memory that forgets what was not flushed. */
export class SimQueueHost implements SimMachineHost<QueueMachine> {
  #stores: MemoryStoreHost;
  readonly #newStores: () => MemoryStoreHost;
  #process: SimProcess | undefined;

  /** A durable operation takes as many ms, uniform between the two. */
  constructor(random: SimRandom, [least, most]: readonly [number, number]) {
    this.#newStores = () =>
      new MemoryStoreHost({
        delay: ({ kind }) => {
          if (!DURABLE.has(kind)) return undefined;
          return this.#process?.delay(least + random.next() * (most - least));
        },
      });
    this.#stores = this.#newStores();
  }

  boot(process: SimProcess): QueueMachine {
    this.#process = process;
    return new QueueMachine({ host: this.#stores.mount() });
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
}
