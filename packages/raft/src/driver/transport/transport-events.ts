import type { Incarnation, NodeId } from '../../core/numbers.ts';
import type { Rpc } from '../../core/rpc.ts';
import type { Channel } from './greeting.ts';
import type { Refusal } from './refusal.ts';

/** What happens between nodes and people may want to read. Repeated failures of one stream are told once. */
export type TransportEvent =
  /** A node that dialled us was turned away; `peer` is the id that it claimed. */
  | { readonly kind: 'hello-refused'; readonly peer: NodeId; readonly refusal: Refusal }
  /** A peer turned us away. */
  | { readonly kind: 'refused-by-peer'; readonly peer: NodeId; readonly refusal: Refusal }
  /** A peer answered us, and we left: it is not the one that we know, or could not prove it. */
  | { readonly kind: 'welcome-refused'; readonly peer: NodeId; readonly refusal: Refusal }
  /** What listens at the peer's address is no RRMQ node. */
  | { readonly kind: 'no-node-there'; readonly peer: NodeId }
  /** The peer speaks no TLS, or shows a certificate that is not trusted for its address; `detail` says why. */
  | {
      readonly kind: 'no-trusted-tls';
      readonly peer: NodeId;
      readonly detail: string;
    }
  /** No welcome (or, on an accepted stream, no proof) in time. `peer` is unknown before its hello. */
  | { readonly kind: 'handshake-timeout'; readonly peer: NodeId | undefined }
  /** A stream was closed because of what came over it. */
  | {
      readonly kind: 'malformed-frame';
      readonly peer: NodeId | undefined;
      readonly reason: string;
    }
  /** More streams were opened to us than a cluster needs; the oldest of those that prove nothing are closed. */
  | { readonly kind: 'too-many-streams' }
  | { readonly kind: 'stream-opened'; readonly peer: NodeId; readonly channel: Channel }
  /** An open stream broke or was given up. */
  | { readonly kind: 'stream-lost'; readonly peer: NodeId; readonly channel: Channel }
  /** The bulk stream made no progress and is opened again; what was queued is lost. */
  | { readonly kind: 'bulk-stalled'; readonly peer: NodeId; readonly queuedBytes: number };

/** What the transport calls. It is ready for any call back into it, from within each of these. */
export interface TransportHandlers {
  /**
   * An rpc from the peer that the handshake named in `from`. In a request `incarnation` is the sender's boot; a reply
   * is one to this boot.
   */
  received(rpc: Rpc): void;
  /**
   * Our own control stream to the peer completed its handshake: it can be sent to. A newcomer, which `setPeers` has not
   * named, is reported likewise, and not again when it is named.
   */
  connected(peer: NodeId, incarnation: Incarnation): void;
  /** Our own control stream to the peer, reported as connected, is over. Not told of peers that `setPeers` leaves out. */
  disconnected(peer: NodeId): void;
  /**
   * The process that ran the peer is gone: nobody listens at its address (told once per loss, also when nobody ever
   * did), or it shows a later boot than before. A mere reset is not reported here.
   */
  gone(peer: NodeId, why: GoneReason): void;
  /**
   * First contact, when the peer has proven what it says. Must call `done` when the instance id of the peer is durable;
   * until then nothing is exchanged with it. Called once per peer without known instance id.
   */
  remember(peer: NodeId, instanceId: string, done: () => void): void;
  event(event: TransportEvent): void;
}

export type GoneReason = 'refused' | 'newer-incarnation';

export interface PeerStats {
  readonly connected: boolean;
  /** Waiting for the operating system, on both streams. */
  readonly queuedBytes: number;
  /** Rpcs since the peer was first set. */
  readonly sent: number;
  readonly received: number;
  /** Not sent for want of a stream or of room, or lost with one, or replies to another boot of this node. */
  readonly dropped: number;
}
