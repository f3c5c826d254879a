import { assert } from '../../core/assert.ts';
import { LENGTH_BYTES } from './frame-reader.ts';
import { type Greeting, LAYOUT_VERSION, decodeGreeting, encodeGreeting } from './greeting.ts';
import { type Refusal, codeOf, numberOf } from './refusal.ts';
import type { EncodedFrame } from './rpc-codec.ts';

/**
 * The first frames of a stream, little-endian. Offsets count from the end of `length`.
 *
 *   dialer            acceptor
 *     | hello    ───────▶ |   who I am and whom I mean; a nonce
 *     | ◀─────── challenge |   who I am; a nonce; the acceptor's proof
 *     | proof    ───────▶ |   the dialer's proof
 *     | ◀──────── welcome |   or, in the place of challenge or welcome, refuse
 *
 *   hello      | length u32 | greeting, see `greeting.ts` |
 *   challenge  | length u32 | greeting | bytes u16 | proof |
 *   proof      | length u32 | v1 u8 | type u8 | bytes u16 | proof |
 *   welcome    | length u32 | v1 u8 | type u8 |
 *   refuse     | length u32 | v1 u8 | type u8 | code u16 | text UTF-8 |
 *
 * hello and refuse stay as they are in every version, so that any two can tell each other why they do not talk.
 *
 * A proof shows that its maker knows the cluster secret: it is made over the transcript, all that both have said, with
 * both nonces, and over who of the two makes it. So it is good for this stream and this direction only: it can neither
 * be sent back to its maker nor used again. The acceptor proves first; whoever does not know the secret gets one proof
 * of no use and nothing else. Without a secret proofs are empty. The handshake says who opened a stream; that nobody
 * changes what goes over it afterwards is the business of TLS.
 */
const HEAD_BYTES = 2;
const REFUSE_BYTES = 4;
const TEXT_BYTES_MAX = 512;
const PROOF_BYTES_MAX = 64;

/** Several times the longest frame of a handshake: what later versions may add. A stranger gets no more memory. */
export const HANDSHAKE_BYTES_MAX = 4 * 1024;

/** From the opened stream to its welcome. Covers some round trips anywhere on earth; then the next attempt is better. */
export const HANDSHAKE_MS_MAX = 1_000;

/** Never reuse a number; below 64 are rpcs. 65 was the welcome of protocol 1. */
const FrameType = { hello: 64, refuse: 66, challenge: 67, proof: 68, welcome: 69 } as const;

/** The answer to a hello. */
export interface Challenge {
  readonly said: Greeting;
  /** The acceptor's; empty when it has no secret. */
  readonly proof: Buffer;
}

/** What the acceptor says. */
export type Answer =
  | { readonly kind: 'challenge'; readonly challenge: Challenge }
  | { readonly kind: 'welcome' }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

/** Who makes a proof. */
export type Prover = 'acceptor' | 'dialer';

/** What a proof of `prover` is made over, given the two greetings. No two streams of any nodes share one. */
export function transcriptOf(prover: Prover, hello: Greeting, challenge: Greeting): Buffer {
  const said = [
    encodeGreeting(FrameType.hello, hello),
    encodeGreeting(FrameType.challenge, challenge),
  ];
  return Buffer.concat([Buffer.from(`rrmq-raft/2 ${prover}\n`), ...said]);
}

export const encodeHello = (hello: Greeting): EncodedFrame =>
  framed(encodeGreeting(FrameType.hello, hello));

export const encodeChallenge = ({ said, proof }: Challenge): EncodedFrame =>
  framed(encodeGreeting(FrameType.challenge, said), sized(proof));

export const encodeProof = (proof: Buffer): EncodedFrame =>
  framed(headOf(FrameType.proof), sized(proof));

export const encodeWelcome = (): EncodedFrame => framed(headOf(FrameType.welcome));

export function encodeRefuse({ code, text }: Refusal): EncodedFrame {
  const number = Buffer.alloc(2);
  number.writeUInt16LE(numberOf(code));
  const words = Buffer.from(text).subarray(0, TEXT_BYTES_MAX);
  return framed(headOf(FrameType.refuse), number, words);
}

const headOf = (type: number): Buffer => Buffer.of(LAYOUT_VERSION, type);

function sized(proof: Buffer): Buffer {
  assert(proof.length <= PROOF_BYTES_MAX, 'a proof has at most 64 bytes');
  const length = Buffer.alloc(2);
  length.writeUInt16LE(proof.length);
  return Buffer.concat([length, proof]);
}

function framed(...parts: Buffer[]): EncodedFrame {
  const frame = Buffer.concat([Buffer.alloc(LENGTH_BYTES), ...parts]);
  frame.writeUInt32LE(frame.length - LENGTH_BYTES, 0);
  return { chunks: [frame], bytes: frame.length };
}

const isOf = (frame: Buffer, type: number): boolean =>
  frame[0] === LAYOUT_VERSION && frame[1] === type;

export const isHello = (frame: Buffer): boolean => isOf(frame, FrameType.hello);

/** True for what a dialer says in a handshake, well-formed or not: a network that repeats pieces may bring it twice. */
export const isOfDialer = (frame: Buffer): boolean =>
  isHello(frame) || isOf(frame, FrameType.proof);

/** As `isOfDialer`, for the acceptor; a refusal ends the stream and comes once. */
export const isOfAcceptor = (frame: Buffer): boolean =>
  isOf(frame, FrameType.challenge) || isOf(frame, FrameType.welcome);

/** `undefined` when it is no well-formed hello. */
export function decodeHello(frame: Buffer): Greeting | undefined {
  const decoded = isHello(frame) ? decodeGreeting(frame) : undefined;
  return decoded?.bytes === frame.length ? decoded.said : undefined;
}

/** `undefined` when it is no well-formed proof. */
export function decodeProof(frame: Buffer): Buffer | undefined {
  return isOf(frame, FrameType.proof) ? proofAt(frame, HEAD_BYTES) : undefined;
}

/** `undefined` when it is no well-formed challenge, welcome or refuse. */
export function decodeAnswer(frame: Buffer): Answer | undefined {
  if (isOf(frame, FrameType.refuse)) return decodeRefuse(frame);
  if (isOf(frame, FrameType.challenge)) return decodeChallenge(frame);
  return isOf(frame, FrameType.welcome) && frame.length === HEAD_BYTES
    ? { kind: 'welcome' }
    : undefined;
}

function decodeChallenge(frame: Buffer): Answer | undefined {
  const decoded = decodeGreeting(frame);
  if (decoded === undefined) return undefined;
  const proof = proofAt(frame, decoded.bytes);
  return proof && { kind: 'challenge', challenge: { said: decoded.said, proof } };
}

function decodeRefuse(frame: Buffer): Answer | undefined {
  if (frame.length < REFUSE_BYTES || frame.length > REFUSE_BYTES + TEXT_BYTES_MAX) return undefined;
  const code = codeOf(frame.readUInt16LE(2));
  if (code === undefined) return undefined;
  return { kind: 'refuse', refusal: { code, text: frame.toString('utf8', REFUSE_BYTES) } };
}

/** The last field: it ends where the frame ends. A copy. */
function proofAt(frame: Buffer, offset: number): Buffer | undefined {
  if (offset + 2 > frame.length) return undefined;
  const start = offset + 2;
  const isWhole = start + frame.readUInt16LE(offset) === frame.length;
  if (!isWhole || frame.length - start > PROOF_BYTES_MAX) return undefined;
  return Buffer.from(frame.subarray(start));
}
