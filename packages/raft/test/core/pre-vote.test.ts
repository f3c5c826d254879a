import { describe, expect, it } from '@jest/globals';
import { incarnation, nodeId, term } from '../../src/core/numbers.ts';
import { CoreNetwork } from './core-network.ts';

/** Pre-vote (thesis §9.6), the lease of a live leader (thesis §4.2.3) and the fast election after a leader's death. */

/** A network that node 1 leads, all nodes connected to each other. */
function led(voters = 3): CoreNetwork {
  const network = new CoreNetwork({ voters });
  network.elect(1);
  for (const node of network.nodes) {
    for (const peer of network.nodes) if (peer !== node) node.core.peerConnected(peer.id);
  }
  network.tick(100);
  return network;
}

/** Every survivor notices that the process of `dead` is gone. */
function gone(network: CoreNetwork, dead: number): void {
  network.node(dead).crash();
  for (const node of network.nodes) {
    if (node.running) node.core.peerGone(nodeId(dead));
  }
}

describe('pre-vote', () => {
  it('E08 a node that comes back after long isolation keeps the term of the cluster (thesis §9.6)', () => {
    const network = led();
    const heal = network.isolate(3);
    network.tick(5000);
    expect(network.core(3)).toMatchObject({ role: 'pre-candidate', term: 1 });
    heal();
    network.tick(700);
    expect(network.nodes.map(({ core }) => [core.term, core.leader])).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it('E09 a pre-candidate of a higher term with a shorter log is freed', () => {
    const network = new CoreNetwork({
      logs: { 1: [1, 1, 1], 2: [1, 1, 1], 3: [1] },
      terms: { 3: 5 },
    });
    network.node(3).luck = 0;
    const heal = network.isolate(3);
    network.elect(1);
    network.tick(1000);
    heal();
    network.tick(1500);
    expect(network.leaders).toHaveLength(1);
    expect(network.core(3).term).toBe(network.core(1).term);
    expect(network.core(3).leader).toBe(network.leaders[0]);
    expect(network.node(3).terms).toEqual(network.node(1).terms);
  });

  it('E12 a follower that hears nothing and can only send does not depose a live leader', () => {
    const network = led();
    network.drop(({ from, to }) => from === 1 && to === 3);
    network.tick(3000);
    expect(network.sentOf('request-vote', 3).length).toBeGreaterThan(2);
    expect(network.core(1)).toMatchObject({ role: 'leader', term: 1 });
    expect(network.core(2)).toMatchObject({ term: 1, leader: 1 });
  });

  it.each([
    { transfer: false, term: 1 },
    { transfer: true, term: 2 },
  ])('E16 the lease of a live leader: transfer $transfer moves to term $term', (row) => {
    const network = led();
    const { last, term: lastTerm } = network.core(3);
    network.drop(({ kind }) => kind === 'vote-reply');
    network.deliver({
      kind: 'request-vote',
      from: nodeId(3),
      to: nodeId(2),
      term: term(2),
      incarnation: incarnation(0),
      pre: false,
      transfer: row.transfer,
      lastIndex: last,
      lastTerm,
    });
    expect(network.core(2).term).toBe(row.term);
  });

  it('E21 a follower that stood still does not campaign on waking', () => {
    const network = led();
    network.node(2).pause();
    network.tick(2000);
    network.node(2).resume();
    network.settle();
    expect(network.core(2)).toMatchObject({ role: 'follower', leader: 1, term: 1 });
    expect(network.sentOf('request-vote', 2)).toEqual([]);
  });

  it('E21 one late tick is no evidence of a dead leader: it counts as one heartbeat interval', () => {
    const network = led();
    network.isolate(2);
    network.tick(4000, 2000);
    expect(network.core(2).role).toBe('follower');
  });
});

describe('fast election', () => {
  it('a single voter campaigns at once', () => {
    const network = new CoreNetwork({ voters: 1 });
    network.tick(1);
    expect(network.leaders).toEqual([1]);
  });

  it('E22 the process of the leader dies: the first survivor leads within 25 ms and a round trip', () => {
    const network = led();
    gone(network, 1);
    network.tick(20);
    expect(network.leaders).toEqual([2]);
  });

  it.each([
    { luck: 0, firstMs: [0, 25, 50, 75] },
    { luck: 0.9, firstMs: [22.5, 47.5, 72.5, 97.5] },
  ])(
    'E22 survivors wait rank × 25 ms and a random part of 25 ms: $firstMs ms',
    ({ luck, firstMs }) => {
      const network = led(5);
      for (const node of network.nodes) node.luck = luck;
      network.drop(() => true);
      const startMs = network.nowMs;
      gone(network, 1);
      const asked = new Map<number, number>();
      while (network.nowMs < startMs + 120) {
        network.tick(0.5, 0.5);
        for (const { from } of network.sentOf('request-vote').filter(({ pre }) => pre)) {
          if (!asked.has(from)) asked.set(from, network.nowMs - startMs);
        }
      }
      for (const [rank, ms] of firstMs.entries()) {
        expect(asked.get(rank + 2)).toBeGreaterThanOrEqual(ms);
        expect(asked.get(rank + 2)).toBeLessThanOrEqual(ms + 1);
      }
    },
  );

  it('E22 a pre-vote refused by one who has not noticed yet is tried again after 50 ms', () => {
    const network = led();
    network.node(1).crash();
    network.core(2).peerGone(nodeId(1));
    network.tick(40);
    const preVotes = (): number => network.sentOf('request-vote', 2).length;
    expect(network.core(2).role).toBe('pre-candidate');
    const before = preVotes();
    expect(before).toBe(2);
    network.core(3).peerGone(nodeId(1));
    network.node(3).luck = 0.99;
    network.tick(50);
    expect(network.leaders).toEqual([2]);
  });

  it('E22 refused pre-votes end the hurry after one election timeout', () => {
    const network = led();
    network.drop(({ from, to }) => from === 1 && to === 2);
    network.core(2).peerGone(nodeId(1));
    network.tick(2000);
    const hurried = network.sentOf('request-vote', 2).length / 2;
    expect(hurried).toBeGreaterThan(8);
    expect(hurried).toBeLessThan(18);
    expect(network.core(1)).toMatchObject({ role: 'leader', term: 1 });
  });

  it('E22 a reset from a live leader changes nothing', () => {
    const network = led();
    network.core(2).peerDisconnected(nodeId(1));
    network.core(3).peerDisconnected(nodeId(1));
    network.tick(200);
    expect(network.core(1)).toMatchObject({ role: 'leader', term: 1 });
    expect(network.sentOf('request-vote', 2)).toEqual([]);
  });

  it('the death of a follower makes nobody campaign', () => {
    const network = led();
    gone(network, 3);
    network.tick(1000);
    expect(network.leaders).toEqual([1]);
    expect(network.sentOf('request-vote', 2)).toEqual([]);
  });

  it('a node that has heard of no leader campaigns soon, once it is connected to a quorum', () => {
    const network = new CoreNetwork({ voters: 5 });
    network.core(1).peerConnected(nodeId(2));
    network.tick(50);
    expect(network.core(1).role).toBe('follower');
    network.core(1).peerConnected(nodeId(3));
    network.tick(30);
    expect(network.leaders).toEqual([1]);
  });
});
