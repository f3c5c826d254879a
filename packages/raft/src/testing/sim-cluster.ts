import type { Member } from '../core/configuration.ts';
import { type LogIndex, type NodeId, type LogTime, nodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import { clusterIdOf } from '../driver/membership.ts';
import type { NodeEvent } from '../driver/node-events.ts';
import type { RaftNodeOptions } from '../driver/node-options.ts';
import { RaftNode } from '../driver/raft-node.ts';
import type { MachineSnapshot, PeerAddress, StateMachine } from '../ports.ts';
import { Safety } from './safety.ts';
import { SimDisk } from './sim-disk.ts';
import { type SimNetworkFaults, SimNetwork } from './sim-network.ts';
import { type ClockFault, SimProcess } from './sim-process.ts';
import { SimRandom } from './sim-random.ts';
import { SimWorld } from './sim-world.ts';

const DIRECTORY = '/data';

/** One boot of a node. */
export interface SimBoot<Result, Machine extends StateMachine<Result>> {
  readonly process: SimProcess;
  readonly machine: Machine;
  readonly node: RaftNode<Result>;
  readonly core: Raft;
}

/** A place where a node runs: its disk stays when its process dies. */
interface SimSite<Result, Machine extends StateMachine<Result>> {
  readonly id: NodeId;
  readonly address: PeerAddress;
  readonly disk: SimDisk;
  readonly clock: ClockFault;
  /** Set from the moment a process starts. */
  process: SimProcess | undefined;
  /** Set once the process has opened its data directory. */
  boot: SimBoot<Result, Machine> | undefined;
}

export interface SimClusterOptions<Result, Machine extends StateMachine<Result>> {
  readonly size: number;
  readonly seed: number;
  readonly machine: () => Machine;
  readonly network?: Partial<SimNetworkFaults>;
  readonly limits?: RaftNodeOptions<Result>['limits'];
  /** Time that a durable write takes, uniform between the two, in ms. Default 0.1 … 3. */
  readonly diskMs?: readonly [number, number];
  /** Clocks of the node with this id. Default: right. */
  readonly clock?: (id: NodeId) => ClockFault;
  readonly onEvent?: (id: NodeId, event: NodeEvent) => void;
  /** Lets all promises that can go on do so. */
  readonly drain: () => Promise<void>;
}

/**
 * Real nodes – core, driver, transport, log – in one thread over simulated clocks, disks and a network. One seed decides
 * everything; the promises of Raft are checked after every step.
 */
export class SimCluster<Result, Machine extends StateMachine<Result>> {
  readonly world = new SimWorld();
  readonly random: SimRandom;
  readonly network: SimNetwork;
  readonly safety = new Safety();
  readonly #options: SimClusterOptions<Result, Machine>;
  readonly #sites: SimSite<Result, Machine>[];
  readonly #members: readonly Member[];
  #failure: unknown;

  constructor(options: SimClusterOptions<Result, Machine>) {
    this.#options = options;
    this.random = new SimRandom(options.seed);
    this.network = new SimNetwork(this.world, this.random.fork(), options.network);
    const ids = Array.from({ length: options.size }, (_, place) => nodeId(place + 1));
    this.#members = ids.map((id) => ({
      id,
      address: { ip: `node-${id}`, port: 1, internalPort: 2 },
    }));
    this.#sites = ids.map((id) => this.#newSite(id));
  }

  get ids(): readonly NodeId[] {
    return this.#sites.map(({ id }) => id);
  }

  /** The nodes whose process runs and has opened its log. */
  get running(): readonly SimBoot<Result, Machine>[] {
    return this.#sites.flatMap(({ boot }) => (boot === undefined ? [] : [boot]));
  }

  bootOf(id: NodeId): SimBoot<Result, Machine> | undefined {
    return this.#site(id).boot;
  }

  isUp(id: NodeId): boolean {
    return this.#site(id).process !== undefined;
  }

  addressOf(id: NodeId): PeerAddress {
    return this.#site(id).address;
  }

  diskOf(id: NodeId): SimDisk {
    return this.#site(id).disk;
  }

  /** Starts the process of a node. It is in `running` once it has opened its log. */
  start(id: NodeId): void {
    const site = this.#site(id);
    if (site.process !== undefined) return;
    const process = new SimProcess(this.world, site.clock);
    site.process = process;
    void this.#boot(site, process);
  }

  startAll(): void {
    for (const { id } of this.#sites) this.start(id);
  }

  /** The machine loses power: unsynced writes are lost, in part or wholly. */
  crash(id: NodeId): void {
    this.#end(id, (disk) => disk.crash());
  }

  /** SIGKILL: what was written stays in the page cache. */
  kill(id: NodeId): void {
    this.#end(id, (disk) => disk.kill());
  }

  /** SIGSTOP and SIGCONT. */
  pause(id: NodeId): void {
    this.#site(id).process?.pause();
  }

  resume(id: NodeId): void {
    this.#site(id).process?.resume();
  }

  /** Runs until `done` or until virtual time is `untilMs`; says which. Throws when a promise of Raft is broken. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    while (!done()) {
      if (this.world.now() >= untilMs || !this.world.step()) return false;
      await this.#options.drain();
      this.#check();
    }
    return true;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    for (const { boot } of this.#sites) if (boot !== undefined) this.safety.observe(boot.core);
  }

  #newSite(id: NodeId): SimSite<Result, Machine> {
    const random = this.random.fork();
    const [least, most] = this.#options.diskMs ?? [0.1, 3];
    const site: SimSite<Result, Machine> = {
      id,
      address: { ip: `node-${id}`, port: 2 },
      clock: this.#options.clock?.(id) ?? { skewMs: 0, rate: 1 },
      process: undefined,
      boot: undefined,
      disk: new SimDisk({
        random: this.random.fork(),
        delay: ({ kind }) => {
          if (kind !== 'write' && kind !== 'sync') return undefined;
          return site.process?.delay(least + random.next() * (most - least));
        },
      }),
    };
    return site;
  }

  async #boot(site: SimSite<Result, Machine>, process: SimProcess): Promise<void> {
    const { id, disk, address } = site;
    const machine = this.#options.machine();
    let core: Raft | undefined;
    try {
      const node = await RaftNode.open<Result>({
        directory: DIRECTORY,
        create: {
          nodeId: id,
          clusterId: clusterIdOf(this.#members),
          members: this.#members,
          storedWins: false,
        },
        machine: new ObservedMachine(machine, (index, command) =>
          this.safety.applied(id, index, command),
        ),
        ports: {
          disk: disk.mount(),
          network: process.gate(this.network.endpoint(address)),
          clock: process.clock,
          timers: process.timers,
          random: this.random.fork(),
        },
        ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
        segmentBytes: { first: 16_384, later: 65_536 },
        onEvent: (event) => this.#options.onEvent?.(id, event),
        onFailure: (error) => this.#fail(error),
        inspect: { core: (started) => (core = started), sent: (rpc) => this.safety.sent(rpc) },
      });
      if (core !== undefined && process.alive) site.boot = { process, machine, node, core };
    } catch (error) {
      if (process.alive) this.#fail(error);
    }
  }

  #end(id: NodeId, endDisk: (disk: SimDisk) => void): void {
    const site = this.#site(id);
    if (site.process === undefined) return;
    site.process.die();
    if (site.boot !== undefined) this.safety.forget(site.boot.core);
    site.process = undefined;
    site.boot = undefined;
    this.network.crash(site.address);
    this.network.restart(site.address);
    endDisk(site.disk);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #site(id: NodeId): SimSite<Result, Machine> {
    const site = this.#sites[id - 1];
    if (site === undefined) throw new RangeError(`there is no node ${id}`);
    return site;
  }
}

/** Reports every command before the machine executes it. */
class ObservedMachine<Result> implements StateMachine<Result> {
  readonly #machine: StateMachine<Result>;
  readonly #onApply: (index: LogIndex, command: Buffer) => void;

  constructor(machine: StateMachine<Result>, onApply: (index: LogIndex, command: Buffer) => void) {
    this.#machine = machine;
    this.#onApply = onApply;
  }

  get flushedIndex(): LogIndex {
    return this.#machine.flushedIndex;
  }

  apply(command: Buffer, at: LogTime, index: LogIndex): Result {
    this.#onApply(index, command);
    return this.#machine.apply(command, at, index);
  }

  termStart(at: LogTime, gapMs: number, index: LogIndex): void {
    this.#machine.termStart(at, gapMs, index);
  }

  openSnapshot(): MachineSnapshot {
    return this.#machine.openSnapshot();
  }

  install(chunks: AsyncIterable<Buffer>): Promise<void> {
    return this.#machine.install(chunks);
  }
}
