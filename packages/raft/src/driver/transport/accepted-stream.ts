import type { NodeId } from '../../core/numbers.ts';
import type { Rpc } from '../../core/rpc.ts';
import type { PeerStream } from '../../ports.ts';
import { FrameReader } from './frame-reader.ts';
import { type Greeting, greeting } from './greeting.ts';
import {
  HANDSHAKE_BYTES_MAX,
  HANDSHAKE_MS_MAX,
  decodeHello,
  decodeProof,
  encodeChallenge,
  encodeRefuse,
  encodeWelcome,
  isHello,
  isOfDialer,
  transcriptOf,
} from './handshake.ts';
import { judgeProof } from './judging.ts';
import type { Refusal } from './refusal.ts';
import { FRAME_BYTES_MAX, type Route, decodeRpc } from './rpc-codec.ts';
import type { TransportContext } from './transport-context.ts';

export interface AcceptedStreamOwner {
  /** The first frame came; nothing in it is proven. The owner answers by `challenge` or `refuse`. */
  greeted(stream: AcceptedStream, hello: Greeting): void;
  /** The proof is wrong: the owner answers by `refuse`. */
  unproven(stream: AcceptedStream, hello: Greeting, refusal: Refusal): void;
  /** The hello is the peer's. The owner answers, now or later, by `welcome` or `refuse`. */
  proven(stream: AcceptedStream, hello: Greeting): void;
  received(rpc: Rpc): void;
  /** The stream is over, by whomever. Called once, last. */
  over(stream: AcceptedStream): void;
}

/** One stream that a peer opened to us: it brings rpcs, and after its welcome nothing goes back on it. */
export class AcceptedStream {
  readonly #context: TransportContext;
  readonly #stream: PeerStream;
  readonly #owner: AcceptedStreamOwner;
  readonly #reader = new FrameReader(HANDSHAKE_BYTES_MAX);
  readonly #callOffTimeout: () => void;
  #hello: Greeting | undefined;
  /** What the peer's proof must be made over; set between the challenge and the proof. */
  #transcript: Buffer | undefined;
  #isProven = false;
  /** Set by the welcome: from then on rpcs are taken. */
  #route: Route | undefined;
  #isOver = false;

  /** To be called in `accept` of the network. */
  constructor(context: TransportContext, stream: PeerStream, owner: AcceptedStreamOwner) {
    this.#context = context;
    this.#stream = stream;
    this.#owner = owner;
    this.#callOffTimeout = context.timers.after(HANDSHAKE_MS_MAX, () => this.#timedOut());
    stream.handle({
      opened: () => undefined,
      received: (bytes) => this.#received(bytes),
      closed: () => this.#end(),
    });
  }

  /** What the peer said; `undefined` before its hello. */
  get hello(): Greeting | undefined {
    return this.#hello;
  }

  /** The peer has shown that it is a node of this cluster. */
  get isProven(): boolean {
    return this.#isProven;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  challenge(): void {
    const hello = this.#hello;
    if (this.#isOver || hello === undefined) return;
    const { auth, self } = this.#context;
    const said = greeting(self, { to: hello.from, channel: hello.channel }, auth.nonce());
    this.#transcript = transcriptOf('dialer', hello, said);
    const proof = auth.prove(transcriptOf('acceptor', hello, said));
    this.#stream.write(encodeChallenge({ said, proof }).chunks);
  }

  welcome(): void {
    const hello = this.#hello;
    if (this.#isOver || hello === undefined) return;
    const { groupId, self } = this.#context;
    const to = self.identity.nodeId;
    this.#route = { groupId, from: hello.from, boot: hello.incarnation, to };
    this.#reader.bytesMax = FRAME_BYTES_MAX;
    this.#stream.write(encodeWelcome().chunks);
  }

  refuse(refusal: Refusal): void {
    if (this.#isOver) return;
    this.#stream.write(encodeRefuse(refusal).chunks);
    this.close();
  }

  close(): void {
    if (this.#isOver) return;
    this.#stream.close();
    this.#end();
  }

  #received(bytes: Buffer): void {
    if (this.#isOver) return;
    const fine = this.#reader.push(bytes, (frame) => this.#frame(frame));
    if (!fine) this.#malformed('a frame of impossible length');
  }

  /** Returns whether the stream goes on. */
  #frame(frame: Buffer): boolean {
    if (this.#route !== undefined) this.#rpc(frame, this.#route);
    else if (this.#hello === undefined) this.#greeted(frame);
    else if (this.#transcript !== undefined) this.#proof(frame, this.#hello, this.#transcript);
    else if (!isOfDialer(frame)) this.#malformed('a frame before the welcome');
    return !this.#isOver;
  }

  #greeted(frame: Buffer): void {
    const hello = decodeHello(frame);
    if (hello === undefined) return this.#malformed('the first frame is no hello');
    this.#hello = hello;
    this.#owner.greeted(this, hello);
  }

  #proof(frame: Buffer, hello: Greeting, transcript: Buffer): void {
    if (isHello(frame)) return undefined;
    const proof = decodeProof(frame);
    if (proof === undefined) return this.#malformed('no proof after the challenge');
    const refusal = judgeProof(this.#context.auth, transcript, proof);
    if (refusal !== undefined) return this.#owner.unproven(this, hello, refusal);
    this.#transcript = undefined;
    this.#isProven = true;
    this.#callOffTimeout();
    return this.#owner.proven(this, hello);
  }

  #rpc(frame: Buffer, route: Route): void {
    const rpc = decodeRpc(frame, route);
    if (rpc !== undefined) this.#owner.received(rpc);
    else if (!isOfDialer(frame)) this.#malformed('no rpc of this group');
  }

  #timedOut(): void {
    this.#context.strangers.tell({ kind: 'handshake-timeout', peer: this.#hello?.from });
    this.close();
  }

  #malformed(reason: string): void {
    const peer: NodeId | undefined = this.#hello?.from;
    this.close();
    this.#context.strangers.tell({ kind: 'malformed-frame', peer, reason });
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#callOffTimeout();
    this.#owner.over(this);
  }
}
