import type { NodeId, RoleName } from '@rrmq/raft';
import type { SimRandom } from '@rrmq/raft/testing';
import type { Members } from './members.ts';
import type { Cluster } from './sim-client.ts';

/** What may go wrong, and how often relative to the others. */
const FAULTS = [
  'crash',
  'crash-all',
  'kill',
  'kill-leader',
  'pause',
  'split',
  'one-way',
  'heal',
] as const;

/** What operators do, in a part of the seeds. */
const OPERATIONS = ['join', 'leave', 'promote', 'transfer', 'retire'] as const;
const OPERATED_SEEDS = 0.5;

type Fault = (typeof FAULTS | typeof OPERATIONS)[number];

/** Elections are where Raft is delicate: so often a node whose role changes crashes a moment later. */
const CRASH_ON_CHANGE = 0.12;
const MOMENT_MS = 20;

/**
 * In such a part of the seeds leaders rarely last: so often a new leader is cut off a moment later, and the ones before
 * it are let in again. That is how the logs of figure 8 come about, where an entry of an old term is on a majority.
 */
const USURPED_SEEDS = 0.2;
const USURP = 0.8;

/** Between two faults, in ms. */
const GAP_MS = [50, 1200] as const;

/** How long something stays down, paused or cut off, in ms. */
const LASTS_MS = [20, 2500] as const;

/** Breaks things at random until it is told to stop, and mends most of them after a while. */
export class Faults {
  readonly counts = new Map<string, number>();
  readonly #cluster: Cluster;
  readonly #members: Members;
  readonly #random: SimRandom;
  /** Leaders are cut off as soon as they are elected. */
  readonly #usurps: boolean;
  readonly #kinds: readonly [Fault, ...Fault[]];
  #stopped = false;

  constructor(cluster: Cluster, members: Members) {
    this.#cluster = cluster;
    this.#members = members;
    this.#random = cluster.random.fork();
    this.#usurps = this.#random.chance(USURPED_SEEDS);
    this.#kinds = this.#random.chance(OPERATED_SEEDS) ? [...FAULTS, ...OPERATIONS] : FAULTS;
  }

  start(): void {
    this.#cluster.world.after(this.#random.between(...GAP_MS), () => {
      if (this.#stopped) return;
      this.#inject(this.#random.pick(this.#kinds));
      this.start();
    });
  }

  /** A node took another role. */
  roleChanged(id: NodeId, role: RoleName): void {
    if (this.#stopped) return;
    if (this.#usurps && role === 'leader' && this.#random.chance(USURP)) return this.#cutOff(id);
    if (!this.#random.chance(CRASH_ON_CHANGE)) return;
    this.#cluster.world.after(this.#random.next() * MOMENT_MS, () => {
      if (this.#stopped) return;
      this.#count('crash-in-election');
      this.#cluster.crash(id);
      const downMs = this.#random.next() * 10 * MOMENT_MS;
      this.#cluster.world.after(downMs, () => this.#cluster.start(id));
    });
  }

  #cutOff(leader: NodeId): void {
    const { world, network, ids } = this.#cluster;
    world.after(this.#random.next() * MOMENT_MS, () => {
      if (this.#stopped) return;
      this.#count('cut-off-leader');
      const others = ids.filter((id) => id !== leader).map((id) => this.#cluster.addressOf(id));
      network.heal();
      network.partition([this.#cluster.addressOf(leader)], others);
    });
  }

  /** Mends everything: the network is whole and reliable, and all processes run. */
  stop(): void {
    this.#stopped = true;
    const { network } = this.#cluster;
    network.heal();
    Object.assign(network.faults, { drop: 0, duplicate: 0, reorder: 0, minMs: 0.1, maxMs: 1 });
    for (const id of this.#cluster.ids) {
      this.#cluster.resume(id);
      this.#cluster.start(id);
    }
  }

  #inject(fault: Fault): void {
    this.#count(fault);
    const id = this.#anybody();
    switch (fault) {
      case 'crash':
        return this.#down(id, () => this.#cluster.crash(id));
      case 'kill':
        return this.#down(id, () => this.#cluster.kill(id));
      case 'kill-leader':
        return this.#killLeader();
      case 'crash-all':
        // Rarer than the others: it ends what they began.
        if (!this.#random.chance(0.3)) return;
        for (const each of this.#cluster.ids) this.#down(each, () => this.#cluster.crash(each));
        return;
      case 'pause':
        this.#cluster.pause(id);
        this.#after(() => this.#cluster.resume(id));
        return;
      case 'split':
        return this.#split();
      case 'one-way':
        return this.#oneWay(id, this.#anybody());
      case 'heal':
        return this.#cluster.network.heal();
      case 'join':
        return this.#members.join();
      case 'leave':
        return this.#members.leave();
      case 'promote':
        return this.#members.promote();
      case 'transfer':
        return this.#members.transfer();
      case 'retire':
        return this.#members.retireRemoved();
      default:
        fault satisfies never;
    }
  }

  #count(fault: Fault | 'crash-in-election' | 'cut-off-leader'): void {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
  }

  #killLeader(): void {
    const leader = this.#cluster.running.find(({ core }) => core.role === 'leader');
    if (leader !== undefined) {
      const { id } = leader.core;
      this.#down(id, () =>
        this.#random.chance(0.5) ? this.#cluster.kill(id) : this.#cluster.crash(id),
      );
    }
  }

  #down(id: NodeId, end: () => void): void {
    end();
    this.#after(() => this.#cluster.start(id));
  }

  #split(): void {
    const some = this.#cluster.ids.filter(() => this.#random.chance(0.5));
    const others = this.#cluster.ids.filter((id) => !some.includes(id));
    const addresses = (ids: readonly NodeId[]) => ids.map((id) => this.#cluster.addressOf(id));
    this.#cluster.network.partition(addresses(some), addresses(others));
    this.#after(() => this.#cluster.network.heal());
  }

  #oneWay(from: NodeId, to: NodeId): void {
    const { network } = this.#cluster;
    const [here, there] = [this.#cluster.addressOf(from), this.#cluster.addressOf(to)];
    network.block(here, there);
    this.#after(() => network.unblock(here, there));
  }

  #after(mend: () => void): void {
    this.#cluster.world.after(this.#random.between(...LASTS_MS), () => {
      if (!this.#stopped) mend();
    });
  }

  #anybody(): NodeId {
    const [first, ...others] = this.#cluster.ids;
    if (first === undefined) throw new RangeError('a cluster has nodes');
    return this.#random.pick([first, ...others]);
  }
}
