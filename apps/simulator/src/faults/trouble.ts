import type { NodeId, RoleName } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Cluster } from '../sim-client.ts';
import type { Members } from './members.ts';

/** How long something stays down, paused or cut off, in ms. */
const LASTS_MS = [20, 2_500] as const;

type Boot = Cluster['running'][number];
type Address = ReturnType<Cluster['addressOf']>;

/** Waits for a node to take another role. */
interface Ambush {
  readonly untilMs: number;
  /** True when it has struck, and is over. */
  readonly strike: (id: NodeId, role: RoleName) => boolean;
}

/** What faults do their work with. When it ends, all of them are mended at once. */
export class Trouble {
  readonly cluster: Cluster;
  readonly members: Members;
  readonly #mends = new Set<() => void>();
  #ambushes: Ambush[] = [];
  #isOver = false;

  constructor(cluster: Cluster, members: Members) {
    this.cluster = cluster;
    this.members = members;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get leader(): Boot | undefined {
    return this.cluster.running.find(({ core }) => core.role === 'leader');
  }

  /** Does it after a while, unless all faults have ended by then. */
  later(ms: number, act: () => void): void {
    this.cluster.world.after(ms, () => {
      if (!this.#isOver) act();
    });
  }

  /** Mends after a random while, and at the latest when all faults end. */
  lasting(
    random: SimRandom,
    mend: () => void,
    [least, most]: readonly [number, number] = LASTS_MS,
  ): void {
    this.#mends.add(mend);
    this.cluster.world.after(random.between(least, most), () => {
      if (this.#mends.delete(mend)) mend();
    });
  }

  /** The process of a node ends, and comes back after a while. */
  down(random: SimRandom, id: NodeId, end: 'crash' | 'kill'): void {
    this.cluster[end](id);
    this.lasting(random, () => this.cluster.start(id));
  }

  /** For `ms`, a change of any node's role is met. */
  ambush(ms: number, strike: Ambush['strike']): void {
    this.#ambushes.push({ untilMs: this.cluster.world.now() + ms, strike });
  }

  roleChanged(id: NodeId, role: RoleName): void {
    if (this.#isOver || this.#ambushes.length === 0) return;
    const nowMs = this.cluster.world.now();
    const waiting = this.#ambushes.filter(({ untilMs }) => untilMs > nowMs);
    const struck = waiting.find(({ strike }) => strike(id, role));
    this.#ambushes = waiting.filter((ambush) => ambush !== struck);
  }

  anybody(random: SimRandom): NodeId {
    const [first, ...others] = this.cluster.ids;
    if (first === undefined) throw new RangeError('a cluster has nodes');
    return random.pick([first, ...others]);
  }

  addressesOf(ids: readonly NodeId[]): Address[] {
    return ids.map((id) => this.cluster.addressOf(id));
  }

  /** Mends everything: the network is whole, and all processes run. */
  end(): void {
    this.#isOver = true;
    for (const mend of this.#mends) mend();
    this.#mends.clear();
    this.cluster.network.heal();
    for (const id of this.cluster.ids) {
      this.cluster.resume(id);
      this.cluster.start(id);
    }
  }
}
