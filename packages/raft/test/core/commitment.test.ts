import { describe, expect, it } from '@jest/globals';
import { logIndex } from '../../src/core/numbers.ts';
import { CoreNetwork } from './core-network.ts';

/** Commitment, and what must be durable before it: §5.4.2, §5.3. */

/** Node 1 leads a term whose first entry is committed. */
function led(voters = 3, settings = {}): CoreNetwork {
  const network = new CoreNetwork({ voters, settings });
  network.elect(1);
  network.tick(100);
  return network;
}

describe('commitment', () => {
  /** Figure 8 (c): node 1 leads term 4, its entry of term 2 is on nodes 1, 2 and 3, its own no-op on no other. */
  function figure8(): { network: CoreNetwork; heal: () => void } {
    const logs = { 1: [1, 2], 2: [1, 2], 3: [1], 4: [1], 5: [1, 3] };
    const terms = { 1: 3, 2: 3, 3: 3, 4: 3, 5: 3 };
    const network = new CoreNetwork({ voters: 5, logs, terms, settings: { appendBytesMax: 1 } });
    network.node(4).crash();
    network.node(5).crash();
    // The first one to node 3 is refused, and tells the leader where their logs part.
    const refused = new Set([3]);
    const heal = network.drop(
      (rpc) =>
        rpc.kind === 'append-entries' &&
        rpc.batches.some(({ last }) => last > 2) &&
        !refused.delete(rpc.to),
    );
    network.elect(1);
    network.tick(200);
    expect([1, 2, 3].map((id) => network.node(id).terms)).toEqual([
      [1, 2, 4],
      [1, 2],
      [1, 2],
    ]);
    expect(network.leaders).toEqual([1]);
    return { network, heal };
  }

  it('R02 figure 8 (d): an entry of an old term on a majority is not committed, and may be lost (§5.4.2)', () => {
    const { network, heal } = figure8();
    expect(network.core(1).committed).toBe(0);
    heal();
    network.node(1).crash();
    network.node(5).restart();
    network.campaign(5); // in term 4, in which everybody has voted
    network.elect(5);
    network.tick(100);
    expect([2, 3, 5].map((id) => network.node(id).terms)).toEqual([
      [1, 3, 5],
      [1, 3, 5],
      [1, 3, 5],
    ]);
    expect(network.core(5).committed).toBe(3);
  });

  it('R02 figure 8 (e): an entry of its own term on a majority commits all before it, for ever (§5.4.2)', () => {
    const { network, heal } = figure8();
    heal();
    network.tick(100);
    expect(network.core(1).committed).toBe(3);
    network.node(1).crash();
    network.node(5).restart();
    network.campaign(5); // in term 4, in which everybody has voted
    network.campaign(5);
    expect(network.leaders).toEqual([]);
  });

  it('R09 a leader commits through its followers before its own disk, crashes, its tail is gone', () => {
    const network = led();
    network.node(1).holdDisk();
    network.propose(1, 'a');
    expect(network.core(1)).toMatchObject({ committed: 2, durable: 1 });
    network.node(1).restart();
    expect(network.core(1).last).toBe(1);
    network.elect(2);
    network.tick(100);
    expect(network.nodes.map(({ commands }) => commands)).toEqual([['a'], ['a'], ['a']]);
  });

  it('R10 what a leader wrote in an earlier term does not count once it is truncated', () => {
    const network = led();
    network.drop(({ kind, from }) => kind === 'append-entries' && from === 1);
    network.node(1).holdDisk();
    network.propose(1, 'a', 'b', 'c');
    network.elect(2);
    const { core, terms } = network.node(1);
    expect(terms).toEqual([1, 2]);
    network.node(1).persist(1);
    expect(core.durable).toBe(1);
    network.node(1).persist();
    expect(core.durable).toBe(2);
  });

  it('R11 proposals are refused beyond the uncommitted cap, and accepted after it has drained', () => {
    const network = led(3, { uncommittedBytesMax: 300 });
    const heal = network.drop(({ kind }) => kind === 'append-entries');
    const accepted = Array.from({ length: 10 }, () => network.propose(1, 'x'.repeat(60)));
    expect(accepted).toEqual([true, true, true, ...Array<boolean>(7).fill(false)]);
    expect(network.node(1).propose('y')).toEqual({ ok: false, reason: 'overloaded' });
    heal();
    network.tick(100);
    expect(network.propose(1, 'y')).toBe(true);
    expect(network.node(2).commands).toHaveLength(4);
  });

  it('R15 a leader whose disk hangs accepts no more than the cap, and hands over to one whose disk works', () => {
    const network = led(3, { uncommittedBytesMax: 300 });
    for (const from of network.nodes) {
      for (const to of network.nodes) if (from !== to) from.core.peerConnected(to.id);
    }
    network.node(1).holdDisk();
    const accepted = Array.from({ length: 10 }, () => network.propose(1, 'x'.repeat(60)));
    expect(accepted).toEqual([true, true, true, ...Array<boolean>(7).fill(false)]);
    expect(network.core(1)).toMatchObject({ committed: 4, durable: 1 });
    network.tick(1_000);
    expect(network.leaders).toEqual([1]);
    network.tick(1_000);
    expect(network.leaders).toHaveLength(1);
    expect(network.leaders).not.toEqual([1]);
    expect(network.propose(network.leaders[0] ?? 0, 'y')).toBe(true);
    network.node(1).persist();
    network.tick(200);
    expect(network.node(1).commands).toHaveLength(4);
  });

  it('R13 a follower acknowledges only what is durable, write by write', () => {
    const network = led();
    const follower = network.node(2);
    follower.holdDisk();
    network.propose(1, 'a');
    network.propose(1, 'b');
    const acked = (): number[] =>
      network
        .sentOf('append-reply', 2)
        .map(({ match }) => match)
        .filter((match) => match > 1);
    expect(acked()).toEqual([]);
    follower.persist(1);
    expect(acked()).toEqual([2]);
    follower.persist(1);
    expect(acked()).toEqual([2, 3]);
  });

  it('R14 a term is on disk no later than the first entry of it (figure 2)', () => {
    const network = new CoreNetwork();
    network.drop(({ kind, to }) => kind === 'request-vote' && to === 3);
    network.node(3).holdDisk();
    network.campaign(1);
    const [first] = network.node(3).writes;
    expect(first?.hardState).toMatchObject({ term: 1, vote: 0 });
    const terms = network
      .node(3)
      .writes.flatMap(({ batches }) => batches.map((b) => b.termAt(b.first)));
    expect(terms).toEqual([1]);
    network.node(3).persist();
    expect(network.sentOf('append-reply', 3).at(-1)).toMatchObject({ ok: true, match: 1 });
  });

  it('R16 a single node commits nothing that its disk does not hold', () => {
    const network = led(1);
    network.node(1).holdDisk();
    network.propose(1, 'a');
    network.tick(1000);
    expect(network.core(1)).toMatchObject({ committed: 1, last: 2 });
    network.node(1).persist();
    expect(network.node(1).commands).toEqual(['a']);
  });

  it('R17 the first entry of a term is a no-op, which commits what came before (§8)', () => {
    const network = new CoreNetwork({ logs: { 1: [1, 2], 2: [1, 2], 3: [1, 2] } });
    network.elect(2);
    expect(network.node(1).terms).toEqual([1, 2, 3]);
    expect(network.core(2).committed).toBe(3);
    expect(network.node(1).commands).toEqual(['1.1', '2.2']);
  });

  it('R18 a deposed leader refuses proposals; what it had not committed is gone for good', () => {
    const network = led();
    const heal = network.isolate(1);
    network.propose(1, 'lost');
    network.elect(2);
    heal();
    network.tick(100);
    expect(network.node(1).propose('late')).toEqual({ ok: false, reason: 'not-leader' });
    network.elect(1);
    expect(network.propose(1, 'new')).toBe(true);
    network.tick(100);
    expect(network.node(3).commands).toEqual(['new']);
  });

  it('a learner does not count towards commitment', () => {
    const network = new CoreNetwork({ voters: 2, learners: [3, 4] });
    network.elect(1);
    network.node(2).crash();
    network.propose(1, 'a');
    expect(network.core(3).last).toBe(2);
    expect(network.core(1).committed).toBe(1);
  });

  it('a whole cluster that crashes keeps what it acknowledged', () => {
    const network = led();
    network.propose(1, 'a', 'b');
    for (const node of network.nodes) node.crash();
    for (const node of network.nodes) node.restart();
    expect(network.core(1).committed).toBe(logIndex(0));
    network.tick(700);
    expect(network.nodes.map(({ commands }) => commands)).toEqual(
      network.nodes.map(() => ['a', 'b']),
    );
  });
});
