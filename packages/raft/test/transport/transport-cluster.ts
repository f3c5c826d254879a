import type { PeerAddress } from '../../src/ports.ts';
import { SimNetwork } from '../../src/testing/sim-network.ts';
import { type NodeOptions, TransportNode } from './transport-node.ts';
import { VirtualTime, seededRandom } from './virtual-time.ts';

export const at = (id: number): PeerAddress => ({ ip: 'sim', port: id });

/** Transports in virtual time over a simulated network. */
export class Cluster {
  readonly time = new VirtualTime();
  readonly network = new SimNetwork(this.time, seededRandom(1));

  start(options: NodeOptions, address = at(options.id)): TransportNode {
    const network = this.network.endpoint(address);
    return new TransportNode({ network, timers: this.time, clock: this.time }, options);
  }

  meet(...nodes: TransportNode[]): void {
    const addresses = new Map(nodes.map(({ id }) => [id, at(id)]));
    for (const node of nodes) node.meet(addresses);
  }

  pair(a: Partial<NodeOptions> = {}, b: Partial<NodeOptions> = {}): TransportNode[] {
    const nodes = [this.start({ id: 1, ...a }), this.start({ id: 2, ...b })];
    this.meet(...nodes);
    return nodes;
  }
}
