import { type Incarnation, type NodeId, incarnation } from '../../core/numbers.ts';
import type { Rpc } from '../../core/rpc.ts';
import type { Channel } from './greeting.ts';
import { OutgoingStream, type OutgoingStreamOwner } from './outgoing-stream.ts';
import { type EncodedFrame, encodeRpc } from './rpc-codec.ts';
import type { Peer, TransportContext } from './transport-context.ts';
import type { PeerStats, TransportEvent } from './transport-events.ts';

/** While the bulk stream is not there, entries up to this size take the control stream: too few to hold it up. */
const SMALL_APPEND_BYTES_MAX = 64 * 1024;

/** Everything that this node sends to one peer: a control and a bulk stream, each dialled again when it breaks. */
export class PeerLink implements OutgoingStreamOwner {
  readonly peer: Peer;
  readonly #context: TransportContext;
  readonly #control: OutgoingStream;
  readonly #bulk: OutgoingStream;
  /** It was told that the process is gone, and there was no sign of life since. */
  #toldGone = false;
  /** The failures told since a stream was last open, so that retries do not repeat them. */
  readonly #told = new Set<string>();
  /** The boot that dialled the peer's newest control stream; 0 when none did. */
  #diallingBoot = incarnation(0);
  #closed = false;
  #sent = 0;
  #received = 0;
  #dropped = 0;

  constructor(context: TransportContext, peer: Peer) {
    this.#context = context;
    this.peer = peer;
    // Bulk first: when control reports the connection, entries can mostly go out at once.
    this.#bulk = new OutgoingStream(context, peer, 'bulk', this);
    this.#control = new OutgoingStream(context, peer, 'control', this);
  }

  get stats(): PeerStats {
    return {
      connected: this.#control.isOpen,
      queuedBytes: this.#control.queuedBytes + this.#bulk.queuedBytes,
      sent: this.#sent,
      received: this.#received,
      dropped: this.#dropped,
    };
  }

  send(rpc: Rpc): void {
    const frame = encodeRpc(rpc, this.#context.groupId);
    if (this.#streamFor(rpc, frame).push(frame)) this.#sent += 1;
    else this.#dropped += 1;
  }

  #streamFor(rpc: Rpc, frame: EncodedFrame): OutgoingStream {
    if (!mayTakeBulk(rpc)) return this.#control;
    return this.#bulk.isOpen || !mayTakeControl(rpc, frame) ? this.#bulk : this.#control;
  }

  flush(): void {
    this.#control.flush();
    this.#bulk.flush();
  }

  countReceived(): void {
    this.#received += 1;
  }

  /** Counts rpcs of this peer, in either direction, that came to nothing. */
  dropped(frames: number): void {
    this.#dropped += frames;
  }

  /**
   * The peer dialled us: it is alive, so our own streams need not wait. When the same boot dials its control stream
   * again, it may not have heard us for long: ours may be half-dead, which only the other side can notice, and is opened
   * anew unless it is fresh.
   */
  peerDialled(channel: Channel, boot: Incarnation): void {
    this.#toldGone = false;
    if (channel === 'control') {
      if (this.#diallingBoot === boot) this.#control.reopenUnlessFresh();
      this.#diallingBoot = boot;
    }
    this.#control.hurry();
    this.#bulk.hurry();
  }

  /** The peer runs as `boot` now: streams to an earlier process lead nowhere. */
  peerRestarted(boot: Incarnation): void {
    this.#bulk.leaveBootsBefore(boot);
    this.#control.leaveBootsBefore(boot);
  }

  /** Gives both streams up and dials again, e.g. because the peer has not answered for long. */
  reopen(): void {
    this.#bulk.reopen();
    this.#control.reopen();
  }

  reopenBulk(): void {
    this.#bulk.reopenStalled();
  }

  close(): void {
    this.#closed = true;
    this.#control.close();
    this.#bulk.close();
  }

  opened(channel: Channel, boot: Incarnation): void {
    this.#toldGone = false;
    this.#told.clear();
    if (channel === 'control') this.#context.handlers.connected(this.#id, boot);
  }

  lost(channel: Channel): void {
    if (channel === 'control' && !this.#closed) this.#context.handlers.disconnected(this.#id);
  }

  failed(event: TransportEvent): void {
    const key = 'refusal' in event ? `${event.kind} ${event.refusal.code}` : event.kind;
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#context.handlers.event(event);
  }

  refused(): void {
    if (this.#closed || this.#toldGone) return;
    this.#toldGone = true;
    this.#context.handlers.gone(this.#id, 'refused');
  }

  get #id(): NodeId {
    return this.peer.id;
  }
}

const mayTakeBulk = ({ kind }: Rpc): boolean =>
  kind === 'append-entries' || kind === 'install-snapshot';

/** What is small enough not to hold heartbeats up. Snapshots never are: only the question which chunk comes next. */
function mayTakeControl(rpc: Rpc, { bytes }: EncodedFrame): boolean {
  if (rpc.kind === 'install-snapshot') return rpc.data.length === 0;
  return bytes <= SMALL_APPEND_BYTES_MAX;
}
