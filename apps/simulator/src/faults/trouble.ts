import type { NodeEvent, NodeId } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Marks } from '../marks.ts';
import type { Cluster } from '../cluster.ts';
import type { SimQueueHost } from '../sim-queue-host.ts';
import { Damage } from './damage.ts';
import type { Ends } from './ends.ts';
import type { Members } from './members.ts';

/** How long something stays down, paused or cut off, in ms. */
const LASTS_MS = [20, 2_500] as const;

/** What is delicate is over by then. */
export const MOMENT_MS = 20;

type Boot = Cluster['running'][number];
type Address = ReturnType<Cluster['addressOf']>;
type Network = Cluster['network']['faults'];

/** Waits for something to happen to a node. */
interface Ambush {
  readonly untilMs: number;
  /** True when it has struck, and is over. */
  readonly strike: (id: NodeId, event: NodeEvent) => boolean;
}

/** What faults do their work on. */
export interface Stage {
  readonly cluster: Cluster;
  readonly members: Members;
  readonly marks: Marks;
  /** Where each node keeps its state. */
  readonly stores: ReadonlyMap<number, SimQueueHost>;
  readonly ends: Ends;
}

/** What faults do their work with. When it ends, all of them are mended at once. */
export class Trouble {
  readonly cluster: Cluster;
  readonly members: Members;
  readonly marks: Marks;
  readonly ends: Ends;
  readonly damage: Damage;
  readonly #stores: Stage['stores'];
  /** How the network is while no fault changes it. */
  readonly #usual: Network;
  readonly #mends = new Set<() => void>();
  /** Which fault changed a thing last. */
  readonly #owners = new Map<string, number>();
  #owned = 0;
  #ambushes: Ambush[] = [];
  #isOver = false;
  #hangsUntilMs = 0;

  constructor({ cluster, members, marks, stores, ends }: Stage) {
    this.cluster = cluster;
    this.members = members;
    this.marks = marks;
    this.ends = ends;
    this.#stores = stores;
    this.#usual = { ...cluster.network.faults };
    this.damage = new Damage(this);
  }

  get leader(): Boot | undefined {
    return this.cluster.leader;
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

  /** The same for what another fault may change meanwhile: then the later one says how it is, and for how long. */
  lastingAs(
    what: string,
    random: SimRandom,
    mend: () => void,
    range: readonly [number, number] = LASTS_MS,
  ): void {
    this.#owned += 1;
    const own = this.#owned;
    this.#owners.set(what, own);
    const mendOwn = (): void => {
      if (this.#owners.get(what) === own) mend();
    };
    this.lasting(random, mendOwn, range);
  }

  /** Its process ends. */
  end(id: NodeId, how: 'crash' | 'kill'): void {
    const core = this.cluster.bootOf(id)?.core;
    if (core !== undefined) this.marks.ending(core);
    this.cluster[how](id);
  }

  /** The process of a node ends, and comes back after a while. */
  down(random: SimRandom, id: NodeId, how: 'crash' | 'kill'): void {
    this.end(id, how);
    this.lasting(random, () => this.cluster.start(id));
  }

  /** A moment from now a node loses power, and is back a moment later. */
  crashSoon(random: SimRandom, id: NodeId): void {
    const downMs = random.next() * 10 * MOMENT_MS;
    this.later(random.next() * MOMENT_MS, () => {
      this.end(id, 'crash');
      this.cluster.world.after(downMs, () => this.cluster.start(id));
    });
  }

  /** The network is so, for a while. */
  weather(random: SimRandom, what: keyof Network, value: number): void {
    this.cluster.network.faults[what] = value;
    this.lastingAs(`network ${what}`, random, () => {
      this.cluster.network.faults[what] = this.#usual[what];
    });
  }

  /** SIGSTOP, and SIGCONT after a while. */
  pause(random: SimRandom, id: NodeId): void {
    this.cluster.pause(id);
    this.lastingAs(`process ${id}`, random, () => this.cluster.resume(id));
  }

  /** Durable writes of a node, of its log and of its store, take so long for a while. */
  slowDisk(random: SimRandom, id: NodeId, diskMs: readonly [number, number]): void {
    const { cluster } = this;
    const take = (ms: readonly [number, number]): void => {
      const store = this.storeOf(id);
      if (store === undefined) return;
      store.diskMs = ms;
      cluster.setDiskMs(id, ms);
    };
    take(diskMs);
    this.lastingAs(`disk ${id}`, random, () => {
      take(cluster.usualDiskMs);
      this.#hangsUntilMs = Math.max(this.#hangsUntilMs, cluster.world.now() + diskMs[1]);
    });
  }

  /** Writes that began while a disk was slow are over by then. */
  get hangsUntilMs(): number {
    return this.#hangsUntilMs;
  }

  /** Where the node keeps its state; none of one that has retired. */
  storeOf(id: NodeId): SimQueueHost | undefined {
    return this.has(id) ? this.#stores.get(id) : undefined;
  }

  /** The node has not retired. */
  has(id: NodeId): boolean {
    return this.cluster.ids.includes(id);
  }

  /** For `ms`, waits for what happens to any node. */
  ambush(ms: number, strike: Ambush['strike']): void {
    this.#ambushes.push({ untilMs: this.cluster.world.now() + ms, strike });
  }

  event(id: NodeId, event: NodeEvent): void {
    if (event.kind === 'opened') this.damage.opened(id);
    this.#meet(id, event);
  }

  anybody(random: SimRandom): NodeId {
    const [first, ...others] = this.cluster.ids;
    if (first === undefined) throw new RangeError('a cluster has nodes');
    return random.pick([first, ...others]);
  }

  addressesOf(ids: readonly NodeId[]): Address[] {
    return ids.map((id) => this.cluster.addressOf(id));
  }

  /** Mends everything: the network is whole and reliable, and all processes run. */
  stop(): void {
    this.#isOver = true;
    for (const mend of this.#mends) mend();
    this.#mends.clear();
    const { network } = this.cluster;
    network.heal();
    Object.assign(network.faults, { drop: 0, duplicate: 0, reorder: 0, minMs: 0.1, maxMs: 1 });
    for (const id of this.cluster.ids) {
      this.cluster.resume(id);
      this.cluster.start(id);
    }
  }

  #meet(id: NodeId, event: NodeEvent): void {
    if (this.#isOver || this.#ambushes.length === 0) return;
    const nowMs = this.cluster.world.now();
    const waiting = this.#ambushes.filter(({ untilMs }) => untilMs > nowMs);
    const struck = waiting.find(({ strike }) => strike(id, event));
    this.#ambushes = waiting.filter((ambush) => ambush !== struck);
  }
}
