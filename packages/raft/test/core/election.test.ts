import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import type { RequestVote, Rpc, SnapshotName, VoteReply } from '../../src/core/rpc.ts';
import { CoreNetwork } from './core-network.ts';

/** Elections: §5.2, §5.4.1. */

const SNAPSHOT: SnapshotName = {
  id: 1,
  index: logIndex(5),
  term: term(3),
  at: logTime(5),
  configuration: Buffer.alloc(0),
  configurationIndex: logIndex(0),
};

function requestVote(from: number, to: number, ask: Partial<RequestVote>): RequestVote {
  return {
    kind: 'request-vote',
    from: nodeId(from),
    to: nodeId(to),
    term: term(1),
    incarnation: incarnation(0),
    pre: false,
    transfer: false,
    lastIndex: logIndex(0),
    lastTerm: term(0),
    ...ask,
  };
}

const votesOf = (network: CoreNetwork, from: number): VoteReply[] =>
  network.sentOf('vote-reply', from).filter(({ pre }) => !pre);

describe('election', () => {
  it.each([1, 3, 5, 7])(
    'E01 %d voters elect a leader in one round and one term (§5.2)',
    (voters) => {
      const network = new CoreNetwork({ voters });
      network.tick(400);
      expect(network.leaders).toEqual([1]);
      expect(network.core(1).term).toBe(1);
      expect(network.nodes.map(({ core }) => core.leader)).toEqual(Array(voters).fill(1));
    },
  );

  it('E02 a candidate that hears nothing starts a new election after its timeout (§5.2)', () => {
    const network = new CoreNetwork();
    const heal = network.drop(({ kind }) => kind === 'vote-reply');
    network.campaign(1);
    expect(network.core(1)).toMatchObject({ role: 'candidate', term: 1 });
    network.tick(700);
    expect(network.leaders).toEqual([]);
    heal();
    network.tick(700);
    expect(network.leaders).toHaveLength(1);
  });

  it('E02 a split vote ends, since timeouts are spread (§5.2)', () => {
    const network = new CoreNetwork();
    network.node(3).crash();
    network.hold(({ kind }) => kind === 'request-vote');
    network.campaign(1);
    network.campaign(2);
    network.release();
    expect(network.nodes.map(({ core }) => core.term)).toEqual([1, 1, 0]);
    expect(network.leaders).toEqual([]);
    network.tick(700);
    expect(network.leaders).toHaveLength(1);
  });

  it('E03 a vote is durable before the reply leaves, and stands after a crash (§5.2, figure 2)', () => {
    const network = new CoreNetwork();
    const voter = network.node(2);
    voter.holdDisk();
    network.campaign(1);
    expect(votesOf(network, 2)).toEqual([]);
    voter.crash();
    voter.restart();
    expect(voter.core.vote).toBe(0);
    network.deliver(requestVote(3, 2, { term: term(1) }));
    expect(votesOf(network, 2)).toMatchObject([{ to: 3, granted: true, term: 1 }]);
    voter.restart();
    expect(voter.core).toMatchObject({ term: 1, vote: 3 });
  });

  it.each([
    ['while it runs', () => undefined],
    ['after a crash', (network: CoreNetwork) => network.node(2).restart()],
  ])('E04 nobody votes twice in a term, %s (§5.2)', (_, between) => {
    const network = new CoreNetwork();
    const isolated = network.drop(({ to }) => to === 1 || to === 3);
    network.deliver(requestVote(1, 2, { term: term(4) }));
    between(network);
    network.deliver(requestVote(3, 2, { term: term(4), transfer: true }));
    network.deliver(requestVote(1, 2, { term: term(4) }));
    isolated();
    expect(votesOf(network, 2).map(({ to, granted }) => [to, granted])).toEqual([
      [1, true],
      [3, false],
      [1, true],
    ]);
  });

  it('E04 a leader that stepped down does not vote for another in the term that it led', () => {
    const network = new CoreNetwork();
    network.elect(1);
    network.isolate(1);
    network.tick(700);
    expect(network.core(1).role).not.toBe('leader');
    network.deliver(
      requestVote(3, 1, { term: term(1), lastIndex: logIndex(9), lastTerm: term(1) }),
    );
    expect(votesOf(network, 1)).toMatchObject([{ to: 3, granted: false }]);
  });

  it('E05 rpcs of an older term change nothing; requests are answered with the newer one (§5.1)', () => {
    const network = new CoreNetwork({ terms: { 2: 9 } });
    const stale = { from: nodeId(1), to: nodeId(2), term: term(3), incarnation: incarnation(0) };
    const answers = { match: logIndex(5), hintIndex: logIndex(5), hintTerm: term(3) };
    const rpcs: Rpc[] = [
      requestVote(1, 2, { term: term(3) }),
      { kind: 'vote-reply', ...stale, pre: false, granted: true, wallMs: 1 },
      {
        kind: 'append-entries',
        ...stale,
        prevIndex: logIndex(0),
        prevTerm: term(0),
        commit: logIndex(0),
        batches: [],
      },
      { kind: 'append-reply', ...stale, ok: true, room: true, ...answers },
      {
        kind: 'heartbeat',
        ...stale,
        commit: logIndex(0),
        round: 1,
        now: network.node(2).disk.shape.lastAt,
      },
      { kind: 'heartbeat-reply', ...stale, round: 1, room: true },
      { kind: 'timeout-now', ...stale },
      {
        kind: 'install-snapshot',
        ...stale,
        snapshot: SNAPSHOT,
        chunk: 0,
        last: true,
        data: Buffer.alloc(0),
      },
      { kind: 'install-reply', ...stale, snapshotId: 1, status: 'installed', next: 1 },
      { kind: 'read-index', ...stale, read: 1 },
      { kind: 'read-reply', ...stale, read: 1, refusal: undefined, index: logIndex(5) },
    ];
    network.drop(({ to }) => to === 1);
    for (const rpc of rpcs) network.deliver(rpc);
    expect(network.core(2)).toMatchObject({ role: 'follower', term: 9, leader: 0, last: 0 });
    expect(network.sent.map(({ kind, term: ofTerm }) => [kind, ofTerm])).toEqual([
      ['vote-reply', 9],
      ['append-reply', 9],
      ['heartbeat-reply', 9],
      ['install-reply', 9],
      ['read-reply', 9],
    ]);
    expect(network.sentOf('install-reply')[0]?.status).toBe('refused');
    expect(network.sentOf('read-reply')[0]?.refusal).toBe('not-leader');
  });

  it('E06 a candidate yields to a leader of its own term (§5.2)', () => {
    const network = new CoreNetwork();
    network.hold(({ from }) => from === 3);
    network.campaign(3);
    network.elect(1);
    expect(network.core(3)).toMatchObject({ role: 'follower', leader: 1, term: 1 });
  });

  it.each([
    { ours: [1, 1], theirs: [1, 1], granted: true, why: 'equal' },
    { ours: [1, 1], theirs: [1, 1, 1], granted: true, why: 'longer, same last term' },
    { ours: [1, 1, 1], theirs: [1, 1], granted: false, why: 'shorter, same last term' },
    { ours: [1, 1, 1, 1], theirs: [1, 2], granted: true, why: 'shorter, newer last term' },
    { ours: [1, 2], theirs: [1, 1, 1, 1], granted: false, why: 'longer, older last term' },
  ])('E07 a log that is $why: vote $granted; term before index (§5.4.1)', (row) => {
    const network = new CoreNetwork({ logs: { 2: row.ours } });
    const last = { lastIndex: logIndex(row.theirs.length), lastTerm: term(row.theirs.at(-1) ?? 0) };
    network.drop(({ to }) => to === 1);
    network.deliver(requestVote(1, 2, { term: term(7), pre: true, ...last }));
    network.deliver(requestVote(1, 2, { term: term(7), ...last }));
    expect(network.sentOf('vote-reply', 2).map(({ granted }) => granted)).toEqual([
      row.granted,
      row.granted,
    ]);
  });

  it('E13 a candidate counts its own vote only when that is durable (§5.2)', () => {
    const network = new CoreNetwork({ voters: 1 });
    network.node(1).holdDisk();
    network.tick(5);
    expect(network.core(1)).toMatchObject({ role: 'candidate', term: 1 });
    network.node(1).persist();
    expect(network.core(1).role).toBe('leader');
  });

  it('E13 RequestVote itself waits until its term and vote are durable', () => {
    const network = new CoreNetwork();
    network.node(1).holdDisk();
    network.campaign(1);
    expect(network.sentOf('request-vote')).toEqual([]);
    network.node(1).persist();
    expect(network.sentOf('request-vote').map(({ to }) => to)).toEqual([2, 3]);
  });

  it('E13 a slow disk does not end the campaign that waits for it', () => {
    const network = new CoreNetwork();
    const candidate = network.node(1);
    candidate.holdDisk();
    network.campaign(1);
    network.node(2).luck = 0.99;
    network.node(3).luck = 0.99;
    for (const id of [2, 3]) network.node(id).restart();
    network.tick(595);
    expect(candidate.core).toMatchObject({ role: 'candidate', term: 1 });
    expect(candidate.writes).toHaveLength(1);
    candidate.persist();
    network.settle();
    expect(candidate.core).toMatchObject({ role: 'leader', term: 1 });
  });

  it('E13 a single voter whose disk is slower than an election timeout still leads', () => {
    const network = new CoreNetwork({ voters: 1 });
    const alone = network.node(1);
    alone.holdDisk();
    network.tick(5000);
    expect(alone.writes).toHaveLength(1);
    alone.persist(1);
    expect(alone.core.role).toBe('leader');
  });

  it('E19 a learner answers a vote request: it may have been promoted without knowing', () => {
    const network = new CoreNetwork({ learners: [4] });
    network.deliver(requestVote(1, 4, { term: term(3) }));
    expect(votesOf(network, 4)).toMatchObject([{ to: 1, granted: true, term: 3 }]);
  });

  it('E19 a learner never campaigns, and asks for no tick earlier than a heartbeat', () => {
    const network = new CoreNetwork({ learners: [4] });
    for (const id of [1, 2, 3]) network.node(id).crash();
    network.tick(2000);
    expect(network.core(4)).toMatchObject({ role: 'follower', term: 0 });
    expect(network.core(4).dueInMs).toBe(50);
  });

  it('E20 four voters tie and converge (§5.2)', () => {
    const network = new CoreNetwork({ voters: 4 });
    const heal = network.drop(({ from, to }) => from + to === 5);
    network.hold(({ kind }) => kind === 'request-vote');
    network.campaign(1);
    network.campaign(2);
    network.release();
    heal();
    expect(votesOf(network, 3)).toMatchObject([{ to: 1, granted: true }]);
    expect(votesOf(network, 4)).toMatchObject([{ to: 2, granted: true }]);
    expect(network.leaders).toEqual([]);
    network.tick(1300);
    expect(network.leaders).toHaveLength(1);
  });

  it('a vote that arrives twice leaves the follower with its leader (§5.2)', () => {
    const network = new CoreNetwork();
    network.drop(({ kind, to }) => kind === 'append-entries' && to === 2);
    network.elect(1);
    const asked = network.sentOf('request-vote', 1).find(({ to, pre }) => to === 2 && !pre);
    expect(asked).toBeDefined();
    if (asked !== undefined) network.deliver(asked);
    expect(network.core(2).leader).toBe(1);
  });

  it('votes of nodes that are no voters do not count', () => {
    const network = new CoreNetwork();
    network.drop(({ kind }) => kind === 'request-vote');
    network.campaign(1);
    for (const from of [7, 8, 9]) {
      const envelope = { from: nodeId(from), to: nodeId(1), incarnation: incarnation(0) };
      const reply = { pre: false, granted: true, wallMs: 0 };
      network.deliver({ kind: 'vote-reply', ...envelope, term: term(1), ...reply });
    }
    expect(network.core(1).role).toBe('candidate');
  });
});
