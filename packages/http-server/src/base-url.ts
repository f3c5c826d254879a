import type { NodeAddress } from '@rrmq/raft';

/** How clients reach the nodes, the same at all nodes of a cluster. */
export type Scheme = 'http' | 'https';

/** Where clients reach the node at this address. */
export function baseUrl(scheme: Scheme, { ip, port }: NodeAddress): string {
  return `${scheme}://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
}
