import type { Incarnation, NodeId } from '../../core/numbers.ts';
import type { Rpc } from '../../core/rpc.ts';
import type { Clock, Network, PeerStream, Random, Timers } from '../../ports.ts';
import { AcceptedStream } from './accepted-stream.ts';
import {
  type Acquaintance,
  type Greeting,
  type Refusal,
  type RefusalCode,
  type Self,
  judge,
} from './handshake.ts';
import { PeerBook } from './peer-book.ts';
import { PeerLink } from './peer-link.ts';
import { isReply } from './rpc-codec.ts';
import type { Peer, TransportContext } from './transport-context.ts';
import type { PeerStats, TransportHandlers } from './transport-events.ts';

/** Two election timeouts of the default timing. */
const STALL_MS = 1_200;

/** Accepted streams: two for each of many peers, as many again that are just being replaced, and no more. */
const ACCEPTED_MAX = 256;

/** Anyone can claim many ids: this many are remembered. */
const TOLD_MAX = 64;

export interface TransportOptions {
  readonly network: Network;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: Random;
  readonly identity: Self;
  readonly groupId: number;
  /** The instance ids that were remembered durably. */
  readonly knownPeers: ReadonlyMap<NodeId, string>;
  /** A bulk stream whose queue has not moved for this long is opened again. Default 1,200. */
  readonly stallMs?: number;
  readonly handlers: TransportHandlers;
}

/**
 * Carries rpcs between nodes. What this node sends goes over two streams per peer that it opened itself (control and
 * bulk); streams that peers opened are only read. Rpcs may get lost, but come in order per stream, whole, and from
 * exactly the process that the handshake named.
 */
export class Transport {
  readonly #context: TransportContext;
  readonly #links = new Map<NodeId, PeerLink>();
  readonly #accepted = new Set<AcceptedStream>();
  readonly #dirty = new Set<PeerLink>();
  /** The refusals told last, by the id that was claimed, so that retries do not repeat them. */
  readonly #told = new Map<NodeId, RefusalCode>();
  #closed = false;

  /** Listens from now on. Peers are refused until `setPeers` names them. */
  constructor(options: TransportOptions) {
    const { network, timers, clock, random, groupId, handlers } = options;
    this.#context = {
      network,
      timers,
      clock,
      random,
      groupId,
      handlers,
      self: options.identity,
      stallMs: options.stallMs ?? STALL_MS,
      book: new PeerBook(options.knownPeers, (...contact) => handlers.remember(...contact)),
      acquaintance: (peer) => this.#acquaintance(peer),
      sawBoot: (peer, boot) => this.#sawBoot(peer, boot),
    };
    network.listen((stream) => this.#accept(stream));
  }

  /** The peers to talk to, and no others; this node itself is left out. Opens and closes links accordingly. */
  setPeers(peers: readonly Peer[]): void {
    if (this.#closed) return;
    const wanted = new Map(peers.map((peer) => [peer.id, peer]));
    wanted.delete(this.#context.self.identity.nodeId);
    for (const link of this.#links.values()) {
      const peer = wanted.get(link.peer.id);
      if (peer === undefined || !isSameAddress(peer, link.peer)) this.#unlink(link);
      if (peer === undefined) this.#closeAccepted((hello) => hello.from === link.peer.id);
    }
    for (const peer of wanted.values()) {
      if (!this.#links.has(peer.id)) this.#links.set(peer.id, new PeerLink(this.#context, peer));
    }
  }

  /**
   * Queues an rpc for `flush`. It is dropped, and counted, when there is no stream to `rpc.to` or no room; one to a node
   * that is no peer is dropped without a trace.
   */
  send(rpc: Rpc): void {
    const link = this.#links.get(rpc.to);
    if (link === undefined) return;
    link.send(rpc);
    this.#dirty.add(link);
  }

  /** Writes what was queued: once per stream. Called at the end of each turn of the driver. */
  flush(): void {
    for (const link of this.#dirty) link.flush();
    this.#dirty.clear();
  }

  /** Opens the streams to a peer anew, because it has not answered for long though they seem open. */
  reopen(peer: NodeId): void {
    this.#links.get(peer)?.reopen();
  }

  /** Opens the stream for entries to a peer anew, because it acknowledges none though it lives. */
  reopenBulk(peer: NodeId): void {
    this.#links.get(peer)?.reopenBulk();
  }

  get stats(): ReadonlyMap<NodeId, PeerStats> {
    return new Map([...this.#links].map(([peer, link]) => [peer, link.stats]));
  }

  /** Ends all streams. No handler is called any more. */
  close(): void {
    this.#closed = true;
    for (const link of this.#links.values()) this.#unlink(link);
    for (const stream of this.#accepted) stream.close();
  }

  #unlink(link: PeerLink): void {
    link.close();
    this.#links.delete(link.peer.id);
    this.#dirty.delete(link);
  }

  #accept(stream: PeerStream): void {
    if (this.#closed || this.#accepted.size >= ACCEPTED_MAX) {
      stream.handle({ opened: ignore, received: ignore, closed: ignore });
      stream.close();
      if (!this.#closed) this.#context.handlers.event({ kind: 'too-many-streams' });
      return;
    }
    const accepted = new AcceptedStream(this.#context, stream, {
      greeted: (from, hello) => this.#greeted(from, hello),
      received: (rpc) => this.#received(rpc),
      over: (which) => void this.#accepted.delete(which),
    });
    this.#accepted.add(accepted);
  }

  #greeted(stream: AcceptedStream, hello: Greeting): void {
    const refusal = judge(this.#context.self, hello, this.#acquaintance(hello.from));
    if (refusal !== undefined) return this.#refuse(stream, hello.from, refusal);
    this.#sawBoot(hello.from, hello.incarnation);
    this.#closeAccepted((other) => isReplaced(other, hello));
    this.#context.book.meet(hello.from, hello.instanceId, () => this.#welcome(stream, hello));
  }

  #refuse(stream: AcceptedStream, peer: NodeId, refusal: Refusal): void {
    stream.refuse(refusal);
    if (this.#told.get(peer) === refusal.code) return;
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.set(peer, refusal.code);
    this.#context.handlers.event({ kind: 'hello-refused', peer, refusal });
  }

  /** The peer is remembered. Meanwhile it may have restarted, been removed, or opened another stream. */
  #welcome(stream: AcceptedStream, hello: Greeting): void {
    if (stream.isOver) return;
    const link = this.#links.get(hello.from);
    const isStale = this.#context.book.bootOf(hello.from) !== hello.incarnation;
    if (this.#closed || link === undefined || isStale) return stream.close();
    this.#told.delete(hello.from);
    stream.welcome();
    link.peerDialled(hello.channel, hello.incarnation);
  }

  #received(rpc: Rpc): void {
    const link = this.#links.get(rpc.from);
    if (link === undefined) return;
    if (isReply(rpc.kind) && !this.#isForThisBoot(rpc)) return link.dropped(1);
    link.countReceived();
    this.#context.handlers.received(rpc);
  }

  #isForThisBoot(reply: Rpc): boolean {
    return reply.incarnation === 0 || reply.incarnation === this.#context.self.incarnation;
  }

  #acquaintance(peer: NodeId): Acquaintance {
    const { book } = this.#context;
    const isMember = this.#links.has(peer);
    return { isMember, instanceId: book.instanceOf(peer), incarnation: book.bootOf(peer) };
  }

  #sawBoot(peer: NodeId, boot: Incarnation): void {
    if (!this.#context.book.sawBoot(peer, boot)) return;
    this.#closeAccepted((hello) => hello.from === peer && hello.incarnation < boot);
    this.#links.get(peer)?.peerRestarted(boot);
    this.#context.handlers.gone(peer, 'newer-incarnation');
  }

  #closeAccepted(which: (hello: Greeting) => boolean): void {
    for (const stream of this.#accepted) {
      if (stream.hello !== undefined && which(stream.hello)) stream.close();
    }
  }
}

function ignore(): void {
  // Nobody wants to hear of this stream.
}

/** A peer has one stream per channel: the latest. An older one is half-dead. */
function isReplaced(older: Greeting, latest: Greeting): boolean {
  return older !== latest && older.from === latest.from && older.channel === latest.channel;
}

function isSameAddress(one: Peer, other: Peer): boolean {
  return one.address.ip === other.address.ip && one.address.port === other.address.port;
}
