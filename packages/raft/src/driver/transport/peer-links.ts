import { NOBODY, type NodeId } from '../../core/numbers.ts';
import type { PeerAddress } from '../../ports.ts';
import type { Greeting } from './greeting.ts';
import type { Standing } from './judging.ts';
import { PeerLink } from './peer-link.ts';
import type { Peer, TransportContext } from './transport-context.ts';
import type { PeerStats } from './transport-events.ts';

/** Nodes of which the configuration here knows nothing yet: more members than a cluster gains while one node sleeps. */
const NEWCOMERS_MAX = 16;

/** Each is remembered durably: so many, one after the other, until the next configuration says how many ids there are. */
const MET_MAX = 64;

/** The links to the peers, and to newcomers: nodes that came by themselves and may be members of late. */
export class PeerLinks {
  readonly #context: TransportContext;
  readonly #links = new Map<NodeId, PeerLink>();
  #members: ReadonlySet<NodeId> = new Set<NodeId>();
  /** Ids from here on were not given to anyone as far as this node knows; `undefined` before it was told. */
  #nextId: NodeId | undefined;
  /** Newcomers since `#nextId` was told. */
  readonly #met = new Set<NodeId>();

  constructor(context: TransportContext) {
    this.#context = context;
  }

  get(peer: NodeId): PeerLink | undefined {
    return this.#links.get(peer);
  }

  get stats(): ReadonlyMap<NodeId, PeerStats> {
    return new Map([...this.#links].map(([peer, link]) => [peer, link.stats]));
  }

  standingOf(peer: NodeId): Standing {
    if (this.#members.has(peer)) return 'member';
    const isSelf = peer === this.#context.self.identity.nodeId;
    if (this.#nextId === undefined || peer === NOBODY || isSelf) return 'unknown';
    if (peer < this.#nextId) return 'removed';
    return this.#links.has(peer) || this.#hasRoomFor(peer) ? 'newcomer' : 'unknown';
  }

  /** See `Transport.setPeers`. Of the newcomers, those `present` stay. Returns the links that were closed. */
  setPeers(
    peers: readonly Peer[],
    nextId: NodeId,
    present: ReadonlySet<NodeId>,
  ): readonly PeerLink[] {
    const wanted = new Map(peers.map((peer) => [peer.id, peer]));
    wanted.delete(this.#context.self.identity.nodeId);
    const isKept = ({ peer }: PeerLink): boolean => {
      const next = wanted.get(peer.id);
      if (next === undefined) return peer.id >= nextId && present.has(peer.id);
      return isSameAddress(next.address, peer.address) && this.#isSameDirectory(next);
    };
    const closed = [...this.#links.values()].filter((link) => !isKept(link));
    for (const link of closed) this.#unlink(link);
    this.#configure(wanted);
    this.#members = new Set(wanted.keys());
    if (nextId !== this.#nextId) this.#met.clear();
    this.#nextId = nextId;
    for (const peer of wanted.values()) if (!this.#links.has(peer.id)) this.#link(peer);
    return closed;
  }

  /** A node has proven that it is who it says: a newcomer is dialled back where it says that it listens. */
  cameByItself({ from: id, address }: Greeting): void {
    const link = this.#links.get(id);
    if (this.#members.has(id)) return;
    if (link !== undefined && isSameAddress(link.peer.address, address)) return;
    if (link !== undefined) this.#unlink(link);
    this.#met.add(id);
    this.#link({ id, address });
  }

  /** Forgets a newcomer that has left; the caller closes the link, when there was one. */
  leaveNewcomer(peer: NodeId): PeerLink | undefined {
    const link = this.#members.has(peer) ? undefined : this.#links.get(peer);
    if (link !== undefined) this.#links.delete(peer);
    return link;
  }

  close(): void {
    for (const link of this.#links.values()) this.#unlink(link);
  }

  #hasRoomFor(newcomer: NodeId): boolean {
    const isKnown = this.#met.has(newcomer) || this.#met.size < MET_MAX;
    return isKnown && this.#links.size - this.#members.size < NEWCOMERS_MAX;
  }

  #isSameDirectory({ id, instanceId }: Peer): boolean {
    const known = this.#context.book.instanceOf(id);
    return instanceId === undefined || known === undefined || known === instanceId;
  }

  #configure(wanted: ReadonlyMap<NodeId, Peer>): void {
    const instances = new Map<NodeId, string>();
    for (const { id, instanceId } of wanted.values()) {
      if (instanceId !== undefined) instances.set(id, instanceId);
    }
    this.#context.book.configure(instances);
  }

  #link(peer: Peer): void {
    this.#links.set(peer.id, new PeerLink(this.#context, peer));
  }

  #unlink(link: PeerLink): void {
    link.close();
    this.#links.delete(link.peer.id);
  }
}

function isSameAddress(one: PeerAddress, other: PeerAddress): boolean {
  return one.ip === other.ip && one.port === other.port;
}
