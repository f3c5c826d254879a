import type { SimRandom } from '@rrmq/raft/testing';
import type { Boot, Cluster } from '../cluster.ts';
import type { Reads } from './reads.ts';

/** Between two looks at the cluster, up to so many ms: a deposed leader that does not know it yet lasts some 200. */
const REST_MS = 100;

/** The part of the looks that leads to a read while at most one node thinks that it leads; else every one does. */
const AT_EASE = 0.15;

/** Shares of those reads that go to any node; the others go to the leader. */
const ANYBODY = 0.4;

/**
 * Reads on and on, most of all while two nodes think that they lead, and waits for nobody: clients that wait for an answer of a leader that was cut off ask it nothing
 * more, so that hardly one of them would see what it shows in its last moments.
 */
export class Reader {
  readonly #cluster: Cluster;
  readonly #reads: Reads;
  readonly #random: SimRandom;
  #stopped = false;

  constructor(cluster: Cluster, reads: Reads) {
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
    const isAtEase = leaders.length <= 1;
    if (isAtEase && !this.#random.chance(AT_EASE)) return undefined;
    const [first, ...others] = isAtEase && this.#random.chance(ANYBODY) ? running : leaders;
    return first === undefined ? undefined : this.#random.pick([first, ...others]);
  }
}
