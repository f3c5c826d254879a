import type { Incarnation, NodeId } from '../../core/numbers.ts';
import type { Rpc } from '../../core/rpc.ts';
import type { Clock, Network, PeerAuth, PeerStream, Random, Timers } from '../../ports.ts';
import { AcceptedStreams } from './accepted-streams.ts';
import type { AcceptedStream } from './accepted-stream.ts';
import type { Greeting, Self } from './greeting.ts';
import { type Acquaintance, judge, judgeStranger } from './judging.ts';
import { PeerBook } from './peer-book.ts';
import type { PeerLink } from './peer-link.ts';
import { PeerLinks } from './peer-links.ts';
import type { Refusal, RefusalCode } from './refusal.ts';
import { isReply } from './rpc-codec.ts';
import { StrangerEvents } from './stranger-events.ts';
import type { Peer, TransportContext } from './transport-context.ts';
import type { PeerStats, TransportHandlers } from './transport-events.ts';

/** Two election timeouts of the default timing. */
const STALL_MS = 1_200;

/** Anyone can claim many ids: this many are remembered. */
const TOLD_MAX = 64;

export interface TransportOptions {
  readonly network: Network;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly random: Random;
  readonly auth: PeerAuth;
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
  readonly #links: PeerLinks;
  readonly #accepted: AcceptedStreams;
  readonly #dirty = new Set<PeerLink>();
  /** The refusals told last, by the id that was claimed, so that retries do not repeat them. */
  readonly #told = new Map<NodeId, RefusalCode>();
  #closed = false;

  /** Listens from now on. Peers are refused until `setPeers` names them. */
  constructor(options: TransportOptions) {
    const { network, timers, clock, random, auth, groupId, handlers } = options;
    this.#context = {
      network,
      timers,
      clock,
      random,
      auth,
      groupId,
      handlers,
      strangers: new StrangerEvents(clock, (event) => handlers.event(event)),
      self: options.identity,
      stallMs: options.stallMs ?? STALL_MS,
      book: new PeerBook(options.knownPeers, (...contact) => handlers.remember(...contact)),
      acquaintance: (peer) => this.#acquaintance(peer),
      sawBoot: (peer, boot) => this.#sawBoot(peer, boot),
    };
    this.#links = new PeerLinks(this.#context);
    this.#accepted = new AcceptedStreams(this.#context, {
      greeted: (stream, hello) => this.#greeted(stream, hello),
      unproven: (stream, hello, refusal) => this.#refuse(stream, hello.from, refusal),
      proven: (stream, hello) => this.#proven(stream, hello),
      received: (rpc) => this.#received(rpc),
      over: (stream) => this.#over(stream),
    });
    network.listen((stream) => this.#accept(stream));
  }

  /**
   * The peers to talk to; this node itself is left out. Opens and closes links accordingly. A node that is none of them
   * and has `nextId` or a higher id may have become a member of late, and is talked to when it comes by itself; one
   * with a lower id was removed.
   */
  setPeers(peers: readonly Peer[], { nextId }: { readonly nextId: NodeId }): void {
    if (this.#closed) return;
    for (const link of this.#links.setPeers(peers, nextId, this.#accepted.provenIds())) {
      this.#dirty.delete(link);
    }
    const { self } = this.#context;
    this.#accepted.close(
      (hello) => judge(self, hello, this.#acquaintance(hello.from)) !== undefined,
    );
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
    return this.#links.stats;
  }

  /** Ends all streams. No handler is called any more. */
  close(): void {
    this.#closed = true;
    this.#links.close();
    this.#dirty.clear();
    this.#accepted.close();
  }

  #accept(stream: PeerStream): void {
    if (!this.#closed) return this.#accepted.add(stream);
    stream.handle({ opened: ignore, received: ignore, closed: ignore });
    return stream.close();
  }

  #greeted(stream: AcceptedStream, hello: Greeting): void {
    const refusal = judgeStranger(this.#context.self, hello);
    if (refusal === undefined) stream.challenge();
    else this.#refuse(stream, hello.from, refusal);
  }

  #proven(stream: AcceptedStream, hello: Greeting): void {
    const refusal = judge(this.#context.self, hello, this.#acquaintance(hello.from));
    if (refusal !== undefined) return this.#refuse(stream, hello.from, refusal);
    this.#links.cameByItself(hello);
    this.#sawBoot(hello.from, hello.incarnation);
    this.#accepted.close((other) => isReplaced(other, hello));
    this.#context.book.meet(hello.from, hello.instanceId, () => this.#welcome(stream, hello));
    return undefined;
  }

  #refuse(stream: AcceptedStream, peer: NodeId, refusal: Refusal): void {
    stream.refuse(refusal);
    if (this.#told.get(peer) === refusal.code) return;
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.set(peer, refusal.code);
    this.#context.strangers.tell({ kind: 'hello-refused', peer, refusal });
  }

  /** The peer is remembered. Meanwhile it may have restarted, been removed, or opened another stream. */
  #welcome(stream: AcceptedStream, { from, instanceId, incarnation, channel }: Greeting): void {
    if (stream.isOver) return;
    const link = this.#links.get(from);
    const isCurrent = this.#context.book.isCurrent(from, instanceId, incarnation);
    if (this.#closed || link === undefined || !isCurrent) return stream.close();
    this.#told.delete(from);
    stream.welcome();
    link.peerDialled(channel, incarnation);
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

  /** A newcomer is a peer for as long as it keeps a stream open. */
  #over({ hello }: AcceptedStream): void {
    if (this.#closed || hello === undefined || this.#accepted.provenIds().has(hello.from)) return;
    const link = this.#links.leaveNewcomer(hello.from);
    if (link === undefined) return;
    const { connected } = link.stats;
    link.close();
    this.#dirty.delete(link);
    if (connected) this.#context.handlers.disconnected(hello.from);
  }

  #acquaintance(peer: NodeId): Acquaintance {
    const { book } = this.#context;
    const standing = this.#links.standingOf(peer);
    return { standing, instanceId: book.instanceOf(peer), incarnation: book.bootOf(peer) };
  }

  #sawBoot(peer: NodeId, boot: Incarnation): void {
    if (!this.#context.book.sawBoot(peer, boot)) return;
    this.#accepted.close((hello) => hello.from === peer && hello.incarnation < boot);
    this.#links.get(peer)?.peerRestarted(boot);
    this.#context.handlers.gone(peer, 'newer-incarnation');
  }
}

function ignore(): void {
  // Nobody wants to hear of this stream.
}

/** A peer has one stream per channel: the latest. An older one is half-dead. */
function isReplaced(older: Greeting, latest: Greeting): boolean {
  return older !== latest && older.from === latest.from && older.channel === latest.channel;
}
