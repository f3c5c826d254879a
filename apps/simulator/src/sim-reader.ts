import type { SimRandom } from '@rrmq/raft/testing';
import type { Boot, Cluster } from './sim-client.ts';
import type { SimReads } from './sim-reads.ts';

/** Between two reads, up to so many ms: a deposed leader that does not know it yet lasts some 200. */
const REST_MS = 150;

/** Shares of the reads that go to any node; the others go to one that thinks that it leads. */
const ANYBODY = 0.2;

/**
 * Reads on and on, and waits for nobody: clients that wait for an answer of a leader that was cut off ask it nothing
 * more, so that hardly one of them would see what it shows in its last moments.
 */
export class SimReader {
  readonly #cluster: Cluster;
  readonly #reads: SimReads;
  readonly #random: SimRandom;
  #stopped = false;

  constructor(cluster: Cluster, reads: SimReads) {
    this.#cluster = cluster;
    this.#reads = reads;
    this.#random = cluster.random.fork();
  }

  start(): void {
    if (this.#stopped) return;
    const target = this.#target();
    if (target !== undefined) this.#reads.read(target, () => undefined);
    this.#cluster.world.after(this.#random.next() * REST_MS, () => this.start());
  }

  stop(): void {
    this.#stopped = true;
  }

  #target(): Boot | undefined {
    const { running } = this.#cluster;
    const leaders = running.filter(({ core }) => core.role === 'leader');
    const [first, ...others] = this.#random.chance(ANYBODY) ? running : leaders;
    return first === undefined ? undefined : this.#random.pick([first, ...others]);
  }
}
