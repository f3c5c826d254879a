import { describe, expect, it } from '@jest/globals';
import { incarnation, nodeId, term } from '../../src/core/numbers.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { CoreNetwork, type CoreNetworkOptions } from './core-network.ts';

/** Handing leadership over: thesis §3.10. */

function led(options: CoreNetworkOptions = {}): CoreNetwork {
  const network = new CoreNetwork(options);
  network.elect(1);
  network.connect();
  network.tick(100);
  return network;
}

const isAppendTo =
  (id: number) =>
  ({ kind, to }: Rpc): boolean =>
    kind === 'append-entries' && to === id;

describe('transfer of leadership', () => {
  it('E16 followers that hear a live leader vote for whom the leader itself ordered to campaign', () => {
    const network = led();
    expect(network.core(1).transfer(nodeId(3))).toEqual({ ok: true, target: 3 });
    network.settle();
    expect(network.core(3)).toHaveProperty('role', 'leader');
    expect(network.sentOf('request-vote', 3).every(({ transfer }) => transfer)).toBe(true);
    expect(network.sentOf('request-vote', 3).some(({ pre }) => pre)).toBe(false);
  });

  it('E17 without a target the voter in reach that has the most takes over', () => {
    const network = led();
    network.drop(isAppendTo(2));
    network.propose(1, 'a');
    expect(network.core(1).transfer()).toEqual({ ok: true, target: 3 });
    network.settle();
    expect(network.leaders).toEqual([3]);
    expect(network.node(3).commands).toEqual(['a']);
  });

  it('E17 a slow target gets all entries first; proposals are refused meanwhile', () => {
    const network = led();
    network.hold(isAppendTo(2));
    network.propose(1, 'a');
    expect(network.core(1).transfer(nodeId(2)).ok).toBe(true);
    expect(network.node(1).propose('b')).toEqual({ ok: false, reason: 'transferring' });
    expect(network.core(1).transferTarget).toBe(2);
    expect(network.sentOf('timeout-now')).toEqual([]);
    network.release();
    expect(network.leaders).toEqual([2]);
    expect(network.core(1).transferTarget).toBe(0);
  });

  it('E17 a target that does not take over is given up after an election timeout', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'timeout-now');
    network.core(1).transfer(nodeId(2));
    network.tick(590);
    expect(network.core(1)).toHaveProperty('transferTarget', 2);
    network.tick(20);
    expect(network.core(1)).toHaveProperty('transferTarget', 0);
    expect(network.propose(1, 'a')).toBe(true);
  });

  it('E17 asked again it names the transfer under way; another target is refused', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'timeout-now');
    network.core(1).transfer(nodeId(2));
    expect(network.core(1).transfer()).toEqual({ ok: true, target: 2 });
    expect(network.core(1).transfer(nodeId(2))).toEqual({ ok: true, target: 2 });
    expect(network.core(1).transfer(nodeId(3))).toEqual({
      ok: false,
      reason: 'transferring',
      text: 'leadership is being handed over to node 2 (127.0.0.1:7002)',
    });
  });

  it.each([
    { name: 'a learner', target: 4, reason: 'not-voter' },
    { name: 'a stranger', target: 9, reason: 'unknown-member' },
  ])('E17 $name cannot take over', ({ target, reason }) => {
    const network = led({ learners: [4] });
    expect(network.core(1).transfer(nodeId(target))).toMatchObject({ ok: false, reason });
    expect(network.propose(1, 'a')).toBe(true);
  });

  it('E17 a target that cannot be reached, or does not answer, is refused', () => {
    const network = led();
    network.core(1).peerDisconnected(nodeId(2));
    const refused = { ok: false, reason: 'unreachable' };
    expect(network.core(1).transfer(nodeId(2))).toMatchObject(refused);
    network.node(3).pause();
    network.tick(400);
    expect(network.core(1).transfer(nodeId(3))).toMatchObject(refused);
  });

  it('E17 nobody in reach: refused, and the leader goes on', () => {
    const network = new CoreNetwork({ voters: 1 });
    network.tick(10);
    expect(network.core(1).transfer()).toMatchObject({ ok: false, reason: 'unreachable' });
    expect(network.propose(1, 'a')).toBe(true);
  });

  it('E17 a target that lags by more than 1,000 committed entries is refused', () => {
    const network = led();
    network.drop(isAppendTo(2));
    for (let i = 0; i < 11; i += 1) network.propose(1, ...Array<string>(100).fill('x'));
    network.tick(50);
    expect(network.core(1).transfer(nodeId(2))).toEqual({
      ok: false,
      reason: 'not-caught-up',
      text: 'node 2 (127.0.0.1:7002) lags 1100 entries behind',
    });
  });

  it('the leader may be asked to hand over to itself', () => {
    const network = led();
    expect(network.core(1).transfer(nodeId(1))).toEqual({ ok: true, target: 1 });
    expect(network.propose(1, 'a')).toBe(true);
    expect(network.core(2).transfer(nodeId(1))).toMatchObject({ reason: 'not-leader' });
  });

  it('E18 the target crashes after it was told to campaign: the leader goes on', () => {
    const network = led();
    network.hold(({ kind }) => kind === 'timeout-now');
    network.core(1).transfer(nodeId(2));
    network.settle();
    network.node(2).crash();
    network.release();
    network.tick(700);
    expect(network.core(1)).toHaveProperty('term', 1);
    expect(network.propose(1, 'a')).toBe(true);
    network.node(2).restart();
    network.tick(100);
    expect(network.node(2).commands).toEqual(['a']);
  });

  it('E18 an order to campaign that comes late starts an election, in which nothing is lost', () => {
    const network = led();
    network.hold(({ kind }) => kind === 'timeout-now');
    network.core(1).transfer(nodeId(2));
    network.settle();
    network.tick(700);
    network.propose(1, 'a');
    network.release();
    network.tick(100);
    expect(network.leaders).toHaveLength(1);
    for (const node of network.nodes) expect(node.commands).toEqual(['a']);
  });

  it('E18 a node that stood still since takes no order that it finds in its socket', () => {
    const network = led();
    network.node(2).pause();
    network.core(1).transfer(nodeId(2));
    network.tick(700);
    expect(network.propose(1, 'a')).toBe(true);
    network.node(2).resume();
    network.tick(100);
    expect(network.leaders).toEqual([1]);
    expect(network.core(2)).toMatchObject({ role: 'follower', leader: 1, term: 1 });
  });

  it('E18 a node takes no order of one whom it does not follow', () => {
    const network = led();
    const order = { to: nodeId(2), term: term(1), incarnation: incarnation(0) };
    network.deliver({ kind: 'timeout-now', from: nodeId(3), ...order });
    expect(network.core(2).role).toBe('follower');
  });

  it('E17 without a target no voter is chosen that does not answer', () => {
    const network = led();
    network.node(2).pause();
    network.tick(400);
    expect(network.core(1).transfer()).toEqual({ ok: true, target: 3 });
  });

  it('E23 an orderly stop loses no proposal: what was accepted is committed by the next leader', () => {
    const network = led();
    network.hold(({ kind }) => kind === 'append-reply');
    expect(network.propose(1, 'a')).toBe(true);
    network.core(1).transfer();
    expect(network.propose(1, 'b')).toBe(false);
    network.release();
    network.node(1).crash();
    network.tick(50);
    expect(network.leaders).toEqual([2]);
    expect(network.propose(2, 'b')).toBe(true);
    expect(network.node(3).commands).toEqual(['a', 'b']);
  });

  it('W06 a leader whose disk is full makes way for a voter that has room', () => {
    const network = led();
    network.core(1).setRoom(false);
    network.core(2).setRoom(false);
    network.tick(2_000);
    expect(network.leaders).toEqual([3]);
    // Nobody who has room: who leads goes on, for acks and votes.
    network.core(3).setRoom(false);
    network.tick(5_000);
    expect(network.leaders).toEqual([3]);
  });

  it('a leader whose state machine is held up makes way', () => {
    const network = led();
    network.core(1).setHeld(true);
    network.tick(1_000);
    expect(network.leaders).toEqual([1]);
    network.tick(1_000);
    expect(network.leaders).not.toEqual([1]);
    expect(network.leaders).toHaveLength(1);
  });
});
