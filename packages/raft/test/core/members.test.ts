import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { additionOf } from './core-network.ts';
import { expectSettled, led, outgoing, promote, remove, voters } from './membership-kit.ts';

/** Who joins, who leaves and who is refused: §6, thesis §4. */

const isAppend = ({ kind }: Rpc): boolean => kind === 'append-entries';

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
    expectSettled(network, 1, 2, 3, 4);
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
    expectSettled(network, 1, 2, 3, 4);
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
    expectSettled(network, 1, 2, 3, 4);
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
    expectSettled(network, 1, 2, 3, 4);
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
    expectSettled(network, 1, 2);
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
    expectSettled(network, 1, 2);
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
    expectSettled(network, 1, 2, 3);
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
    expectSettled(network, 1, 2, 4);
  });

  it('M12 a dead voter is replaced', () => {
    const network = led();
    network.node(3).crash();
    network.add(1, { replaces: 3 });
    network.tick(300);
    expectSettled(network, 1, 2, 4);
  });

  it('M12 the leader itself can be replaced', () => {
    const network = led();
    network.add(1, { replaces: 1 });
    network.tick(400);
    expect(network.leaders).toHaveLength(1);
    expectSettled(network, 2, 3, 4);
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
    expectSettled(network, 1, 2, 3, 4, 5);
    network.change(1, remove(2, 3, 4, 5));
    network.propose(1, 'shrink');
    network.tick(200);
    expectSettled(network, 1);
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

  it('an idle peer whose stream was opened anew has caught up', () => {
    const network = led();
    for (const id of [2, 3]) {
      network.core(1).peerDisconnected(nodeId(id));
      network.core(1).peerConnected(nodeId(id));
    }
    network.tick(100);
    expect(network.change(1, remove(3))).toMatchObject({ ok: true });
    expectSettled(network, 1, 2);
  });

  it('a dead voter may be removed', () => {
    const network = led();
    network.node(3).crash();
    network.tick(400);
    expect(network.change(1, remove(3))).toMatchObject({ ok: true });
    expectSettled(network, 1, 2);
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
