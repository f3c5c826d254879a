import { type Incarnation, type NodeId, incarnation, nodeId } from '../../src/core/numbers.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import type {
  GoneReason,
  TransportEvent,
  TransportHandlers,
} from '../../src/driver/transport/transport-events.ts';
import { NodePeerAuth } from '../../src/driver/node-peer-auth.ts';
import { Transport } from '../../src/driver/transport/transport.ts';
import type { Clock, Network, PeerAddress, Random, Timers } from '../../src/ports.ts';
import { GROUP_ID } from './rpcs.ts';
import { seededRandom } from './virtual-time.ts';

export interface World {
  readonly network: Network;
  readonly timers: Timers;
  readonly clock: Clock;
}

export interface NodeOptions {
  readonly id: number;
  readonly boot?: number;
  readonly instanceId?: string;
  readonly clusterId?: string;
  readonly clusterEpoch?: number;
  readonly known?: ReadonlyMap<NodeId, string>;
  readonly stallMs?: number;
  /** Where it says that it listens. */
  readonly address?: PeerAddress;
  readonly secret?: string;
}

export const instanceOf = (id: number): string => `${id}`.repeat(32);

const bytesOf =
  (random: Random) =>
  (count: number): Buffer =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(random.next() * 256)));

/** A transport whose handlers write down what they are told. */
export class TransportNode implements TransportHandlers {
  readonly id: NodeId;
  readonly transport: Transport;
  readonly inbox: Rpc[] = [];
  /** 'connected 2', 'gone 2 refused', … in order. */
  readonly log: string[] = [];
  readonly events: TransportEvent[] = [];
  /** When set, contacts are remembered only when the test says so. */
  holdsMemory = false;
  readonly contacts: { peer: NodeId; instanceId: string; done: () => void }[] = [];
  /** Called after each note. */
  changed: () => void = () => undefined;

  constructor(world: World, options: NodeOptions) {
    const { id, boot = 1, clusterEpoch = 1 } = options;
    const { clusterId = 'c'.repeat(32), instanceId = instanceOf(id) } = options;
    const { address = { ip: 'sim', port: id } } = options;
    this.id = nodeId(id);
    const identity = { clusterId, clusterEpoch, instanceId, nodeId: this.id };
    this.transport = new Transport({
      ...world,
      random: seededRandom(id),
      auth: new NodePeerAuth(options.secret, bytesOf(seededRandom(id * 1000 + boot))),
      identity: { identity, incarnation: incarnation(boot), address },
      groupId: GROUP_ID,
      knownPeers: options.known ?? new Map<NodeId, string>(),
      ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
      handlers: this,
    });
  }

  /** The ids of the peers and where they are. */
  meet(addresses: ReadonlyMap<number, PeerAddress>, nextId = 10): void {
    const peers = [...addresses].map(([id, address]) => ({ id: nodeId(id), address }));
    this.transport.setPeers(peers, { nextId: nodeId(nextId) });
  }

  say(...rpcs: Rpc[]): void {
    for (const rpc of rpcs) this.transport.send(rpc);
    this.transport.flush();
  }

  /** The codes of refusals seen, by kind of event. */
  refusals(kind: TransportEvent['kind']): string[] {
    return this.events.flatMap((event) =>
      event.kind === kind && 'refusal' in event ? [event.refusal.code] : [],
    );
  }

  received(rpc: Rpc): void {
    this.inbox.push(rpc);
    this.changed();
  }

  connected(peer: NodeId, boot: Incarnation): void {
    this.#note(`connected ${peer} boot ${boot}`);
  }

  disconnected(peer: NodeId): void {
    this.#note(`disconnected ${peer}`);
  }

  gone(peer: NodeId, why: GoneReason): void {
    this.#note(`gone ${peer} ${why}`);
  }

  remember(peer: NodeId, instanceId: string, done: () => void): void {
    this.contacts.push({ peer, instanceId, done });
    if (!this.holdsMemory) done();
  }

  event(event: TransportEvent): void {
    this.events.push(event);
    this.changed();
  }

  #note(line: string): void {
    this.log.push(line);
    this.changed();
  }
}

/** What came to a node, in order. */
export const kindsOf = (node: TransportNode) => node.inbox.map((rpc) => rpc.kind);
