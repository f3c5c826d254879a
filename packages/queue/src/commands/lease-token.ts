import { sipHash } from './sip-hash.ts';

/**
 * Proof of one delivery, big-endian:
 *
 *     | u64 topic number | u64 sequence | u32 delivery | u64 SipHash-2-4 of all before, keyed with the secret |
 *
 * The secret is in the log: whoever reads it, or guesses one in 2^64, could settle what others hold.
 */
export const TOKEN_BYTES = 28;
export const SECRET_BYTES = 16;

const SIGNED_BYTES = 20;
const TWO_32 = 0x1_0000_0000;

export interface TokenParts {
  readonly topicNumber: number;
  readonly sequence: number;
  /** Counts the deliveries of the message, from 1. */
  readonly delivery: number;
}

/** Signs into `target`, which has `TOKEN_BYTES`. */
export function signToken(secret: Buffer, parts: TokenParts, target: Buffer): Buffer {
  const { topicNumber, sequence, delivery } = parts;
  target.writeUInt32BE(Math.floor(topicNumber / TWO_32), 0);
  target.writeUInt32BE(topicNumber >>> 0, 4);
  target.writeUInt32BE(Math.floor(sequence / TWO_32), 8);
  target.writeUInt32BE(sequence >>> 0, 12);
  target.writeUInt32BE(delivery, 16);
  const { high, low } = sipHash(secret, target, SIGNED_BYTES);
  target.writeUInt32BE(high, SIGNED_BYTES);
  target.writeUInt32BE(low, SIGNED_BYTES + 4);
  return target;
}

/** What a token says; `undefined` when it is none that was signed with this secret. */
export function openToken(secret: Buffer, token: Buffer): TokenParts | undefined {
  if (token.length !== TOKEN_BYTES) return undefined;
  const { high, low } = sipHash(secret, token, SIGNED_BYTES);
  const isSigned =
    token.readUInt32BE(SIGNED_BYTES) === high && token.readUInt32BE(SIGNED_BYTES + 4) === low;
  if (!isSigned) return undefined;
  return {
    topicNumber: token.readUInt32BE(0) * TWO_32 + token.readUInt32BE(4),
    sequence: token.readUInt32BE(8) * TWO_32 + token.readUInt32BE(12),
    delivery: token.readUInt32BE(16),
  };
}
