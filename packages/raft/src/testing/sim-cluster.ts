import type { NodeAddress } from '../core/configuration.ts';
import { type NodeId, nodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import { DEFAULT_SETTINGS } from '../core/settings.ts';
import { clusterIdOf } from '../driver/membership.ts';
import type { JoiningNode, NewNode, RaftNodeOptions } from '../driver/node-options.ts';
import { RaftNode } from '../driver/raft-node.ts';
import type { PeerAddress, StateMachine } from '../ports.ts';
import type { Recovered } from '../storage/recovered.ts';
import { ObservedMachine } from './observed-machine.ts';
import { Safety } from './safety.ts';
import { SimDisk } from './sim-disk.ts';
import type { SimBoot, SimClusterOptions, SimMachineHost } from './sim-cluster-options.ts';
import { SimNetwork } from './sim-network.ts';
import { SimPeerAuth } from './sim-peer-auth.ts';
import { SimClock } from './sim-clock.ts';
import { SimProcess } from './sim-process.ts';
import { SimRandom } from './sim-random.ts';
import { SimWorld } from './sim-world.ts';

/** Where each simulated node keeps its log, on a disk of its own. */
export const DIRECTORY = '/data';
const DISK_MS = [0.1, 3] as const;
/** Gauges are read after so many steps. */
const GAUGE_STEPS = 64;
const SECRET = 'a secret that all simulated nodes share';

/** A place where a node runs: its disk stays when its process dies. */
interface SimSite<Result, Machine extends StateMachine<Result>> {
  readonly id: NodeId;
  readonly address: PeerAddress;
  /** What an empty disk becomes. */
  create: NewNode | JoiningNode;
  readonly disk: SimDisk;
  readonly machines: SimMachineHost<Machine>;
  readonly clock: SimClock;
  /** Time that a durable write takes, uniform between the two. */
  diskMs: readonly [number, number];
  /** Set from the moment a process starts. */
  process: SimProcess | undefined;
  /** Set once the process has opened its data directory. */
  boot: SimBoot<Result, Machine> | undefined;
}

/**
 * Real nodes – core, driver, transport, log – in one thread over simulated clocks, disks and a network. One seed decides
 * everything; the promises of Raft are checked after every step.
 */
export class SimCluster<Result, Machine extends StateMachine<Result>> {
  readonly world = new SimWorld();
  readonly random: SimRandom;
  readonly network: SimNetwork;
  readonly safety: Safety;
  readonly #options: SimClusterOptions<Result, Machine>;
  readonly #sites = new Map<NodeId, SimSite<Result, Machine>>();
  /** Hosts named so far. */
  #hosts = 0;
  #failure: unknown;
  #checks = 0;

  constructor(options: SimClusterOptions<Result, Machine>) {
    this.#options = options;
    this.safety = new Safety({ ...options.node?.limits, ...options.node?.flush });
    this.random = new SimRandom(options.seed);
    this.network = new SimNetwork(this.world, this.random.fork(), options.network);
    const members = Array.from({ length: options.size }, (_, place) => ({
      id: nodeId(place + 1),
      address: this.newAddress(),
    }));
    const clusterId = clusterIdOf(members);
    for (const { id, address } of members) {
      this.#addSite(id, address, { nodeId: id, clusterId, members, storedWins: false });
    }
  }

  /** The nodes that the cluster began with. */
  get founders(): readonly NodeId[] {
    return Array.from({ length: this.#options.size }, (_, place) => nodeId(place + 1));
  }

  /** The nodes that take part: founding ones and those that joined, but for the ones that retired. */
  get ids(): readonly NodeId[] {
    return [...this.#sites.keys()];
  }

  /** The nodes whose process runs and has opened its log. */
  get running(): readonly SimBoot<Result, Machine>[] {
    const running: SimBoot<Result, Machine>[] = [];
    for (const { boot } of this.#sites.values()) if (boot !== undefined) running.push(boot);
    return running;
  }

  /** Whoever leads in the highest term: others may not know yet that they were deposed. */
  get leader(): SimBoot<Result, Machine> | undefined {
    let newest: SimBoot<Result, Machine> | undefined;
    for (const { boot } of this.#sites.values()) {
      if (boot?.core.role !== 'leader') continue;
      if (newest === undefined || boot.core.term > newest.core.term) newest = boot;
    }
    return newest;
  }

  /** The longest that a follower waits for a leader before it campaigns. */
  get electionTimeoutMaxMs(): number {
    const { electionTimeoutMaxMs } = { ...DEFAULT_SETTINGS, ...this.#options.node?.timing };
    return electionTimeoutMaxMs;
  }

  bootOf(id: NodeId): SimBoot<Result, Machine> | undefined {
    return this.#sites.get(id)?.boot;
  }

  isUp(id: NodeId): boolean {
    return this.#sites.get(id)?.process !== undefined;
  }

  addressOf(id: NodeId): PeerAddress {
    return this.#site(id).address;
  }

  diskOf(id: NodeId): SimDisk {
    return this.#site(id).disk;
  }

  /** How long a durable write takes while nobody says otherwise. */
  get usualDiskMs(): readonly [number, number] {
    return this.#options.diskMs ?? DISK_MS;
  }

  clockOf(id: NodeId): SimClock {
    return this.#site(id).clock;
  }

  /** From now on a durable write of this node takes so long, uniform between the two. */
  setDiskMs(id: NodeId, diskMs: readonly [number, number]): void {
    this.#site(id).diskMs = diskMs;
  }

  /** The address of a host where no node has run yet. */
  newAddress(): NodeAddress {
    this.#hosts += 1;
    return { ip: `node-${this.#hosts}`, port: 1, internalPort: 2 };
  }

  /** A node that the cluster has taken in begins, with an empty disk. */
  join(joining: JoiningNode, address: NodeAddress): void {
    this.#addSite(joining.nodeId, address, joining);
    this.start(joining.nodeId);
  }

  /** A node that is no member any more ends for good. */
  retire(id: NodeId): void {
    this.kill(id);
    this.#sites.delete(id);
  }

  /**
   * The disk of a node is replaced by an empty one, and its process ends. When it starts again it comes under its old id
   * with another instance id, as that is made with the data directory. What the machine keeps is the host's business.
   */
  wipe(id: NodeId): void {
    const site = this.#site(id);
    this.crash(id);
    this.safety.wiped(id);
    site.disk.restore(new Map());
    const digits = Array.from({ length: 32 }, () => this.random.between(0, 9));
    if ('instanceId' in site.create) site.create = { ...site.create, instanceId: digits.join('') };
  }

  /** Starts the process of a node. It is in `running` once it has opened its log. */
  start(id: NodeId): void {
    const site = this.#sites.get(id);
    if (site === undefined || site.process !== undefined) return;
    this.network.restart(site.address);
    const process = new SimProcess(this.world, site.clock);
    site.process = process;
    void this.#boot(site, process);
  }

  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  /** The machine loses power: unsynced writes are lost, in part or wholly. */
  crash(id: NodeId): void {
    this.#end(id, ({ disk, machines, address }) => {
      disk.crash();
      machines.crash();
      this.network.powerOff(address);
    });
  }

  /** SIGKILL: what was written stays in the page cache. */
  kill(id: NodeId): void {
    this.#end(id, ({ disk, machines, address }) => {
      disk.kill();
      machines.kill();
      this.network.crash(address);
    });
  }

  /** SIGSTOP and SIGCONT. */
  pause(id: NodeId): void {
    this.#sites.get(id)?.process?.pause();
  }

  resume(id: NodeId): void {
    this.#sites.get(id)?.process?.resume();
  }

  /** Runs until `done` or until virtual time is `untilMs`; says which. Throws when a promise of Raft is broken. */
  async run(untilMs: number, done: () => boolean = () => false): Promise<boolean> {
    // What was started or asked for outside may go on first: it may be all that there is to do.
    await this.#options.drain();
    while (!done()) {
      if (this.world.now() >= untilMs || !this.world.step()) return false;
      await this.#options.drain();
      this.#check();
    }
    return true;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#checks += 1;
    const gauges = this.#checks % GAUGE_STEPS === 0;
    for (const { boot } of this.#sites.values()) {
      // Nothing happens at a node but by calls into its process.
      if (boot?.process.ranSince() !== true) continue;
      this.safety.observe(boot.core);
      this.safety.promises.flushed(boot.core.id, boot.machine.flushedIndex);
      if (gauges) this.safety.memory.gauged(boot.core.id, boot.node.admin.gauges());
    }
  }

  #addSite(id: NodeId, address: NodeAddress, create: NewNode | JoiningNode): void {
    const random = this.random.fork();
    const site: SimSite<Result, Machine> = {
      id,
      address: { ip: address.ip, port: address.internalPort },
      create,
      clock: new SimClock(this.world, this.#options.clock?.() ?? { skewMs: 0, rate: 1 }),
      diskMs: this.usualDiskMs,
      process: undefined,
      boot: undefined,
      machines: this.#options.machines(this.random.fork(), id),
      disk: new SimDisk({
        random: this.random.fork(),
        tampered: () => this.safety.tampered(id),
        appended: (bytes) => this.safety.promises.log(id).append(bytes),
        delay: (operation) => {
          this.#options.onDisk?.(id, operation);
          this.world.note(operation.bytes + operation.kind.length);
          if (operation.kind !== 'write' && operation.kind !== 'sync') return undefined;
          const [least, most] = site.diskMs;
          return site.process?.delay(least + random.next() * (most - least));
        },
      }),
    };
    this.#sites.set(id, site);
  }

  async #boot(site: SimSite<Result, Machine>, process: SimProcess): Promise<void> {
    const machine = site.machines.boot(process);
    let core: Raft | undefined;
    try {
      const inspect = {
        core: (started: Raft, recovered: Recovered) => {
          core = started;
          this.safety.opened(site.id, recovered);
        },
        sent: (rpc: Rpc) => {
          if (core === undefined) return;
          this.world.note(rpc.term * 1_024 + rpc.to);
          this.world.note(rpc.kind.length);
          this.safety.sent(rpc, core);
        },
        received: (rpc: Rpc) => this.safety.received(rpc, site.id),
      };
      const node = await RaftNode.open<Result>({
        ...this.#nodeOptions(site, process),
        machine: this.#observed(site.id, machine),
        inspect,
      });
      if (core === undefined || !process.alive) return;
      site.boot = { process, machine, node, core };
      this.#options.onBooted?.(site.boot);
    } catch (error) {
      this.#nodeFailed(site, process, error);
    }
  }

  #nodeOptions(
    site: SimSite<Result, Machine>,
    process: SimProcess,
  ): Omit<RaftNodeOptions<Result>, 'machine' | 'inspect'> {
    const random = this.random.fork();
    const { id, disk, address, create } = site;
    return {
      directory: DIRECTORY,
      create,
      address,
      auth: new SimPeerAuth(this.random.fork(), SECRET),
      ports: {
        disk: disk.mount(),
        network: process.gate(this.network.endpoint(address)),
        clock: process.clock,
        timers: process.timers,
        random,
      },
      segmentBytes: { first: 16_384, later: 65_536 },
      ballastBytes: 0,
      ...this.#options.node,
      onEvent: (event) => this.#options.onEvent?.(id, event),
      onFailure: (error) => this.#nodeFailed(site, process, error),
    };
  }

  #observed(id: NodeId, machine: Machine): StateMachine<Result> {
    return new ObservedMachine(machine, {
      applying: (index, command) => {
        this.safety.memory.applying(id, machine.dirtyBytes);
        this.safety.applied(id, index, command);
      },
      executed: (entry) => this.#options.onExecuted?.(id, machine, entry),
      termStarted: (start) => this.#options.onTermStarted?.(id, machine, start),
      changed: (index) => {
        const hash = this.#options.hashOf(machine);
        this.world.note(hash);
        this.safety.reached(id, index, hash);
      },
    });
  }

  #end(id: NodeId, end: (site: SimSite<Result, Machine>) => void): void {
    const site = this.#sites.get(id);
    if (site?.process === undefined) return;
    site.process.die();
    this.safety.promises.log(id).close();
    if (site.boot !== undefined) this.safety.forget(site.boot.core);
    site.process = undefined;
    site.boot = undefined;
    end(site);
  }

  #nodeFailed(site: SimSite<Result, Machine>, process: SimProcess, error: unknown): void {
    if (!process.alive) return;
    if (this.#options.onNodeFailed?.(site.id, error) !== true) return this.fail(error);
    // What its process does until it ends can still be seen.
    this.world.after(0, () => {
      if (process.alive) this.kill(site.id);
    });
  }

  /** The run ends with this error at its next step. */
  fail(error: unknown): void {
    this.#failure ??= error;
  }

  #site(id: NodeId): SimSite<Result, Machine> {
    const site = this.#sites.get(id);
    if (site === undefined) throw new RangeError(`there is no node ${id}`);
    return site;
  }
}
