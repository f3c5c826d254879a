import { crc32 } from 'node:zlib';
import type { PeerAuth, Random } from '../ports.ts';

const NONCE_BYTES = 32;
const WORD_BYTES = 4;

/**
 * Proofs that are good enough where nobody attacks, with nonces from a seed: a checksum of the secret and the
 * transcript. The real ones cost more than the rest of a simulated handshake, and have tests of their own.
 */
export class SimPeerAuth implements PeerAuth {
  readonly #random: Random;
  readonly #secret: number;

  constructor(random: Random, secret: string) {
    this.#random = random;
    this.#secret = crc32(secret);
  }

  nonce(): Buffer {
    const nonce = Buffer.allocUnsafe(NONCE_BYTES);
    for (let offset = 0; offset < NONCE_BYTES; offset += WORD_BYTES) {
      nonce.writeUInt32LE(Math.floor(this.#random.next() * 0x1_0000_0000), offset);
    }
    return nonce;
  }

  prove(transcript: Buffer): Buffer {
    const proof = Buffer.allocUnsafe(WORD_BYTES);
    proof.writeUInt32LE(crc32(transcript, this.#secret));
    return proof;
  }

  check(transcript: Buffer, proof: Buffer): boolean {
    return proof.equals(this.prove(transcript));
  }
}
