import type { Incarnation } from '../../core/numbers.ts';
import type { CloseReason, PeerStream } from '../../ports.ts';
import { FrameReader } from './frame-reader.ts';
import {
  type Channel,
  type Greeting,
  type Refusal,
  HANDSHAKE_BYTES_MAX,
  HANDSHAKE_MS_MAX,
  decodeAnswer,
  encodeHello,
  greeting,
  isWelcome,
  judge,
} from './handshake.ts';
import type { Peer, TransportContext } from './transport-context.ts';
import type { TransportEvent } from './transport-events.ts';

export interface DialedStreamOwner {
  /** The handshake is complete: the stream takes frames. */
  established(boot: Incarnation): void;
  /** The stream is over; called once, last, and not after `close`. `event` says why, when there is a story to tell. */
  over(reason: CloseReason, event: TransportEvent | undefined): void;
}

/** One stream that we opened, from dialling to its end. After the handshake it is only written to. */
export class DialedStream {
  readonly #context: TransportContext;
  readonly #peer: Peer;
  readonly #channel: Channel;
  readonly #owner: DialedStreamOwner;
  readonly #stream: PeerStream;
  readonly #reader = new FrameReader(HANDSHAKE_BYTES_MAX);
  #state: 'dialling' | 'greeting' | 'remembering' | 'open' | 'over' = 'dialling';
  #callOffTimeout: (() => void) | undefined;

  constructor(context: TransportContext, peer: Peer, channel: Channel, owner: DialedStreamOwner) {
    this.#context = context;
    this.#peer = peer;
    this.#channel = channel;
    this.#owner = owner;
    this.#stream = context.network.connect(peer.address, {
      opened: () => this.#greet(),
      received: (bytes) => this.#received(bytes),
      closed: (reason) => this.#end(reason, this.#storyOf(reason)),
    });
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get queuedBytes(): number {
    return this.#stream.queuedBytes;
  }

  write(chunks: readonly Buffer[]): void {
    this.#stream.write(chunks);
  }

  /** Ends the stream; the owner is not told. */
  close(): void {
    this.#state = 'over';
    this.#callOffTimeout?.();
    this.#stream.close();
  }

  #greet(): void {
    if (this.#state !== 'dialling') return;
    this.#state = 'greeting';
    this.#callOffTimeout = this.#context.timers.after(HANDSHAKE_MS_MAX, () =>
      this.#fail({ kind: 'handshake-timeout', peer: this.#peer.id }),
    );
    const hello = greeting(this.#context.self, this.#peer.id, this.#channel);
    this.#stream.write(encodeHello(hello).chunks);
  }

  #received(bytes: Buffer): void {
    if (this.#state === 'over') return;
    const fine = this.#reader.push(bytes, (frame) => this.#answered(frame));
    if (!fine) this.#fail(this.#malformed('a frame of impossible length'));
  }

  /** Returns whether the stream goes on. */
  #answered(frame: Buffer): boolean {
    if (this.#state !== 'greeting') {
      if (!isWelcome(frame)) this.#fail(this.#malformed('more than one answer to a hello'));
      return !this.#isOver();
    }
    const answer = decodeAnswer(frame);
    if (answer === undefined) this.#fail(this.#malformed('no answer to a hello'));
    else if (answer.kind === 'welcome') this.#welcomed(answer.welcome);
    else {
      this.#fail({ kind: 'refused-by-peer', peer: this.#peer.id, refusal: answer.refusal });
    }
    return !this.#isOver();
  }

  #welcomed(welcome: Greeting): void {
    const { id } = this.#peer;
    const refusal = this.#judge(welcome);
    if (refusal !== undefined) return this.#fail({ kind: 'welcome-refused', peer: id, refusal });
    this.#state = 'remembering';
    this.#callOffTimeout?.();
    this.#context.sawBoot(id, welcome.incarnation);
    if (this.#isOver()) return undefined;
    this.#context.book.meet(id, welcome.instanceId, () => this.#establish(welcome.incarnation));
  }

  #judge(welcome: Greeting): Refusal | undefined {
    const { id } = this.#peer;
    if (welcome.from !== id) {
      return { code: 'wrong-node', text: `node ${welcome.from} answers for node ${id}` };
    }
    return judge(this.#context.self, welcome, this.#context.acquaintance(id));
  }

  #establish(boot: Incarnation): void {
    if (this.#state !== 'remembering') return;
    if (this.#context.book.bootOf(this.#peer.id) !== boot) return this.#fail(undefined);
    this.#state = 'open';
    this.#owner.established(boot);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #malformed(reason: string): TransportEvent {
    return { kind: 'malformed-frame', peer: this.#peer.id, reason };
  }

  #storyOf(reason: CloseReason): TransportEvent | undefined {
    return reason === 'rejected' ? { kind: 'no-node-there', peer: this.#peer.id } : undefined;
  }

  #fail(event: TransportEvent | undefined): void {
    this.#stream.close();
    this.#end('reset', event);
  }

  #end(reason: CloseReason, event: TransportEvent | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#callOffTimeout?.();
    this.#owner.over(reason, event);
  }
}
