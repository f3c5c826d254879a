import { NodePeerAuth } from '../driver/node-peer-auth.ts';
import type { PeerAuth, Random } from '../ports.ts';

/** The real authentication with nonces from a seed. Without `secret` there is none. */
export function simPeerAuth(random: Random, secret?: string): PeerAuth {
  return new NodePeerAuth(secret, (count) =>
    Buffer.from(Array.from({ length: count }, () => Math.floor(random.next() * 256))),
  );
}
