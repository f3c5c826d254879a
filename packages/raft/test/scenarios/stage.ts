import type { MembershipOutcome, Outcome, ReadOutcome } from '../../src/driver/group.ts';
import type { MembershipChange } from '../../src/core/membership-change.ts';
import { type NodeId, nodeId } from '../../src/core/numbers.ts';
import type { CommandEffect } from '../../src/driver/group.ts';
import type { NodeEvent } from '../../src/driver/node-events.ts';
import type { SimBoot, SimClusterOptions } from '../../src/testing/sim-cluster-options.ts';
import { SimCluster } from '../../src/testing/sim-cluster.ts';
import type { SimProcess } from '../../src/testing/sim-process.ts';
import type { SimRandom } from '../../src/testing/sim-random.ts';
import { ListMachine } from './list-machine.ts';
import { ListStores } from './list-store.ts';
import { drain } from './scenario.ts';

export type Boot = SimBoot<number, ListMachine>;
type ClusterOptions = SimClusterOptions<number, ListMachine>;

/** A cluster without faults has no excuse: three election timeouts. */
export const RECOVERY_MS = 1_800;

/** A change that is not done is asked for again after this. */
const PATIENCE_MS = 100;

/** Conditions are looked at this often: most take longer to compute than a step takes. */
const LOOK_MS = 0.2;

/** A log is compacted as it grows: at the latest after so many further items. */
const COMPACTION_TRIES = 20;

const PASSING = new Set(['not-leader', 'unconfirmed', 'transferring', 'change-in-progress']);

const isPassing = (outcome: MembershipOutcome): boolean =>
  outcome.kind === 'unknown' || (outcome.kind === 'refused' && PASSING.has(outcome.reason));

export interface StageOptions extends Pick<
  ClusterOptions,
  'network' | 'node' | 'diskMs' | 'onDisk' | 'clock'
> {
  readonly size?: number;
  /** Of a snapshot. Default 400: several make one. */
  readonly chunkBytes?: number;
  /** Called with what each store is asked to do, before it happens. */
  readonly onStore?: (id: NodeId, step: string) => void;
  readonly onEvent?: (id: NodeId, event: NodeEvent) => void;
}

/** A proposal, and what came of it. */
export interface Offer {
  readonly text: string;
  outcome: Outcome<number> | undefined;
}

/** A read, what came of it, and what was acknowledged before it began. */
export interface Read {
  mustSee: number;
  outcome: ReadOutcome | undefined;
}

/** Logs are compacted as soon as a segment is full and flushed: who is away for long needs a snapshot. */
export const COMPACTING = {
  flush: { flushEntries: 5, flushAfterMs: 50 },
  keepLogBytes: 0,
  segmentBytes: { first: 4_096, later: 4_096 },
} as const;

/** A simulated cluster whose nodes replicate a list, and those who use and operate it. */
export class Stage {
  readonly cluster: SimCluster<number, ListMachine>;
  readonly random: SimRandom;
  readonly events: { readonly id: NodeId; readonly atMs: number; readonly event: NodeEvent }[] = [];
  /** Everything that was acknowledged, in the order of the answers. */
  readonly acked: string[] = [];
  /** The highest index that was acknowledged. */
  ackedIndex = 0;
  /** By order of creation, which is the order of ids. */
  readonly #stores: ListStores[] = [];

  constructor(seed: number, { size = 3, chunkBytes = 400, ...options }: StageOptions = {}) {
    const { onStore, onEvent, ...forCluster } = options;
    this.cluster = new SimCluster<number, ListMachine>({
      ...forCluster,
      size,
      seed,
      machines: (random) => this.#newHost(random, chunkBytes, onStore),
      hashOf: ({ image }) => image.hash,
      onEvent: (id, event) => {
        this.events.push({ id, atMs: this.nowMs, event });
        onEvent?.(id, event);
      },
      drain,
    });
    this.random = this.cluster.random.fork();
    this.cluster.startAll();
  }

  get nowMs(): number {
    return this.cluster.world.now();
  }

  get ids(): readonly NodeId[] {
    return this.cluster.ids;
  }

  /** Events of this kind, of this node or of all. */
  seen<Kind extends NodeEvent['kind']>(
    kind: Kind,
    id?: NodeId,
  ): Extract<NodeEvent, { kind: Kind }>[] {
    return this.events.flatMap(({ id: of, event }) =>
      event.kind === kind && (id === undefined || id === of)
        ? [event as Extract<NodeEvent, { kind: Kind }>]
        : [],
    );
  }

  /** The running node; it must run. */
  node(id: NodeId): Boot {
    const boot = this.cluster.bootOf(id);
    if (boot === undefined) throw new Error(`node ${id} does not run\n${this.picture}`);
    return boot;
  }

  /** Whoever leads in the highest term; somebody must. */
  get leader(): Boot {
    const leader = this.maybeLeader();
    if (leader === undefined) throw new Error(`nobody leads\n${this.picture}`);
    return leader;
  }

  maybeLeader(): Boot | undefined {
    return this.cluster.leader;
  }

  get leaderId(): NodeId {
    return this.leader.core.id;
  }

  /** All nodes but these. */
  others(...ids: readonly NodeId[]): NodeId[] {
    return this.ids.filter((id) => !ids.includes(id));
  }

  /** Some node other than these, by chance. */
  other(...ids: readonly NodeId[]): NodeId {
    const [first, ...rest] = this.others(...ids);
    if (first === undefined) throw new RangeError('there is no other node');
    return this.random.pick([first, ...rest]);
  }

  async run(ms: number): Promise<void> {
    await this.cluster.run(this.nowMs + ms);
  }

  /** Runs until `done`; fails when that takes too long. Returns how long it took. */
  async until(what: string, done: () => boolean, withinMs = RECOVERY_MS): Promise<number> {
    const before = this.nowMs;
    let lookedAtMs = Number.NEGATIVE_INFINITY;
    const looks = (): boolean => {
      if (this.nowMs - lookedAtMs < LOOK_MS) return false;
      lookedAtMs = this.nowMs;
      return done();
    };
    const reached = await this.cluster.run(before + withinMs, looks);
    if (this.#stale !== undefined) throw new Error(this.#stale);
    if (reached) return this.nowMs - before;
    throw new Error(`not within ${withinMs} ms: ${what}\n${this.picture}`);
  }

  /** Runs until the promise is kept. */
  async settled<T>(what: string, promise: Promise<T>): Promise<T> {
    let settled = false;
    void promise.then(() => (settled = true));
    await this.until(what, () => settled);
    return promise;
  }

  /** A leader serves, one of these when they are named. */
  async elect(among: readonly NodeId[] = this.ids, withinMs = RECOVERY_MS): Promise<Boot> {
    const found = (): Boot | undefined =>
      this.cluster.running.find(
        ({ core }) => core.role === 'leader' && core.serving && among.includes(core.id),
      );
    await this.until('a leader is elected', () => found() !== undefined, withinMs);
    return found() ?? this.leader;
  }

  /** A leader serves, and all follow it and hold the same. */
  async begin(): Promise<Boot> {
    await this.elect();
    await this.converge();
    return this.leader;
  }

  /** Puts an item on the list, through this node; what comes of it is seen later. */
  offer(text: string, at: Boot = this.leader, effect?: CommandEffect): Offer {
    const offer: Offer = { text, outcome: undefined };
    at.process.run(() =>
      at.node.propose(
        Buffer.from(text),
        (outcome) => {
          offer.outcome = outcome;
          if (outcome.kind !== 'committed') return;
          this.acked.push(text);
          this.ackedIndex = Math.max(this.ackedIndex, outcome.index);
        },
        effect,
      ),
    );
    return offer;
  }

  /** Puts items on the list, one after the other; all must be acknowledged. */
  async commit(count: number, bytes = 10): Promise<void> {
    for (let nth = 0; nth < count; nth += 1) {
      const offer = this.offer(this.text(bytes));
      await this.until('an item is acknowledged', () => offer.outcome !== undefined);
      if (offer.outcome?.kind !== 'committed') {
        throw new Error(`an item ended ${JSON.stringify(offer.outcome)}\n${this.picture}`);
      }
    }
  }

  /** Puts large items on the list until the leader's log no longer holds what follows this entry. */
  async compactBeyond(index: number): Promise<void> {
    await this.commit(10, 1_000);
    for (let tries = 0; this.leader.core.compacted <= index; tries += 1) {
      if (tries > COMPACTION_TRIES) throw new Error(`nothing is compacted\n${this.picture}`);
      await this.commit(1, 1_000);
    }
  }

  /** A text that was never used before. */
  text(bytes = 10): string {
    this.#texts += 1;
    return `item ${this.#texts}`.padEnd(bytes, '.');
  }

  #texts = 0;
  /** A read that showed the past. */
  #stale: string | undefined;

  /** Whoever leads is offered an item every few ms, until the returned function is called. */
  load(everyMs = 10, bytes = 10): { readonly offers: readonly Offer[]; stop(): void } {
    const offers: Offer[] = [];
    let stopped = false;
    const next = (): void => {
      if (stopped) return;
      const leader = this.maybeLeader();
      if (leader !== undefined) offers.push(this.offer(this.text(bytes), leader));
      this.cluster.world.after(everyMs * (0.5 + this.random.next()), next);
    };
    next();
    return { offers, stop: () => void (stopped = true) };
  }

  /** Asks for all that is committed by now. */
  read(at: Boot = this.leader): Read {
    const read: Read = { mustSee: this.ackedIndex, outcome: undefined };
    at.process.run(() => {
      read.mustSee = this.ackedIndex;
      at.node.read((outcome) => {
        read.outcome = outcome;
        const { index } = at.machine.image;
        if (outcome.kind === 'ready' && index < read.mustSee) {
          this.#stale = `a read shows entry ${index}, and ${read.mustSee} was acknowledged`;
        }
      });
    });
    return read;
  }

  /** Asks for a change of membership until it is done or refused for good. */
  async change(change: MembershipChange): Promise<MembershipOutcome> {
    let outcome: MembershipOutcome | undefined;
    const ask = (): void => {
      const leader = this.maybeLeader();
      if (outcome !== undefined) return;
      // Whoever is asked may die, or lose the lead, without an answer.
      this.cluster.world.after(PATIENCE_MS, ask);
      leader?.node.admin.changeMembers(change, (answer) => {
        if (answer.kind === 'done' || !isPassing(answer)) outcome = answer;
      });
    };
    ask();
    await this.until('the change ends', () => outcome !== undefined, 2 * RECOVERY_MS);
    if (outcome === undefined) throw new Error('unreachable');
    return outcome;
  }

  /** Adds a node, starts it, and says which one it is. */
  async join(as: 'voter' | 'learner' = 'voter', replaces?: NodeId): Promise<NodeId> {
    const address = this.cluster.newAddress();
    const instanceId = Array.from({ length: 32 }, () => this.random.between(0, 9)).join('');
    const outcome = await this.change({ kind: 'add', address, instanceId, as, replaces });
    if (outcome.kind !== 'done' || outcome.id === undefined) {
      throw new Error(`nobody could join: ${JSON.stringify(outcome)}`);
    }
    const [anybody = this.leader] = this.cluster.running;
    const { clusterId, clusterEpoch } = anybody.node.identity;
    const { id, configuration } = outcome;
    this.cluster.join({ nodeId: id, clusterId, clusterEpoch, instanceId, configuration }, address);
    return id;
  }

  async isVoter(id: NodeId): Promise<void> {
    await this.until(`node ${id} is a voter`, () => {
      const core = this.maybeLeader()?.core;
      return core?.isSettled === true && core.configuration.voters.includes(id);
    });
  }

  /** Nothing gets through between these nodes and all others, but for what the network heals. */
  cutOff(...ids: readonly NodeId[]): void {
    const addresses = (of: readonly NodeId[]) => of.map((id) => this.cluster.addressOf(id));
    this.cluster.network.partition(addresses(ids), addresses(this.others(...ids)));
  }

  heal(): void {
    this.cluster.network.heal();
  }

  /** Nothing gets from the one to the others. */
  block(from: readonly NodeId[], to: readonly NodeId[]): void {
    for (const one of from) {
      for (const other of to) {
        if (one === other) continue;
        this.cluster.network.block(this.cluster.addressOf(one), this.cluster.addressOf(other));
      }
    }
  }

  /** SIGTERM: leadership is handed over, what is accepted is ended, then the process is gone. */
  async stop(id: NodeId): Promise<void> {
    const { node } = this.node(id);
    const stopped = node.handOver().then(async () => node.stop());
    await this.settled(`node ${id} stops`, stopped);
    this.cluster.kill(id);
  }

  storesOf(id: NodeId): ListStores {
    const stores = this.#stores[id - 1];
    if (stores === undefined) throw new RangeError(`there is no node ${id}`);
    return stores;
  }

  /** All nodes run, follow one leader and hold the same; everything that was acknowledged is there. */
  async converge(withinMs = 2 * RECOVERY_MS): Promise<void> {
    await this.until('all nodes hold the same', () => this.#isConverged(), withinMs);
    const { items } = this.leader.machine.image;
    const there = new Set(items);
    const lost = this.acked.filter((text) => !there.has(text));
    if (lost.length > 0 && !this.acked.includes('-')) throw new Error(`lost: ${lost.join(', ')}`);
    if (there.size !== items.length) throw new Error('an item is there twice');
  }

  #isConverged(): boolean {
    const { running } = this.cluster;
    const leader = this.maybeLeader();
    if (leader === undefined || !leader.core.serving || running.length !== this.ids.length) {
      return false;
    }
    const { id, term, last } = leader.core;
    return running.every(
      ({ core, machine }) =>
        core.leader === id &&
        core.term === term &&
        core.applied === last &&
        machine.image.hash === leader.machine.image.hash,
    );
  }

  /** A line for each node, for people. */
  get picture(): string {
    const lines = this.ids.map((id) => {
      const core = this.cluster.bootOf(id)?.core;
      if (core === undefined) return `node ${id}: does not run`;
      const { role, term, leader, compacted, applied, committed, durable, last } = core;
      const { voters, outgoing, learners } = core.configuration;
      return `node ${id}: ${role} of term ${term}, leader ${leader}, ${compacted} compacted, ${applied} applied, ${committed} committed, ${durable} durable, ${last} last; voters ${voters.join(' ')} (${outgoing.join(' ')}), learners ${learners.join(' ')}`;
    });
    return [`at ${this.nowMs.toFixed(1)} ms`, ...lines].join('\n');
  }

  #newHost(random: SimRandom, chunkBytes: number, onStore?: StageOptions['onStore']) {
    const id = nodeId(this.#stores.length + 1);
    let process: SimProcess | undefined;
    const stores = new ListStores((step) => {
      onStore?.(id, step);
      return process?.delay(0.1 + random.next());
    });
    this.#stores.push(stores);
    return {
      boot: (started: SimProcess) => {
        process = started;
        return new ListMachine(stores.mount(), chunkBytes);
      },
      crash: () => stores.crash(),
      kill: () => stores.kill(),
    };
  }
}
