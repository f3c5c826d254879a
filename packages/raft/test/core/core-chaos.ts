import { assert } from '../../src/core/assert.ts';
import { logIndex, nodeId } from '../../src/core/numbers.ts';
import { SimRandom } from '../../src/testing/sim-random.ts';
import { CoreNetwork } from './core-network.ts';
import type { CoreNode } from './core-node.ts';

/** Rpcs that may be sent once more, late. */
const REPEATABLE = 300;

/** Losses at one time; more leave no leader. */
const CUTS_MAX = 3;

/** More nodes than this would make a run slow, not better. */
const NODES_MAX = 8;

/**
 * A network of cores under crashes, losses, delays, repeated rpcs, hanging disks, compaction and changes of membership, all
 * decided by one seed. What must never happen is asserted after every step.
 */
export class CoreChaos {
  readonly network = new CoreNetwork({
    voters: 3,
    settings: { windowBytes: 400, unappliedBytesMax: 200, appendBytesMax: 200 },
  });
  readonly #random: SimRandom;
  readonly #leaders = new Map<number, number>();
  /** Terms of committed entries, by index. */
  readonly #committed: number[] = [0];
  /** Commands in the order in which any node first executed them. */
  readonly #executed: string[] = [];
  readonly #commits = new Map<object, number>();
  readonly #heals: (() => void)[] = [];
  /** What each read must see at least. */
  readonly #reads = new Map<number, number>();
  readonly #checkedReads = new Map<number, number>();
  #commands = 0;
  changes = 0;

  constructor(seed: number) {
    this.#random = new SimRandom(seed);
    this.network.observe = (node) => this.#check(node);
  }

  get executed(): number {
    return this.#executed.length;
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      for (const node of this.network.nodes) node.luck = this.#random.next();
      this.#act();
      this.network.tick(this.#below(40) + 5, 5 + this.#below(10));
    }
  }

  /** Ends all faults and demands that the members agree and go on. */
  settle(): void {
    for (const heal of this.#heals.splice(0)) heal();
    this.network.release();
    for (const node of this.network.nodes) {
      if (!node.running) node.restart();
      node.applyHeld = false;
      node.snapshots.heldAdoption = false;
      node.persist();
    }
    this.network.connect();
    for (let i = 0; i < 400 && !this.#agrees(); i += 1) {
      for (const node of this.network.nodes) node.luck = this.#random.next();
      this.network.tick(100);
      const leader = this.#leader();
      if (leader !== undefined && i % 10 === 5) leader.propose(`settled ${i}`);
      this.network.settle();
    }
    assert(this.#agrees(), `the members agree in the end`);
  }

  #agrees(): boolean {
    const leader = this.#leader();
    if (leader === undefined || !leader.core.isSettled) return false;
    if (!leader.commands.at(-1)?.startsWith('settled')) return false;
    const { members } = leader.core.configuration;
    return members.every(({ id }) => {
      const node = this.network.node(id);
      return node.commands.length === leader.commands.length && node.core.isSettled;
    });
  }

  #act(): void {
    const acts = [
      () => this.#propose(),
      () => this.#propose(),
      () => this.#propose(),
      () => this.#read(),
      () => this.#crash(),
      () => this.#restart(),
      () => this.#restart(),
      () => this.#cut(),
      () => this.#heal(),
      () => this.#heal(),
      () => this.#hold(),
      () => this.network.release(),
      () => this.#repeat(),
      () => this.#disk(),
      () => this.#compact(),
      () => this.#compact(),
      () => this.#changeMembers(),
      () => this.#changeMembers(),
      () => this.#transfer(),
      () => this.#gone(),
    ];
    this.#pick(acts)?.();
    this.network.settle();
  }

  #propose(): void {
    const leader = this.#leader();
    for (let i = this.#below(4); i >= 0; i -= 1) {
      this.#commands += 1;
      leader?.propose(`${this.#commands}`);
    }
  }

  #read(): void {
    const node = this.#pick(this.#running());
    if (node === undefined) return;
    const id = this.#reads.size + 1;
    this.#reads.set(id, this.#committed.length - 1);
    node.read(id);
  }

  #crash(): void {
    const running = this.#running();
    // Mostly a majority runs: a group that stands still proves little.
    const many = running.length * 2 > this.network.nodes.length + 1;
    if (many || this.#below(6) === 0) this.#pick(running)?.crash();
  }

  #restart(): void {
    this.#pick(this.network.nodes.filter(({ running }) => !running))?.restart();
    this.network.connect();
  }

  #cut(): void {
    if (this.#heals.length >= CUTS_MAX) this.#heals.shift()?.();
    const from = this.#pick(this.network.nodes)?.id;
    const to = this.#below(2) === 0 ? undefined : this.#pick(this.network.nodes)?.id;
    this.#heals.push(
      this.network.drop((rpc) => rpc.from === from && (to === undefined || rpc.to === to)),
    );
    if (this.#below(3) > 0) return;
    this.#heals.push(this.network.drop((rpc) => rpc.to === from));
  }

  #heal(): void {
    for (const heal of this.#heals.splice(0)) heal();
  }

  #hold(): void {
    const to = this.#pick(this.network.nodes)?.id;
    const kinds = ['append-entries', 'append-reply', 'vote-reply', 'install-snapshot', 'heartbeat'];
    const kind = this.#pick(kinds);
    this.network.hold((rpc) => rpc.to === to && (kind === undefined || rpc.kind === kind));
  }

  #repeat(): void {
    const rpc = this.#pick(this.network.sent.slice(-REPEATABLE));
    // An answer to an earlier boot of the node is dropped by the transport.
    if (rpc !== undefined && rpc.kind !== 'timeout-now') this.network.deliver(rpc);
  }

  #disk(): void {
    const node = this.#pick(this.#running());
    if (node === undefined) return;
    if (this.#below(2) === 0) node.holdDisk();
    else node.persist();
    for (const other of this.#running()) if (other !== node) other.persist();
  }

  #compact(): void {
    const node = this.#pick(this.#running());
    if (node === undefined || node.core.installing !== undefined) return;
    const { compacted, applied, durable } = node.core;
    if (applied > durable || applied <= compacted) return;
    node.compact(compacted + 1 + this.#below(applied - compacted));
  }

  #changeMembers(): void {
    const leader = this.#leader();
    if (leader === undefined) return;
    const { voters, learners, members } = leader.core.configuration;
    const some = this.#pick(members)?.id ?? nodeId(1);
    const choice = this.#below(4);
    const { length } = this.network.nodes;
    if (choice === 0 && voters.length > 1) {
      this.changes += this.network.change(leader.id, { kind: 'remove', ids: [some] }).ok ? 1 : 0;
    } else if (choice === 1 && learners.length > 0) {
      this.network.change(leader.id, { kind: 'promote', ids: learners });
    } else if (length < NODES_MAX) {
      const as = this.#below(3) === 0 ? 'learner' : 'voter';
      const replaces = choice === 3 && as === 'voter' ? { replaces: some } : {};
      this.changes += this.network.add(leader.id, { as, ...replaces }).ok ? 1 : 0;
    }
  }

  #transfer(): void {
    this.network.connect();
    this.#leader()?.core.transfer(
      this.#below(2) === 0 ? undefined : this.#pick(this.network.nodes)?.id,
    );
  }

  #gone(): void {
    const down = this.#pick(this.network.nodes.filter(({ running }) => !running));
    if (down === undefined) return;
    for (const node of this.#running()) node.core.peerGone(down.id);
  }

  /** The leader of the highest term, as clients would find it. */
  #leader(): CoreNode | undefined {
    return this.#running()
      .filter(({ core }) => core.role === 'leader')
      .toSorted((a, b) => b.core.term - a.core.term)[0];
  }

  #running(): CoreNode[] {
    return this.network.nodes.filter(({ running }) => running);
  }

  #check(node: CoreNode): void {
    const { core, id } = node;
    if (core.role === 'leader') {
      const other = this.#leaders.get(core.term);
      assert(other === undefined || other === id, `one leader in term ${core.term}`);
      this.#leaders.set(core.term, id);
    }
    const before = this.#commits.get(core) ?? core.compacted;
    assert(core.committed >= before, `node ${id} takes back no commit`);
    for (let index = before; index <= core.committed; index += 1) this.#committedAt(node, index);
    this.#commits.set(core, core.committed);
    assert(core.compacted <= core.committed && core.committed <= core.last, 'positions in order');
    for (const [place, command] of node.commands.entries()) {
      const known = this.#executed[place];
      if (known === undefined) this.#executed.push(command);
      else assert(known === command, `node ${id} executes ${command} in the place of ${known}`);
    }
    this.#checkReads(node);
  }

  #committedAt({ core, id }: CoreNode, index: number): void {
    const term = core.termAt(logIndex(index));
    if (term === undefined) return;
    const known = this.#committed[index];
    if (known === undefined) this.#committed[index] = term;
    else assert(known === term, `node ${id} commits ${index}@${term}, not @${known}`);
  }

  #checkReads(node: CoreNode): void {
    const from = this.#checkedReads.get(node.id) ?? 0;
    for (const { id, index } of node.reads.slice(from)) {
      assert(index >= (this.#reads.get(id) ?? 0), `read ${id} sees all that was committed`);
    }
    this.#checkedReads.set(node.id, node.reads.length);
  }

  #below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[this.#below(from.length)];
  }
}
