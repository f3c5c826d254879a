import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { CoreNetwork, type CoreNetworkOptions, additionOf } from './core-network.ts';

/** Changes of membership: §6, thesis §4. */

/** A network that node 1 leads, with open streams. */
function led(options: CoreNetworkOptions = {}): CoreNetwork {
  const network = new CoreNetwork(options);
  network.elect(1);
  network.connect();
  network.tick(100);
  return network;
}

const remove = (...ids: number[]) =>
  ({ kind: 'remove', ids: ids.map((id) => nodeId(id)) }) as const;
const promote = (...ids: number[]) =>
  ({ kind: 'promote', ids: ids.map((id) => nodeId(id)) }) as const;

const voters = (network: CoreNetwork, id: number): readonly number[] =>
  network.core(id).configuration.voters;
const outgoing = (network: CoreNetwork, id: number): readonly number[] =>
  network.core(id).configuration.outgoing;
const settledOn = (network: CoreNetwork, ...ids: number[]): void => {
  for (const id of ids.filter((one) => network.node(one).running)) {
    expect(network.core(id).isSettled).toBe(true);
    expect(voters(network, id).toSorted((a, b) => a - b)).toEqual(ids);
  }
};

const isAppend = ({ kind }: Rpc): boolean => kind === 'append-entries';

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
    settledOn(network, 2, 3, 4);
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
    settledOn(network, 1, 2, 3);
    network.node(1).restart();
    network.tick(1_500);
    settledOn(network, 1, 2, 3);
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
    settledOn(network, 1, 2);
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
    settledOn(network, 2, 3);
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

describe('M06 learners catch up and are promoted (§6, thesis §4.2.1)', () => {
  it('M06 a new voter is a learner until it has caught up, then a voter by itself', () => {
    const network = led();
    const cut = network.drop(({ to }) => to === 4);
    expect(network.add(1)).toEqual({ ok: true, index: 2, id: 4 });
    network.propose(1, 'a');
    network.tick(100);
    expect(network.core(1).configuration).toMatchObject({
      voters: [1, 2, 3],
      learners: [4],
      promoting: [{ id: 4, replaces: undefined }],
      nextId: 5,
    });
    cut();
    network.tick(200);
    settledOn(network, 1, 2, 3, 4);
    expect(network.core(4).configuration).toMatchObject({ learners: [], promoting: [] });
    expect(network.node(4).commands).toEqual(['a']);
  });

  it('M06 a hung learner blocks neither another nor commits', () => {
    const network = led();
    network.drop(({ from }) => from === 4);
    network.add(1);
    network.tick(50);
    network.add(1);
    network.tick(300);
    expect(voters(network, 1)).toEqual([1, 2, 3, 5]);
    expect(network.core(1).configuration.learners).toEqual([4]);
    expect(network.propose(1, 'a')).toBe(true);
    expect(network.node(2).commands).toEqual(['a']);
  });

  it('M06 learners that have caught up go in one change', () => {
    const network = led({ voters: 1 });
    network.hold(isAppend);
    for (let i = 0; i < 3; i += 1) network.add(1);
    network.release();
    network.tick(200);
    settledOn(network, 1, 2, 3, 4);
    // The no-op and three additions; the first promotion, in two entries; then the two that were ready meanwhile.
    expect(network.core(1).last).toBe(1 + 3 + 2 + 2);
  });

  it('M06 a member that was added as a learner is promoted on request only', () => {
    const network = led();
    network.add(1, { as: 'learner' });
    network.tick(500);
    expect(network.core(1).configuration).toMatchObject({ voters: [1, 2, 3], learners: [4] });
    expect(network.change(1, promote(4))).toMatchObject({ ok: true });
    network.tick(100);
    settledOn(network, 1, 2, 3, 4);
  });

  it('M06 a learner that lags is not promoted, with the reason', () => {
    const network = led();
    network.add(1, { as: 'learner' });
    network.drop(({ from, kind }) => from === 4 && kind === 'append-reply');
    for (let i = 0; i < 11; i += 1) network.propose(1, ...Array<string>(100).fill('x'));
    network.tick(100);
    expect(network.change(1, promote(4))).toEqual({
      ok: false,
      reason: 'not-caught-up',
      text: 'node 4 (127.0.0.1:7004) lags 1100 entries behind',
    });
  });

  it('M06 a learner that does not answer is not promoted', () => {
    const network = led({ learners: [4] });
    network.node(4).crash();
    network.tick(400);
    const answer = network.change(1, promote(4));
    expect(answer).toMatchObject({
      reason: 'not-caught-up',
      text: 'node 4 (127.0.0.1:7004) does not answer',
    });
  });
});

describe('M07 M08 M09 snapshots and restarts meanwhile', () => {
  it('M07 a learner joins while the log is fully compacted', () => {
    const network = led();
    network.propose(1, 'a', 'b', 'c');
    for (const id of [1, 2, 3]) network.node(id).compact(network.core(id).applied);
    expect(network.core(1).compacted).toBe(network.core(1).last);
    network.add(1);
    network.tick(300);
    expect(network.node(4).snapshots.installed).toBe(1);
    expect(network.node(4).commands).toEqual(['a', 'b', 'c']);
    settledOn(network, 1, 2, 3, 4);
  });

  it('M08 a restart in the joint phase goes on in it, from the log', () => {
    const network = led();
    const cut = network.drop(({ kind, to }) => kind === 'append-reply' && to === 1);
    network.change(1, remove(3));
    for (const id of [1, 2, 3]) {
      network.node(id).restart();
      expect(outgoing(network, id)).toEqual([1, 2, 3]);
      expect(network.core(id).isSettled).toBe(false);
    }
    cut();
    network.tick(1_500);
    settledOn(network, 1, 2);
  });

  it('M08 a restart in the joint phase goes on in it, from a snapshot', () => {
    const network = led();
    // The joint entry is committed; the final one cannot be: it is dropped on its way.
    const cut = network.drop(
      (rpc) => rpc.kind === 'append-entries' && rpc.prevIndex >= 2 && rpc.batches.length > 0,
    );
    network.change(1, remove(3));
    expect(network.core(1)).toMatchObject({ committed: 2, last: 3 });
    network.tick(50);
    network.node(2).compact(2);
    network.node(2).restart();
    expect(network.core(2)).toMatchObject({ compacted: 2, applied: 2, configurationIndex: 2 });
    expect(outgoing(network, 2)).toEqual([1, 2, 3]);
    cut();
    network.tick(1_500);
    settledOn(network, 1, 2);
  });

  it('M09 a snapshot carries the configuration in force at its index, never a later one', () => {
    const network = led();
    network.propose(1, 'a');
    const cut = network.drop(({ kind, to }) => kind === 'append-reply' && to === 1);
    network.change(1, remove(3));
    const mark = network.core(1).markAt(network.core(1).applied);
    expect(mark).toMatchObject({ index: 2, term: 1, configuration: { index: 0 } });
    expect(() => network.core(1).markAt(network.core(1).last)).toThrow('applied entry');
    cut();
  });
});

describe('M10 M11 M12 who counts, and what is asked again', () => {
  it('M10 acks and votes of a removed node are ignored', () => {
    const network = led({ voters: 4 });
    const late: Rpc[] = [];
    network.drop((rpc) => {
      if (rpc.from === 4 && rpc.kind === 'append-reply') late.push(rpc);
      return false;
    });
    network.change(1, remove(4));
    network.tick(50);
    settledOn(network, 1, 2, 3);
    network.drop(({ from }) => from !== 1);
    network.propose(1, 'a');
    const newest = late.at(-1);
    expect(newest).toBeDefined();
    if (newest?.kind === 'append-reply') {
      network.deliver({ ...newest, match: network.core(1).last });
    }
    expect(network.core(1).committed).toBe(network.core(1).last - 1);
    network.node(1).restart();
    network.campaign(1);
    const { term } = network.core(1);
    for (const from of [4]) {
      const granted = { pre: false, granted: true, wallMs: 0 };
      const sender = { from: nodeId(from), to: nodeId(1), incarnation: late[0]?.incarnation };
      if (sender.incarnation === undefined) continue;
      network.deliver({
        kind: 'vote-reply',
        ...sender,
        incarnation: sender.incarnation,
        term,
        ...granted,
      });
    }
    expect(network.core(1).role).toBe('candidate');
  });

  it('M11 a repeated addition gives the same id and appends nothing', () => {
    const network = led();
    expect(network.add(1, { as: 'learner' })).toMatchObject({ ok: true, index: 2, id: 4 });
    const { last } = network.core(1);
    const again = network.change(1, additionOf(4, { as: 'learner' }));
    expect(again).toEqual({ ok: true, index: 0, id: 4 });
    expect(network.core(1).last).toBe(last);
  });

  it('M11 a change that is asked for again while it is under way names its entry', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'append-reply');
    expect(network.change(1, remove(3))).toMatchObject({ ok: true, index: 2 });
    expect(network.change(1, remove(3))).toEqual({ ok: true, index: 2, id: undefined });
  });

  it('M11 another change is refused until the one before is over', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'append-reply');
    network.change(1, remove(3));
    const answer = network.change(1, additionOf(4));
    expect(answer).toMatchObject({ ok: false, reason: 'change-in-progress' });
    expect(answer).toHaveProperty('text', expect.stringContaining('entry 2'));
  });

  it('M11 what is in force already is granted: removal of the removed, promotion of voters', () => {
    const network = led();
    network.change(1, remove(3));
    network.tick(50);
    expect(network.change(1, remove(3))).toEqual({ ok: true, index: 0, id: undefined });
    expect(network.change(1, promote(1, 2))).toEqual({ ok: true, index: 0, id: undefined });
  });

  it('M12 a voter is replaced while another one is down', () => {
    const network = led();
    network.node(2).crash();
    network.tick(400);
    expect(network.add(1, { replaces: 3 })).toMatchObject({ ok: true, id: 4 });
    network.tick(300);
    expect(voters(network, 1)).toEqual([1, 2, 4]);
    expect(network.core(1).isSettled).toBe(true);
    expect(network.core(1).configuration.members.map(({ id }) => id)).toEqual([1, 2, 4]);
    network.node(2).restart();
    network.tick(300);
    settledOn(network, 1, 2, 4);
  });

  it('M12 a dead voter is replaced', () => {
    const network = led();
    network.node(3).crash();
    network.add(1, { replaces: 3 });
    network.tick(300);
    settledOn(network, 1, 2, 4);
  });

  it('M12 the leader itself can be replaced', () => {
    const network = led();
    network.add(1, { replaces: 1 });
    network.tick(400);
    expect(network.leaders).toHaveLength(1);
    settledOn(network, 2, 3, 4);
  });

  it('M13 another data directory at the address of a member is refused, unless it takes its place', () => {
    const network = led();
    const [, , third] = network.core(1).configuration.members;
    expect(third).toBeDefined();
    if (third === undefined) return;
    const wiped = { ...additionOf(3), address: third.address, instanceId: 'wiped' };
    expect(network.change(1, wiped)).toMatchObject({ ok: false, reason: 'address-taken' });
    const replacing = { ...wiped, replaces: nodeId(3) };
    expect(network.change(1, replacing)).toMatchObject({ ok: true, id: 4 });
  });

  it('M15 one node grows to five and shrinks to one, under load', () => {
    const network = led({ voters: 1 });
    for (let i = 0; i < 4; i += 1) {
      network.add(1);
      network.propose(1, `grow ${i}`);
      network.tick(200);
    }
    settledOn(network, 1, 2, 3, 4, 5);
    network.change(1, remove(2, 3, 4, 5));
    network.propose(1, 'shrink');
    network.tick(200);
    settledOn(network, 1);
    expect(network.node(1).commands).toHaveLength(5);
    network.propose(1, 'alone');
    expect(network.node(1).commands.at(-1)).toBe('alone');
  });
});

describe('refusals name members and reasons', () => {
  it('a removal that leaves no live majority is refused', () => {
    const network = led();
    network.node(2).crash();
    network.tick(400);
    expect(network.change(1, remove(3))).toEqual({
      ok: false,
      reason: 'would-lose-quorum',
      text:
        '1 of the 2 voters to be can be relied on, 2 are needed: ' +
        'node 2 (127.0.0.1:7002) does not answer',
    });
    expect(network.core(1).last).toBe(1);
  });

  it('a dead voter may be removed', () => {
    const network = led();
    network.node(3).crash();
    network.tick(400);
    expect(network.change(1, remove(3))).toMatchObject({ ok: true });
    settledOn(network, 1, 2);
  });

  it.each([
    { name: 'an unknown member', change: remove(9), reason: 'unknown-member' },
    { name: 'an unknown learner', change: promote(9), reason: 'unknown-member' },
    { name: 'nobody', change: remove(), reason: 'invalid-change' },
    { name: 'all voters', change: remove(1, 2, 3), reason: 'invalid-change' },
    {
      name: 'a learner in place of a voter',
      change: additionOf(4, { as: 'learner', replaces: 3 }),
      reason: 'invalid-change',
    },
    {
      name: 'a stranger to be replaced',
      change: additionOf(4, { replaces: 9 }),
      reason: 'unknown-member',
    },
  ])('$name: $reason', ({ change, reason }) => {
    const network = led();
    expect(network.change(1, change)).toMatchObject({ ok: false, reason });
    expect(network.core(1).last).toBe(1);
  });

  it('only the leader changes members, and not while it hands over', () => {
    const network = led();
    expect(network.change(2, remove(3))).toMatchObject({ reason: 'not-leader' });
    network.drop(({ kind }) => kind === 'timeout-now');
    network.core(1).transfer(nodeId(2));
    expect(network.change(1, remove(3))).toMatchObject({
      reason: 'transferring',
      text: 'leadership is being handed over to node 2 (127.0.0.1:7002)',
    });
  });

  it('ids are never given twice', () => {
    const network = led();
    network.add(1, { as: 'learner' });
    network.change(1, remove(4));
    network.nodes.pop();
    expect(network.add(1, { as: 'learner' })).toMatchObject({ ok: true, id: 5 });
  });
});

describe('E15 a removed node cannot disrupt (§6)', () => {
  it('E15 it never learns of its removal, asks for votes, and nobody moves', () => {
    const network = led();
    network.change(1, remove(3));
    network.tick(50);
    expect(network.core(3).isSettled).toBe(false);
    const { term } = network.core(1);
    network.tick(5_000);
    expect(network.sentOf('request-vote', 3).length).toBeGreaterThan(3);
    expect(network.core(3).term).toBe(term);
    expect(network.core(1)).toMatchObject({ role: 'leader', term });
  });

  it('E15 one that knows of its removal stays passive', () => {
    const network = led({ learners: [4] });
    network.drop(({ to }) => to === 3);
    network.change(1, remove(1, 4));
    network.tick(3_000);
    const before = network.sentOf('request-vote', 4).length;
    expect(before).toBe(0);
  });

  it('E19 a node that does not know of its promotion answers a vote request that needs it', () => {
    const network = led({ learners: [4] });
    // The promotion is committed without node 4 hearing of it.
    network.tick(50);
    const deaf = network.drop((rpc) => isAppend(rpc) && rpc.to === 4);
    network.change(1, promote(4));
    network.tick(100);
    expect(network.core(4).configuration.learners).toEqual([4]);
    network.node(1).crash();
    network.node(2).core.peerGone(nodeId(1));
    network.node(3).crash();
    deaf();
    network.tick(2_000);
    // Two of four voters are left: no majority, but node 4 gave its vote.
    expect(network.sentOf('vote-reply', 4).some(({ granted }) => granted)).toBe(true);
    network.node(3).restart();
    network.tick(2_000);
    expect(network.leaders).toHaveLength(1);
    expect(voters(network, 4)).toContain(4);
  });
});
