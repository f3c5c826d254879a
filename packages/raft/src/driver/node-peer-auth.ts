import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PeerAuth } from '../ports.ts';

const NONCE_BYTES = 32;

/**
 * HMAC-SHA256 with a secret that all nodes of the cluster are given; or, without one, no authentication: then proofs are
 * empty, and only empty ones are right.
 */
export class NodePeerAuth implements PeerAuth {
  readonly #secret: string | undefined;
  readonly #bytes: (count: number) => Buffer;

  /** `bytes` is for simulations, whose chance comes from a seed. */
  constructor(secret: string | undefined, bytes: (count: number) => Buffer = randomBytes) {
    this.#secret = secret;
    this.#bytes = bytes;
  }

  nonce(): Buffer {
    return this.#bytes(NONCE_BYTES);
  }

  prove(transcript: Buffer): Buffer {
    if (this.#secret === undefined) return Buffer.alloc(0);
    return createHmac('sha256', this.#secret).update(transcript).digest();
  }

  check(transcript: Buffer, proof: Buffer): boolean {
    const right = this.prove(transcript);
    return proof.length === right.length && timingSafeEqual(proof, right);
  }
}
