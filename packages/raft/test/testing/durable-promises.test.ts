import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, nodeId, term } from '../../src/core/numbers.ts';
import type { Raft } from '../../src/core/raft.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { RecordType } from '../../src/storage/records.ts';
import { DurablePromises } from '../../src/testing/durable-promises.ts';
import { Stage } from '../scenarios/stage.ts';
import { type Lies, liar } from './liar.ts';
import { ENTRY, frameOf, recovered } from './log-bytes.ts';

/** A follower of three nodes at rest, with its disk's promises. */
async function followerAtRest(): Promise<{ core: Raft; promises: DurablePromises; stage: Stage }> {
  const stage = new Stage(1);
  await stage.begin();
  await stage.commit(3);
  await stage.converge();
  const { core } = stage.node(stage.other(stage.leaderId));
  return { core, promises: stage.cluster.safety.promises, stage };
}

const envelope = (core: Raft, ahead: number) => ({
  from: core.id,
  to: nodeId(9),
  term: term(core.term + ahead),
  incarnation: incarnation(1),
});

/** Each names a term that is so far ahead of the node's own. */
const CLAIMS: readonly [string, (core: Raft, ahead: number) => Rpc][] = [
  [
    'asks for votes',
    (core, ahead) => ({
      ...envelope(core, ahead),
      kind: 'request-vote',
      pre: false,
      transfer: false,
      lastIndex: core.last,
      lastTerm: core.term,
    }),
  ],
  [
    'refuses a vote',
    (core, ahead) => ({
      ...envelope(core, ahead),
      kind: 'vote-reply',
      pre: false,
      granted: false,
      wallMs: 0,
    }),
  ],
  [
    'refuses a pre-vote',
    (core, ahead) => ({
      ...envelope(core, ahead),
      kind: 'vote-reply',
      pre: true,
      granted: false,
      wallMs: 0,
    }),
  ],
  [
    'acknowledges entries',
    (core, ahead) => ({ ...appendReply(core, ahead), ok: true, match: core.last }),
  ],
  ['refuses an append', (core, ahead) => ({ ...appendReply(core, ahead), ok: false })],
  [
    'answers a heartbeat',
    (core, ahead) => ({
      ...envelope(core, ahead),
      kind: 'heartbeat-reply',
      round: 1,
      room: true,
    }),
  ],
  ['orders a campaign', (core, ahead) => ({ ...envelope(core, ahead), kind: 'timeout-now' })],
  [
    'answers a chunk',
    (core, ahead) => ({
      ...envelope(core, ahead),
      kind: 'install-reply',
      snapshotId: 1,
      status: 'refused',
      next: 0,
    }),
  ],
];

const appendReply = (core: Raft, ahead: number) =>
  ({
    ...envelope(core, ahead),
    kind: 'append-reply',
    ok: true,
    match: core.last,
    hintIndex: core.last,
    hintTerm: core.term,
    room: true,
  }) as const;

describe('a node that speaks before its disk has written is found out: it', () => {
  it.each(CLAIMS)('%s in a term that it could forget', async (_, claim) => {
    const { core, promises } = await followerAtRest();
    expect(() => promises.sent(claim(core, 1), core)).toThrow('durable before said: node');
  });

  it.each(CLAIMS.slice(1))('may say so in a term that is durable: %s', async (_, claim) => {
    const { core, promises } = await followerAtRest();
    expect(() => promises.sent(claim(core, 0), core)).not.toThrow();
  });

  it('may grant a pre-vote for a term that nobody has entered', async () => {
    const { core, promises } = await followerAtRest();
    const granted: Rpc = {
      ...envelope(core, 1),
      kind: 'vote-reply',
      pre: true,
      granted: true,
      wallMs: 0,
    };
    expect(() => promises.sent(granted, core)).not.toThrow();
  });

  it('grants a vote that it could forget', async () => {
    const { core, promises } = await followerAtRest();
    const granted: Rpc = {
      ...envelope(core, 0),
      kind: 'vote-reply',
      pre: false,
      granted: true,
      wallMs: 0,
    };
    expect(() => promises.sent(granted, core)).toThrow('answers 9 in term');
  });

  it('acknowledges an entry that it could lose', async () => {
    const { core, promises } = await followerAtRest();
    const reply: Rpc = { ...appendReply(core, 0), match: logIndex(core.last + 1) };
    expect(() => promises.sent(reply, core)).toThrow(`acknowledges entry ${core.last + 1}`);
  });

  it('may acknowledge, late, what was true in an earlier term', async () => {
    const { core, promises } = await followerAtRest();
    const replaced = liar(core, { termAt: () => term(core.term + 1) });
    const reply = { ...appendReply(core, 0), match: core.last };
    expect(() => promises.sent(reply, replaced)).toThrow(`acknowledges entry ${core.last}`);
    const later = liar(replaced, { term: term(core.term + 1) });
    expect(() => promises.sent(reply, later)).not.toThrow();
  });

  it.each<[string, (core: Raft) => Lies, string]>([
    ['forgets a vote', () => ({ vote: nodeId(9) }), 'forgot its vote'],
    ['forgets a term', ({ term: of }) => ({ term: term(of - 1) }), 'and its disk in'],
    [
      'counts on its disk for what is not there',
      ({ last }) => ({ durable: logIndex(last + 1), last: logIndex(last + 1) }),
      'which is not there',
    ],
    [
      'counts on its disk for what it does not hold',
      ({ last }) => ({ last: logIndex(last - 1) }),
      'which is not there',
    ],
  ])('%s', async (_, lies, words) => {
    const { core, promises } = await followerAtRest();
    expect(() => promises.observe(core)).not.toThrow();
    expect(() => promises.observe(liar(core, lies(core)))).toThrow(words);
  });

  it('takes a mark back', async () => {
    const { core, promises } = await followerAtRest();
    promises.log(core.id).append(frameOf([RecordType.snapshotMark, 3, 1]))();
    promises.log(core.id).append(frameOf([RecordType.snapshotMark, 2, 1]))();
    expect(() => promises.observe(core)).toThrow('writes mark 2 after 3');
  });

  it('drops entries beyond its mark', async () => {
    const { core, promises } = await followerAtRest();
    const dropped = liar(core, { compacted: core.last });
    expect(() => promises.compacted(dropped)).toThrow('dropped entries up to');
  });

  it('has a store that is ahead of its log', async () => {
    const { core, promises } = await followerAtRest();
    promises.flushed(core.id, core.last);
    expect(() => promises.flushed(core.id, logIndex(core.last + 1))).toThrow(
      'its log could lose it',
    );
  });
});

/** Tells that entry 2 is committed, which only the disks of nodes 1 and 2 keep, of five. */
function commitOnTwo(voters: readonly number[], outgoing: readonly number[]): void {
  const promises = new DurablePromises();
  for (const id of [1, 2, 3, 4, 5]) {
    promises.opened(nodeId(id), recovered(1));
    if (id <= 2) promises.log(nodeId(id)).append(frameOf([ENTRY, 2, 1]))();
  }
  const configuration = {
    members: [],
    learners: [],
    promoting: [],
    nextId: nodeId(6),
    voters: voters.map((id) => nodeId(id)),
    outgoing: outgoing.map((id) => nodeId(id)),
  };
  promises.committed(logIndex(2), term(1), configuration);
}

describe('an entry is committed', () => {
  it.each([
    ['a quorum', [1, 2, 3], []],
    ['a quorum of the old and of the new voters', [1, 2, 3], [1, 2, 4]],
  ])('when it is durable on %s', (_, voters, outgoing) => {
    expect(() => commitOnTwo(voters, outgoing)).not.toThrow();
  });

  it.each([
    ['no quorum', [1, 2, 3, 4, 5], []],
    ['a quorum of the new voters alone', [1, 2, 3], [3, 4, 5]],
    ['a quorum of the old voters alone', [3, 4, 5], [1, 2, 3]],
  ])('too early when it is durable on %s', (_, voters, outgoing) => {
    expect(() => commitOnTwo(voters, outgoing)).toThrow(
      'durable before committed: entry 2 of term 1',
    );
  });
});

describe('a disk that lost what was durable', () => {
  it('is found out at the restart', () => {
    const promises = new DurablePromises();
    promises.opened(nodeId(1), recovered(1));
    promises.log(nodeId(1)).append(frameOf([ENTRY, 2, 1]))();
    promises.log(nodeId(1)).close();
    expect(() => promises.opened(nodeId(1), recovered(1))).toThrow(
      'after a restart node 1 has last 1 in the place of 2',
    );
  });
});
