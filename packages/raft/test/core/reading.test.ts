import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
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

  it('L02 a heartbeat of an earlier term that is answered in a later one confirms nothing there', () => {
    const network = led();
    network.hold(({ kind, to }) => kind === 'heartbeat' && to === 3);
    network.tick(500);
    const old = network.held.filter(({ from }) => from === 1);
    expect(old.length).toBeGreaterThan(5);
    network.elect(2);
    network.elect(1);
    const heal = network.drop(({ kind, to }) => kind === 'heartbeat' && to !== 3);
    network.node(1).read(1);
    for (const rpc of old) network.deliver(rpc);
    network.settle();
    expect(idsOf(network, 1)).toEqual([]);
    heal();
    network.release();
    expect(idsOf(network, 1)).toEqual([1]);
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

  it('L01 reads that wait for a no-op which no disk takes are refused after an election timeout', () => {
    const network = new CoreNetwork();
    network.hold(({ kind }) => kind === 'append-reply');
    network.elect(1);
    expect(network.node(1).read(1)).toBeUndefined();
    network.tick(590);
    expect(network.node(1).refusedReads).toEqual([]);
    network.tick(20);
    expect(network.node(1).refusedReads).toEqual([{ id: 1, reason: 'unconfirmed' }]);
    expect(network.core(1)).toMatchObject({ role: 'leader', readsWaiting: 0 });
    network.release();
    expect(idsOf(network, 1)).toEqual([]);
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

describe('reads of followers', () => {
  it('L04 a follower asks its leader, and serves when it has executed what the leader names (thesis §6.4)', () => {
    const network = led();
    network.node(2).applyHeld = true;
    network.propose(1, 'a');
    expect(network.node(2).read(7)).toBeUndefined();
    network.settle();
    expect(network.node(2).reads).toEqual([{ id: 7, index: 2 }]);
    expect(network.core(2)).toHaveProperty('applied', 1);
  });

  it('L04 the leader answers only when a quorum has answered a heartbeat sent after it was asked', () => {
    const network = led();
    network.hold(isReply);
    network.node(2).read(7);
    network.settle();
    expect(network.sentOf('read-reply')).toEqual([]);
    expect(network.core(1)).toHaveProperty('readsWaiting', 1);
    expect(network.core(2)).toHaveProperty('readsWaiting', 1);
    network.release();
    expect(network.sentOf('read-reply', 1)).toMatchObject([{ to: 2, read: 7, index: 1 }]);
    expect(network.core(2)).toHaveProperty('readsWaiting', 0);
  });

  it('L04 a learner reads, too', () => {
    const network = new CoreNetwork({ voters: 3, learners: [4] });
    network.elect(1);
    network.tick(50);
    network.node(4).read(7);
    network.settle();
    expect(network.node(4).reads).toEqual([{ id: 7, index: 1 }]);
  });

  it('L01 a follower’s read waits for the no-op of the leader’s term, too (§8)', () => {
    const network = new CoreNetwork({ logs: { 1: [1, 1], 2: [1, 1], 3: [1, 1] } });
    const heal = network.drop(({ kind }) => kind === 'append-reply');
    network.elect(1);
    network.node(2).read(7);
    network.tick(100);
    expect(network.node(2).reads).toEqual([]);
    heal();
    network.tick(100);
    expect(network.node(2).reads).toEqual([{ id: 7, index: 3 }]);
  });

  it('L06 a node that knows no leader serves no read', () => {
    const network = led();
    network.node(2).restart();
    expect(network.node(2).read(7)).toBe('not-leader');
  });

  it('L05 a follower’s read at a leader that is cut off is refused, not served', () => {
    const network = led(5);
    const far = [3, 4, 5];
    network.drop(({ from, to }) => far.includes(from) !== far.includes(to));
    network.node(2).read(7);
    network.settle();
    network.elect(3);
    network.propose(3, 'newer');
    network.tick(320);
    network.node(2).read(8);
    network.settle();
    expect(network.node(2).refusedReads).toEqual([{ id: 8, reason: 'unconfirmed' }]);
    network.tick(400);
    expect(network.node(2).reads).toEqual([]);
    expect(network.node(2).refusedReads).toContainEqual({ id: 7, reason: 'unconfirmed' });
  });

  it('L05 a leader that steps down refuses what waits, its own reads and those of others', () => {
    const network = led();
    network.hold(isReply);
    network.node(1).read(1);
    network.node(2).read(2);
    network.settle();
    network.elect(3);
    expect(network.node(1).refusedReads).toEqual([{ id: 1, reason: 'not-leader' }]);
    expect(network.sentOf('read-reply', 1)).toMatchObject([{ read: 2, refusal: 'not-leader' }]);
    expect(network.node(2).refusedReads).toEqual([{ id: 2, reason: 'not-leader' }]);
  });

  it('L02 an answer that comes after the follower has changed leaders is ignored', () => {
    const network = led();
    network.hold(({ kind }) => kind === 'read-reply');
    network.node(2).read(7);
    network.settle();
    network.elect(3);
    network.release();
    expect(network.node(2).reads).toEqual([]);
    expect(network.node(2).refusedReads).toEqual([{ id: 7, reason: 'not-leader' }]);
  });

  it('a read whose question or answer was lost is refused after an election timeout', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'read-reply');
    network.node(2).read(7);
    network.tick(590);
    expect(network.node(2).refusedReads).toEqual([]);
    network.tick(20);
    expect(network.node(2).refusedReads).toEqual([{ id: 7, reason: 'unconfirmed' }]);
  });

  it('the process of the leader is gone: what it was asked is refused at once', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'read-index');
    network.node(2).read(7);
    network.core(2).peerGone(nodeId(1));
    network.node(2).act();
    expect(network.node(2).refusedReads).toEqual([{ id: 7, reason: 'not-leader' }]);
  });

  it('a follower asks about so many reads at a time', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'read-index');
    const refusals = Array.from({ length: 1_001 }, (_, i) => network.node(2).read(i));
    expect(refusals.filter((refusal) => refusal === 'overloaded')).toHaveLength(1);
  });

  it('who asks a node that does not lead is refused', () => {
    const network = led();
    const question = network.sentOf('heartbeat', 1)[0];
    expect(question).toBeDefined();
    if (question === undefined) return;
    const { incarnation, term } = question;
    network.deliver({
      kind: 'read-index',
      from: nodeId(3),
      to: nodeId(2),
      incarnation,
      term,
      read: 9,
    });
    network.settle();
    expect(network.sentOf('read-reply', 2)).toMatchObject([{ to: 3, refusal: 'not-leader' }]);
  });
});
