import { assert } from '../../core/assert.ts';
import { type Incarnation, incarnation } from '../../core/numbers.ts';
import type { CloseReason } from '../../ports.ts';
import { DialedStream } from './dialed-stream.ts';
import type { Channel } from './greeting.ts';
import { RetrySchedule } from './retry-schedule.ts';
import type { EncodedFrame } from './rpc-codec.ts';
import type { Peer, TransportContext } from './transport-context.ts';
import type { TransportEvent } from './transport-events.ts';

/** Bulk: more than the core has on its way to one peer. Control: minutes of heartbeats. A slow peer gets no more. */
export const QUEUED_BYTES_MAX = { bulk: 64 * 1024 * 1024, control: 1024 * 1024 } as const;

/** A stall is seen at most this part of `stallMs` late. */
const STALL_CHECKS = 4;

export interface OutgoingStreamOwner {
  opened(channel: Channel, boot: Incarnation): void;
  /** An open stream is over. */
  lost(channel: Channel): void;
  /** An attempt came to nothing for a reason that may be told. */
  failed(event: TransportEvent): void;
  /** Nobody listens at the peer's address. */
  refused(): void;
  dropped(frames: number): void;
}

/** A stream to a peer that is dialled again whenever it is not there. Frames leave in order, or are dropped. */
export class OutgoingStream {
  readonly #context: TransportContext;
  readonly #peer: Peer;
  readonly #channel: Channel;
  readonly #owner: OutgoingStreamOwner;
  readonly #schedule: RetrySchedule;
  #dialed: DialedStream | undefined;
  #callOffRetry: (() => void) | undefined;
  #callOffStallCheck: (() => void) | undefined;
  /** 0 while the stream is not open. */
  #boot = incarnation(0);
  #openedAtMs = 0;
  /** Frames of this turn. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #pendingFrames = 0;
  #writtenBytes = 0;
  #closed = false;

  constructor(context: TransportContext, peer: Peer, channel: Channel, owner: OutgoingStreamOwner) {
    this.#context = context;
    this.#peer = peer;
    this.#channel = channel;
    this.#owner = owner;
    this.#schedule = new RetrySchedule(context.clock, context.random);
    this.#dial();
  }

  get isOpen(): boolean {
    return this.#boot > 0;
  }

  get queuedBytes(): number {
    return this.#pendingBytes + (this.#dialed?.queuedBytes ?? 0);
  }

  /** Queues a frame until `flush`. False: there is no stream, or no room, and the frame is dropped. */
  push(frame: EncodedFrame): boolean {
    if (!this.isOpen || this.queuedBytes >= QUEUED_BYTES_MAX[this.#channel]) return false;
    this.#pending.push(...frame.chunks);
    this.#pendingBytes += frame.bytes;
    this.#pendingFrames += 1;
    return true;
  }

  /** One write for all frames since the last flush. */
  flush(): void {
    const dialed = this.#dialed;
    if (dialed === undefined || this.#pendingFrames === 0) return;
    const chunks = this.#pending;
    this.#writtenBytes += this.#pendingBytes;
    this.#forgetPending();
    dialed.write(chunks);
    if (this.#channel === 'bulk') this.#watch(dialed);
  }

  /** Dials now when the next attempt is only waiting for its time. */
  hurry(): void {
    if (this.#callOffRetry === undefined || this.#schedule.flaps) return;
    this.#callOffRetry();
    this.#dial();
  }

  /** Gives an open stream up and dials again, when it belongs to an earlier boot than `boot`. */
  leaveBootsBefore(boot: Incarnation): void {
    if (this.isOpen && this.#boot < boot) this.reopen();
  }

  /** Gives an open stream up and dials again. */
  reopen(): void {
    if (!this.isOpen) return;
    this.#dialed?.close();
    this.#over('reset', undefined);
  }

  /** As `reopen`, and tells of it. */
  reopenStalled(): void {
    if (!this.isOpen) return;
    const { queuedBytes } = this;
    this.#context.handlers.event({ kind: 'bulk-stalled', peer: this.#peer.id, queuedBytes });
    this.reopen();
  }

  /** As `reopen`, for a stream that has been open for as long as a stall takes to be seen: so two sides take no turns. */
  reopenUnlessFresh(): void {
    const { clock, stallMs } = this.#context;
    if (clock.monotonicMs() - this.#openedAtMs >= stallMs) this.reopen();
  }

  /** Ends the stream for good; the owner is not told. */
  close(): void {
    this.#closed = true;
    this.#boot = incarnation(0);
    this.#callOffRetry?.();
    this.#callOffStallCheck?.();
    this.#forgetPending();
    this.#dialed?.close();
    this.#dialed = undefined;
  }

  #dial(): void {
    this.#callOffRetry = undefined;
    assert(this.#dialed === undefined, 'a peer has one stream of each kind');
    this.#dialed = new DialedStream(this.#context, this.#peer, this.#channel, {
      established: (boot) => this.#established(boot),
      over: (reason, event) => this.#over(reason, event),
    });
  }

  #established(boot: Incarnation): void {
    this.#boot = boot;
    this.#openedAtMs = this.#context.clock.monotonicMs();
    this.#schedule.opened();
    this.#event('stream-opened');
    this.#owner.opened(this.#channel, boot);
  }

  /** All state changes come before the first call to anyone, who may call back. */
  #over(reason: CloseReason, event: TransportEvent | undefined): void {
    if (this.#closed) return;
    const wasOpen = this.isOpen;
    const lostFrames = this.#pendingFrames;
    this.#boot = incarnation(0);
    this.#dialed = undefined;
    this.#callOffStallCheck?.();
    this.#callOffStallCheck = undefined;
    this.#forgetPending();
    this.#dialLater(event?.kind === 'refused-by-peer');
    if (event !== undefined) this.#owner.failed(event);
    if (lostFrames > 0) this.#owner.dropped(lostFrames);
    if (wasOpen) this.#event('stream-lost');
    if (wasOpen) this.#owner.lost(this.#channel);
    if (reason === 'refused') this.#owner.refused();
  }

  #dialLater(refused: boolean): void {
    const delayMs = this.#schedule.nextDelayMs(refused);
    if (delayMs === 0) this.#dial();
    else this.#callOffRetry = this.#context.timers.after(delayMs, () => this.#dial());
  }

  #forgetPending(): void {
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#pendingFrames = 0;
  }

  #event(kind: 'stream-opened' | 'stream-lost'): void {
    this.#context.handlers.event({ kind, peer: this.#peer.id, channel: this.#channel });
  }

  /** Looks after the queue as long as there is one, and opens the stream again when it does not move. */
  #watch(dialed: DialedStream): void {
    if (this.#callOffStallCheck !== undefined || dialed.queuedBytes === 0) return;
    this.#checkLater(dialed, this.#writtenBytes - dialed.queuedBytes, 0);
  }

  #checkLater(dialed: DialedStream, drainedBytes: number, idleChecks: number): void {
    const delayMs = this.#context.stallMs / STALL_CHECKS;
    this.#callOffStallCheck = this.#context.timers.after(delayMs, () => {
      this.#callOffStallCheck = undefined;
      const { queuedBytes } = dialed;
      if (queuedBytes === 0) return;
      const drained = this.#writtenBytes - queuedBytes;
      const idle = drained === drainedBytes ? idleChecks + 1 : 0;
      if (idle < STALL_CHECKS) this.#checkLater(dialed, drained, idle);
      else this.reopenStalled();
    });
  }
}
