import type { Incarnation } from '../../core/numbers.ts';
import type { CloseReason, PeerStream } from '../../ports.ts';
import { FrameReader } from './frame-reader.ts';
import { type Channel, type Greeting, greeting } from './greeting.ts';
import {
  type Challenge,
  HANDSHAKE_BYTES_MAX,
  HANDSHAKE_MS_MAX,
  decodeAnswer,
  encodeHello,
  encodeProof,
  isOfAcceptor,
  transcriptOf,
} from './handshake.ts';
import { judge, judgeProof } from './judging.ts';
import type { Refusal } from './refusal.ts';
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
  readonly #owner: DialedStreamOwner;
  readonly #stream: PeerStream;
  readonly #reader = new FrameReader(HANDSHAKE_BYTES_MAX);
  readonly #hello: Greeting;
  /** What the peer said of itself; set from the challenge on. */
  #said: Greeting | undefined;
  #state: 'dialling' | 'greeting' | 'proving' | 'remembering' | 'open' | 'over' = 'dialling';
  #callOffTimeout: (() => void) | undefined;

  constructor(context: TransportContext, peer: Peer, channel: Channel, owner: DialedStreamOwner) {
    this.#context = context;
    this.#peer = peer;
    this.#owner = owner;
    this.#hello = greeting(context.self, { to: peer.id, channel }, context.auth.nonce());
    this.#stream = context.network.connect(peer.address, {
      opened: () => this.#greet(),
      received: (bytes) => this.#received(bytes),
      closed: (reason, detail) => this.#end(reason, this.#storyOf(reason, detail)),
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
    this.#stream.write(encodeHello(this.#hello).chunks);
  }

  #received(bytes: Buffer): void {
    if (this.#state === 'over') return;
    const fine = this.#reader.push(bytes, (frame) => this.#answered(frame));
    if (!fine) this.#fail(this.#malformed('a frame of impossible length'));
  }

  /** Returns whether the stream goes on. */
  #answered(frame: Buffer): boolean {
    const answer = decodeAnswer(frame);
    if (this.#state !== 'greeting' && this.#state !== 'proving') {
      if (!isOfAcceptor(frame)) this.#fail(this.#malformed('more than a welcome'));
    } else if (answer === undefined) {
      this.#fail(this.#malformed('no answer to a hello'));
    } else if (answer.kind === 'refuse') {
      this.#fail({ kind: 'refused-by-peer', peer: this.#peer.id, refusal: answer.refusal });
    } else if (answer.kind === 'welcome') {
      this.#welcomed();
    } else if (this.#state === 'greeting') {
      this.#challenged(answer.challenge);
    }
    return !this.#isOver();
  }

  /** The peer has to prove first: whoever does not know the secret gets no proof of ours. */
  #challenged({ said, proof }: Challenge): void {
    const { auth } = this.#context;
    const refusal =
      this.#judge(said) ?? judgeProof(auth, transcriptOf('acceptor', this.#hello, said), proof);
    if (refusal !== undefined) return this.#leave(refusal);
    if (said.channel !== this.#hello.channel) return this.#fail(this.#malformed('another channel'));
    this.#state = 'proving';
    this.#said = said;
    const own = auth.prove(transcriptOf('dialer', this.#hello, said));
    return this.#stream.write(encodeProof(own).chunks);
  }

  #welcomed(): void {
    const said = this.#said;
    if (said === undefined) return this.#fail(this.#malformed('a welcome before the challenge'));
    // Again: meanwhile the peer may have shown another boot or directory.
    const refusal = this.#judge(said);
    if (refusal !== undefined) return this.#leave(refusal);
    const { id } = this.#peer;
    this.#state = 'remembering';
    this.#callOffTimeout?.();
    this.#context.sawBoot(id, said.incarnation);
    if (this.#isOver()) return undefined;
    return this.#context.book.meet(id, said.instanceId, () => this.#establish(said));
  }

  #judge(said: Greeting): Refusal | undefined {
    const { id } = this.#peer;
    if (said.from !== id) {
      return { code: 'wrong-node', text: `node ${said.from} answers for node ${id}` };
    }
    return judge(this.#context.self, said, this.#context.acquaintance(id));
  }

  #leave(refusal: Refusal): void {
    this.#fail({ kind: 'welcome-refused', peer: this.#peer.id, refusal });
  }

  #establish({ instanceId, incarnation }: Greeting): void {
    if (this.#state !== 'remembering') return undefined;
    if (!this.#context.book.isCurrent(this.#peer.id, instanceId, incarnation)) {
      return this.#fail(undefined);
    }
    this.#state = 'open';
    return this.#owner.established(incarnation);
  }

  #isOver(): boolean {
    return this.#state === 'over';
  }

  #malformed(reason: string): TransportEvent {
    return { kind: 'malformed-frame', peer: this.#peer.id, reason };
  }

  #storyOf(reason: CloseReason, detail = ''): TransportEvent | undefined {
    const { id: peer } = this.#peer;
    if (reason === 'untrusted') return { kind: 'no-trusted-tls', peer, detail };
    return reason === 'rejected' ? { kind: 'no-node-there', peer } : undefined;
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
