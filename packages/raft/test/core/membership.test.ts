import { describe, expect, it } from '@jest/globals';
import { CoreNetwork, additionOf } from './core-network.ts';
import { expectSettled, led, outgoing, promote, remove, voters } from './membership-kit.ts';

/** Joint consensus: §6, thesis §4.3. */

describe('M01 nothing before the first entry of the term is committed (raft-dev 2015)', () => {
  it.each([
    { name: 'an addition', change: additionOf(5) },
    { name: 'a removal', change: remove(4) },
    { name: 'a promotion', change: promote(5) },
  ])('M01 $name is refused until the no-op of the term is committed', ({ change }) => {
    const network = new CoreNetwork({ voters: 4, learners: [5] });
    network.drop(({ kind }) => kind === 'append-reply');
    network.elect(1);
    expect(network.core(1).committed).toBe(0);
    const answer = network.change(1, change);
    expect(answer).toMatchObject({ ok: false, reason: 'unconfirmed' });
    expect(network.core(1).last).toBe(1);
  });

  it('M01 two leaders that each changed the members never both have a quorum', () => {
    // Node 1 appends a removal of node 4 that nobody gets; node 2 leads next and removes node 1.
    const network = led({ voters: 4 });
    const cut = network.isolate(1);
    network.node(1).propose('lost');
    network.core(1).changeMembers(remove(4));
    network.node(1).act();
    network.tick(650);
    network.elect(2);
    network.tick(100);
    expect(network.change(2, remove(1))).toMatchObject({ ok: true });
    network.tick(100);
    expectSettled(network, 2, 3, 4);
    cut();
    network.tick(2_000);
    // What node 1 had appended is void; it leads nobody and is led by nobody.
    expect(network.leaders).toHaveLength(1);
    expect(network.core(2).committed).toBe(network.core(3).committed);
  });

  it('M01 a new leader leaves a joint phase only after its no-op is committed', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'append-reply');
    network.change(1, remove(3));
    expect(outgoing(network, 2)).toEqual([1, 2, 3]);
    network.elect(2);
    network.tick(50);
    expect(network.core(2)).toMatchObject({ role: 'leader' });
    expect(outgoing(network, 2)).toEqual([1, 2, 3]);
    expect(network.core(2).last).toBe(3);
  });
});

describe('M02 the joint phase needs both majorities (§6)', () => {
  /** Voters 1 … 3 become 1, 4 and 5: the joint entry is everywhere, nothing of it is acknowledged. */
  function joint(): CoreNetwork {
    const network = led({ voters: 3, learners: [4, 5] });
    const cut = network.drop(({ kind }) => kind === 'append-reply');
    network.change(1, promote(4, 5));
    expect(outgoing(network, 1)).toEqual([1, 2, 3]);
    cut();
    return network;
  }

  it('M02 an entry is committed only when a majority of the old and of the new voters hold it', () => {
    const network = joint();
    network.drop(({ kind, from }) => kind === 'append-reply' && (from === 2 || from === 3));
    const { committed } = network.core(1);
    network.propose(1, 'a');
    network.tick(100);
    // 1, 4 and 5 are a majority of the five, and no majority of the old three.
    expect(network.core(1).committed).toBe(committed);
  });

  it('M02 a candidate needs a majority of the old and of the new voters', () => {
    const network = joint();
    network.node(1).crash();
    network.drop(({ kind, from }) => kind === 'vote-reply' && from === 3);
    network.campaign(2);
    expect(network.core(2).role).toBe('candidate');
    expect(outgoing(network, 2)).toEqual([1, 2, 3]);
  });

  it('M02 reads are confirmed by both majorities, too', () => {
    const network = joint();
    network.drop(({ kind, from }) => kind === 'heartbeat-reply' && (from === 2 || from === 3));
    network.node(1).read(7);
    network.settle();
    network.tick(100);
    expect(network.node(1).reads).toEqual([]);
  });
});

describe('M03 the leader dies at each step, its successor completes (§6)', () => {
  it.each([
    { step: 'the joint entry reached only the leader', keep: [] as number[], voters: [1, 2, 3] },
    { step: 'the joint entry reached one other', keep: [2], voters: [1, 2] },
    { step: 'the joint entry reached all, uncommitted', keep: [2, 3], voters: [1, 2] },
  ])('M03 $step', ({ keep, voters: expected }) => {
    const network = led();
    const cut = network.drop(
      ({ kind, to }) =>
        (kind === 'append-entries' && !keep.includes(to)) || (kind === 'append-reply' && to === 1),
    );
    network.change(1, remove(3));
    expect(outgoing(network, 1)).toEqual([1, 2, 3]);
    network.node(1).crash();
    cut();
    network.tick(1_500);
    network.node(1).restart();
    network.tick(1_500);
    for (const id of expected) {
      expect(network.core(id).isSettled).toBe(true);
      expect(voters(network, id)).toEqual(expected);
    }
  });

  it('M03 the joint entry is committed and the final one reached nobody', () => {
    const network = led({ voters: 4 });
    network.drop(
      (rpc) =>
        rpc.kind === 'append-entries' &&
        rpc.batches.some((batch) => batch.first === 3) &&
        rpc.from === 1,
    );
    network.change(1, remove(4));
    expect(network.core(1)).toMatchObject({ committed: 2, last: 3 });
    network.node(1).crash();
    network.tick(1_500);
    expect(network.leaders).toHaveLength(1);
    expectSettled(network, 1, 2, 3);
    network.node(1).restart();
    network.tick(1_500);
    expectSettled(network, 1, 2, 3);
  });

  it('M03 the final entry is committed, nobody else knows: it stands', () => {
    const network = led();
    network.change(1, remove(3));
    network.node(1).crash();
    network.tick(2_000);
    expect(voters(network, 2)).toEqual([1, 2]);
    expect(network.core(2).role).not.toBe('leader');
    network.node(1).restart();
    network.tick(2_000);
    expectSettled(network, 1, 2);
  });
});

describe('M04 a configuration is in force from its append on, and rolls back with it (§6)', () => {
  it('M04 a truncated configuration rolls back to the one before', () => {
    const network = led();
    const cut = network.drop(({ from, to }) => from === 1 && to === 2);
    const alone = network.drop(({ from, to }) => from === 3 || to === 3);
    network.change(1, remove(3));
    expect(voters(network, 1)).toEqual([1, 2]);
    alone();
    network.isolate(1);
    network.elect(2);
    cut();
    expect(voters(network, 2)).toEqual([1, 2, 3]);
    const late = new CoreNetwork({ voters: 3 });
    expect(late.core(1).configurationIndex).toBe(0);
    network.tick(100);
    expect(network.core(2).isSettled).toBe(true);
  });

  it('M04 a follower that loses a joint entry counts the old voters again', () => {
    const network = led({ voters: 5 });
    const cut = network.drop(({ to }) => to > 2);
    network.change(1, remove(1, 2));
    expect(voters(network, 2)).toEqual([3, 4, 5]);
    network.node(1).crash();
    cut();
    network.elect(3);
    network.tick(200);
    expect(voters(network, 2)).toEqual([1, 2, 3, 4, 5]);
    expect(network.core(2)).toMatchObject({ leader: 3, isSettled: true });
  });

  it('M04 a leader sends to new members at once and to removed ones no more', () => {
    const network = led();
    network.add(1, { as: 'learner' });
    network.tick(100);
    expect(network.core(4)).toMatchObject({ leader: 1, last: network.core(1).last });
    network.change(1, remove(4));
    const before = network.sent.filter(({ to }) => to === 4).length;
    network.tick(200);
    expect(network.sent.filter(({ to, from }) => to === 4 && from === 1)).toHaveLength(before);
    expect(
      network
        .core(1)
        .peers()
        .map(({ id }) => id),
    ).toEqual([2, 3]);
  });
});

describe('M05 a leader removes itself (§6)', () => {
  it('M05 it leads until that is committed, hands over, and campaigns no more', () => {
    const network = led();
    expect(network.change(1, remove(1))).toMatchObject({ ok: true });
    network.tick(50);
    expect(network.core(1).role).toBe('follower');
    expect(network.leaders).toHaveLength(1);
    expectSettled(network, 2, 3);
    const { term } = network.core(2);
    network.tick(5_000);
    expect(network.core(2).term).toBe(term);
    expect(network.core(1).role).toBe('follower');
  });

  it('M05 it does not count itself for the entry that removes it', () => {
    const network = led();
    network.drop(({ kind, from, to }) => kind === 'append-reply' && from === 3 && to === 1);
    network.change(1, remove(1));
    network.tick(100);
    // Old half: 1 and 2. New half: 2 of {2, 3}, which is no majority.
    expect(outgoing(network, 1)).toEqual([1, 2, 3]);
    expect(network.core(1).isSettled).toBe(false);
  });

  it('M05 what it accepted meanwhile is committed before it makes way', () => {
    const network = led();
    const cut = network.drop(({ from, kind }) => from === 3 && kind === 'append-reply');
    network.change(1, remove(1));
    network.propose(1, 'a', 'b');
    cut();
    network.tick(150);
    expect(network.core(1).role).toBe('follower');
    for (const id of [2, 3]) expect(network.node(id).commands).toEqual(['a', 'b']);
    expect(network.propose(1, 'c')).toBe(false);
  });

  it('M05 the last voter cannot leave', () => {
    const network = led({ voters: 1 });
    const answer = network.change(1, remove(1));
    expect(answer).toMatchObject({ ok: false, reason: 'invalid-change' });
  });
});
