import { describe, expect, it } from '@jest/globals';
import type { Rpc } from '../../src/core/rpc.ts';
import { CoreNetwork } from './core-network.ts';

/** Linearizable reads by ReadIndex: §8, thesis §6.4. */

function led(voters = 3): CoreNetwork {
  const network = new CoreNetwork({ voters });
  network.elect(1);
  network.tick(100);
  return network;
}

const isReply = ({ kind }: Rpc): boolean => kind === 'heartbeat-reply';
const idsOf = (network: CoreNetwork, id: number): number[] =>
  network.node(id).reads.map((read) => read.id);

describe('reads', () => {
  it('a read is confirmed by a quorum that answers a heartbeat sent after it came', () => {
    const network = led();
    network.hold(isReply);
    expect(network.node(1).read(1)).toBeUndefined();
    expect(idsOf(network, 1)).toEqual([]);
    network.release();
    expect(network.node(1).reads).toEqual([{ id: 1, index: 1 }]);
  });

  it('an answer to a heartbeat that was sent before the read confirms nothing', () => {
    const network = led();
    network.hold(isReply);
    network.tick(50);
    const early = network.held.filter(({ to }) => to === 1);
    expect(early.length).toBeGreaterThan(0);
    network.node(1).read(1);
    for (const rpc of early) network.deliver(rpc);
    expect(idsOf(network, 1)).toEqual([]);
  });

  it('reads that come while a round is on its way share the next', () => {
    const network = led();
    const before = network.sentOf('heartbeat', 1).length;
    network.hold(isReply);
    for (const id of [1, 2, 3, 4, 5]) network.node(1).read(id);
    expect(network.sentOf('heartbeat', 1)).toHaveLength(before + 2);
    network.release();
    expect(idsOf(network, 1)).toEqual([1, 2, 3, 4, 5]);
    expect(network.sentOf('heartbeat', 1)).toHaveLength(before + 4);
  });

  it('L01 a read waits for the no-op of the term, and is never older than it (§8)', () => {
    const network = new CoreNetwork({ logs: { 1: [1, 1], 2: [1, 1], 3: [1, 1] } });
    const heal = network.drop(({ kind }) => kind === 'append-entries');
    network.elect(1);
    expect(network.node(1).read(1)).toBeUndefined();
    network.tick(200);
    expect(idsOf(network, 1)).toEqual([]);
    heal();
    network.tick(100);
    expect(network.node(1).reads).toEqual([{ id: 1, index: 3 }]);
  });

  it('L02 late heartbeat answers of an earlier term confirm nothing in a later one', () => {
    const network = led();
    network.hold(isReply);
    network.node(1).read(1);
    network.tick(100);
    const old = network.held.filter(({ to }) => to === 1);
    network.elect(2);
    network.elect(1);
    network.node(1).read(2);
    for (const rpc of old) network.deliver(rpc);
    expect(idsOf(network, 1)).toEqual([]);
    network.release();
    expect(idsOf(network, 1)).toEqual([2]);
  });

  it('L05 the read of a leader that was cut off is never confirmed, later ones are refused', () => {
    const network = led();
    const heal = network.isolate(1);
    expect(network.node(1).read(1)).toBeUndefined();
    network.elect(2);
    network.propose(2, 'newer');
    network.tick(320);
    expect(network.core(1).role).toBe('leader');
    expect(network.node(1).read(2)).toBe('unconfirmed');
    network.tick(300);
    expect(network.node(1).read(3)).toBe('not-leader');
    heal();
    network.tick(200);
    expect(idsOf(network, 1)).toEqual([]);
  });

  it('a follower serves no read', () => {
    expect(led().node(2).read(1)).toBe('not-leader');
  });

  it('a single node confirms its own reads at once', () => {
    const network = led(1);
    network.node(1).read(1);
    expect(idsOf(network, 1)).toEqual([1]);
  });

  it('a learner confirms nothing', () => {
    const network = new CoreNetwork({ voters: 2, learners: [3] });
    network.elect(1);
    network.tick(50);
    network.node(2).crash();
    network.node(1).read(1);
    network.tick(100);
    expect(idsOf(network, 1)).toEqual([]);
  });
});
