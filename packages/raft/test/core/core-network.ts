import { assert } from '../../src/core/assert.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Raft } from '../../src/core/raft.ts';
import { type NodeId, incarnation, nodeId } from '../../src/core/numbers.ts';
import type { ReadyWrite } from '../../src/core/ready.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import type { Settings } from '../../src/core/settings.ts';
import type { MembershipAnswer, MembershipChange } from '../../src/core/membership-change.ts';
import { CoreNode } from './core-node.ts';
import { DurableImage } from './durable-image.ts';

export type RpcFate = 'sent' | 'lost' | 'held';

export type RpcFilter = (rpc: Rpc) => boolean;

export interface CoreNetworkOptions {
  /** Voters 1 … n; 3 by default. */
  readonly voters?: number;
  readonly learners?: readonly number[];
  readonly settings?: Partial<Settings>;
  /** Terms of the entries that each node's log holds at the start, by node. */
  readonly logs?: Readonly<Record<number, readonly number[]>>;
  /** Term of a node at the start; that of its last entry by default. */
  readonly terms?: Readonly<Record<number, number>>;
  /** Wall clock of a node minus that of the network, in ms. */
  readonly wallOffsets?: Readonly<Record<number, number>>;
}

/** Unix time at which every network starts, in ms. */
const START_MS = 1_700_000_000_000;

/** More rpcs than this in one `settle` means that two nodes answer each other for ever. */
const SETTLE_MAX = 20_000;

/**
 * Several cores in one thread, moved by hand: rpcs wait on the wire until `settle` delivers them, writes become durable
 * at once unless a node's disk is held, time passes by `tick` only.
 */
export class CoreNetwork {
  readonly nodes: CoreNode[];
  readonly settings: Partial<Settings>;
  /** Every rpc that ever left a node. */
  readonly sent: Rpc[] = [];
  nowMs = 0;
  #wire: Rpc[] = [];
  #held: Rpc[] = [];
  readonly #drops = new Set<RpcFilter>();
  #hold: RpcFilter | undefined;

  constructor(options: CoreNetworkOptions = {}) {
    const { voters = 3, learners = [], logs = {}, terms = {}, wallOffsets = {} } = options;
    const voterIds = Array.from({ length: voters }, (_, i) => nodeId(i + 1));
    const configuration = configurationOf(voterIds, learners);
    this.settings = options.settings ?? {};
    this.nodes = configuration.members.map(({ id }) => {
      const log = logs[id] ?? [];
      const disk = new DurableImage(log, terms[id] ?? log.at(-1) ?? 0, configuration);
      return new CoreNode(this, { id, disk, wallOffsetMs: wallOffsets[id] ?? 0 });
    });
    this.settle();
  }

  node(id: number): CoreNode {
    const found = this.nodes.find((node) => node.id === id);
    assert(found !== undefined, 'the node is part of the network');
    return found;
  }

  core(id: number): Raft {
    return this.node(id).core;
  }

  get leaders(): readonly number[] {
    return this.nodes
      .filter((node) => node.running && node.core.role === 'leader')
      .map(({ id }) => id);
  }

  /** Called with every node that has acted. */
  observe: (node: CoreNode, write: ReadyWrite | undefined) => void = () => undefined;

  /** Called with every rpc that leaves a node, and what becomes of it. */
  witness: (rpc: Rpc, fate: RpcFate) => void = () => undefined;

  /** Every node has open streams to every other one. */
  connect(): void {
    for (const from of this.nodes) {
      for (const to of this.nodes) if (from !== to) from.core.peerConnected(to.id);
    }
  }

  /** Asks a node to change the members, and lets everything happen. */
  change(id: number, change: MembershipChange): MembershipAnswer {
    const answer = this.core(id).changeMembers(change);
    this.node(id).act();
    this.settle();
    return answer;
  }

  /** Asks for a new member and starts it with an empty directory and the configuration of node `at`. */
  add(at: number, add: { as?: 'voter' | 'learner'; replaces?: number } = {}): MembershipAnswer {
    const { nextId } = this.core(at).configuration;
    const answer = this.core(at).changeMembers(additionOf(nextId, add));
    if (answer.ok && !this.nodes.some(({ id }) => id === answer.id)) this.join(nextId, at);
    this.node(at).act();
    this.settle();
    return answer;
  }

  /** Starts a node with an empty directory, told the configuration that node `at` has. */
  join(id: number, at: number): void {
    const disk = new DurableImage([], 0, this.core(at).configuration);
    this.nodes.push(new CoreNode(this, { id: nodeId(id), disk, wallOffsetMs: 0 }));
  }

  /** A core has something to send. */
  send(rpc: Rpc): void {
    this.sent.push(rpc);
    const fate = this.#fateOf(rpc);
    this.witness(rpc, fate);
    if (fate === 'held') this.#held.push(rpc);
    else if (fate === 'sent') this.#wire.push(rpc);
  }

  #fateOf(rpc: Rpc): RpcFate {
    if ([...this.#drops].some((drops) => drops(rpc))) return 'lost';
    return this.#hold?.(rpc) === true ? 'held' : 'sent';
  }

  /** Loses what matches from now on, until the returned function is called. */
  drop(filter: RpcFilter): () => void {
    this.#drops.add(filter);
    this.#wire = this.#wire.filter((rpc) => !filter(rpc));
    return () => void this.#drops.delete(filter);
  }

  /** Cuts a node off in both directions, until the returned function is called. */
  isolate(id: number): () => void {
    return this.drop((rpc) => rpc.from === id || rpc.to === id);
  }

  /** Delays what matches from now on, until `release`. */
  hold(filter: RpcFilter): void {
    this.#hold = filter;
  }

  get held(): readonly Rpc[] {
    return this.#held;
  }

  /** Delivers what was delayed, as late as now: the oldest `count`, or all, after which nothing is delayed any more. */
  release(count?: number): void {
    this.#wire.push(...this.#held.splice(0, count ?? this.#held.length));
    if (count === undefined) this.#hold = undefined;
    this.settle();
  }

  /** Delivers once more what matches and was sent by now. */
  repeat(filter: RpcFilter): void {
    for (const rpc of this.sent.filter(filter)) this.deliver(rpc);
    this.settle();
  }

  /** Delivers one rpc, whoever made it. */
  deliver(rpc: Rpc): void {
    const target = this.nodes.find((node) => node.id === rpc.to);
    target?.receive(rpc);
  }

  /** Delivers rpcs, in their order, until none is under way. */
  settle(): void {
    for (const node of this.nodes) node.act();
    for (let count = 0; this.#wire.length > 0; count += 1) {
      assert(count < SETTLE_MAX, 'rpcs come to an end');
      const rpc = this.#wire.shift();
      if (rpc !== undefined) this.deliver(rpc);
    }
  }

  /** Lets time pass for the nodes that run, a step at a time. */
  tick(ms: number, stepMs = 5): void {
    const endMs = this.nowMs + ms;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + stepMs);
      for (const node of this.nodes) node.tick();
      this.settle();
    }
  }

  /** Makes a node campaign now, as if the leader had ordered it. */
  campaign(id: number): void {
    const { term, leader } = this.core(id);
    const envelope = { from: leader, to: nodeId(id), term, incarnation: incarnation(0) };
    this.deliver({ kind: 'timeout-now', ...envelope });
    this.settle();
  }

  /** Makes a node leader; the others must be able to elect it. */
  elect(id: number): Raft {
    this.campaign(id);
    assert(this.core(id).role === 'leader', 'the node was elected');
    return this.core(id);
  }

  /** Proposes at a node and lets everything happen; tells whether it was accepted. */
  propose(id: number, ...commands: string[]): boolean {
    const proposed = this.node(id).propose(...commands);
    this.settle();
    return proposed.ok;
  }

  wallMs(offsetMs: number): number {
    return START_MS + this.nowMs + offsetMs;
  }

  sentOf<K extends Rpc['kind']>(kind: K, from?: number): Extract<Rpc, { kind: K }>[] {
    return this.sent.filter(
      (rpc): rpc is Extract<Rpc, { kind: K }> =>
        rpc.kind === kind && (from === undefined || rpc.from === from),
    );
  }
}

/** What asks for node `id`, which listens at an address of its own. */
export function additionOf(
  id: number,
  { as = 'voter', replaces }: { as?: 'voter' | 'learner'; replaces?: number } = {},
): MembershipChange {
  return {
    kind: 'add',
    address: { ip: '127.0.0.1', port: 7000 + id, internalPort: 8000 + id },
    instanceId: `instance-${id}`,
    as,
    replaces: replaces === undefined ? undefined : nodeId(replaces),
  };
}

function configurationOf(
  voters: readonly NodeId[],
  learners: readonly number[] = [],
): Configuration {
  const learnerIds = learners.map((id) => nodeId(id));
  const members = [...voters, ...learnerIds].map((id) => ({
    id,
    address: { ip: '127.0.0.1', port: 7000 + id, internalPort: 8000 + id },
  }));
  const nextId = nodeId(members.length + 1);
  return { members, voters, outgoing: [], learners: learnerIds, promoting: [], nextId };
}
