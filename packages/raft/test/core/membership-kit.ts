import { expect } from '@jest/globals';
import type { MembershipChange } from '../../src/core/membership-change.ts';
import { nodeId } from '../../src/core/numbers.ts';
import { CoreNetwork, type CoreNetworkOptions } from './core-network.ts';

/** A network that node 1 leads, with open streams. */
export function led(options: CoreNetworkOptions = {}): CoreNetwork {
  const network = new CoreNetwork(options);
  network.elect(1);
  network.connect();
  network.tick(100);
  return network;
}

export function remove(...ids: number[]): MembershipChange {
  return { kind: 'remove', ids: ids.map((id) => nodeId(id)) };
}

export function promote(...ids: number[]): MembershipChange {
  return { kind: 'promote', ids: ids.map((id) => nodeId(id)) };
}

export const voters = (network: CoreNetwork, id: number): readonly number[] =>
  network.core(id).configuration.voters;

export const outgoing = (network: CoreNetwork, id: number): readonly number[] =>
  network.core(id).configuration.outgoing;

/** These are the voters, and each of them that runs knows that this is committed. */
export function expectSettled(network: CoreNetwork, ...ids: number[]): void {
  for (const id of ids.filter((one) => network.node(one).running)) {
    expect(network.core(id).isSettled).toBe(true);
    expect(voters(network, id).toSorted((a, b) => a - b)).toEqual(ids);
  }
}
