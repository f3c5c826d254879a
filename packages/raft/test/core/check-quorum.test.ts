import { describe, expect, it } from '@jest/globals';
import { CoreNetwork } from './core-network.ts';

/** Check-quorum: thesis §6.2. Default timing: election timeout 300–600 ms, heartbeat 50 ms. */

function led(voters = 3): CoreNetwork {
  const network = new CoreNetwork({ voters });
  network.elect(1);
  network.tick(200);
  return network;
}

const UNCONFIRMED = { ok: false, reason: 'unconfirmed' };

describe('check-quorum', () => {
  it('a leader without a quorum refuses proposals after 300 ms and steps down after 600 ms', () => {
    const network = led();
    network.isolate(1);
    network.tick(240);
    expect(network.node(1).propose('a').ok).toBe(true);
    network.tick(65);
    expect(network.node(1).propose('b')).toEqual(UNCONFIRMED);
    expect(network.core(1).serving).toBe(false);
    network.tick(240);
    expect(network.core(1).role).toBe('leader');
    network.tick(60);
    expect(network.core(1).role).not.toBe('leader');
  });

  it('a leader keeps its place while a quorum answers', () => {
    const network = led(5);
    for (const id of [4, 5]) network.node(id).crash();
    network.tick(3000);
    expect(network.core(1)).toHaveProperty('term', 1);
    expect(network.propose(1, 'a')).toBe(true);
  });

  it('a leader without a quorum that hears it again in time goes on', () => {
    const network = led();
    for (const node of network.nodes) node.luck = 0.99;
    network.tick(50);
    const heal = network.drop(({ kind }) => kind === 'heartbeat-reply');
    network.tick(400);
    expect(network.node(1).propose('a')).toEqual(UNCONFIRMED);
    heal();
    network.tick(60);
    expect(network.core(1)).toHaveProperty('term', 1);
    expect(network.propose(1, 'a')).toBe(true);
  });

  it('answers of learners keep nobody leader', () => {
    const network = new CoreNetwork({ voters: 2, learners: [3, 4] });
    network.elect(1);
    network.node(2).crash();
    network.tick(700);
    expect(network.leaders).toEqual([]);
  });

  it('E21 a leader that wakes from a pause accepts and confirms nothing before a quorum answered', () => {
    const network = led();
    const leader = network.node(1);
    leader.read(1);
    network.hold(({ kind, to }) => kind === 'heartbeat-reply' && to === 1);
    leader.pause();
    for (const id of [2, 3]) network.node(id).pause();
    network.tick(5000, 1000);
    for (const node of network.nodes) node.resume();
    expect(leader.core.role).toBe('leader');
    expect(leader.propose('a')).toEqual(UNCONFIRMED);
    expect(leader.read(2)).toBe('unconfirmed');
    network.release();
    expect(leader.propose('a').ok).toBe(true);
  });

  it('E21 answers that waited in the socket during the pause do not restore trust', () => {
    const network = led();
    const leader = network.node(1);
    network.hold(({ kind }) => kind === 'heartbeat-reply');
    network.tick(50);
    const [second, third] = network.held;
    leader.pause();
    for (const id of [2, 3]) network.node(id).pause();
    network.tick(1000, 1000);
    for (const rpc of [second, third]) if (rpc !== undefined) network.deliver(rpc);
    leader.resume();
    expect(leader.propose('a')).toEqual(UNCONFIRMED);
    for (const rpc of [second, third]) if (rpc !== undefined) network.deliver(rpc);
    expect(leader.propose('a')).toEqual(UNCONFIRMED);
  });

  it('E21 a leader that wakes and gets no answer steps down after an election timeout', () => {
    const network = led();
    network.isolate(1);
    network.node(1).pause();
    network.tick(400, 400);
    network.node(1).resume();
    network.tick(590);
    expect(network.core(1).role).toBe('leader');
    network.tick(20);
    expect(network.core(1).role).not.toBe('leader');
  });

  it('E21 a leader that stands still again and again steps down, too', () => {
    const network = led();
    network.isolate(1);
    for (let pause = 1; pause <= 3; pause += 1) {
      expect(network.core(1).role).toBe('leader');
      network.node(1).pause();
      network.tick(350, 350);
      network.node(1).resume();
    }
    expect(network.core(1).role).not.toBe('leader');
  });

  it('E21 a pause of a follower does not put the time forward when it leads', () => {
    const network = led();
    network.node(2).pause();
    network.tick(5_000, 50);
    network.node(2).resume();
    network.node(1).crash();
    const core = network.elect(2);
    const [newest] = core.entriesFrom(core.last, 1) ?? [];
    expect(newest?.atOf(core.last)).toBeLessThanOrEqual(network.wallMs(0));
  });

  it('E21 a paused leader whose place was taken yields, and loses what it had not committed', () => {
    const network = led();
    const cut = network.isolate(1);
    network.propose(1, 'lost');
    cut();
    network.node(1).pause();
    network.tick(1000);
    expect(network.core(2).role).toBe('leader');
    network.propose(2, 'kept');
    network.node(1).resume();
    network.settle();
    network.tick(100);
    expect(network.core(1)).toMatchObject({ role: 'follower', leader: 2 });
    expect(network.node(1).commands).toEqual(['kept']);
  });
});
