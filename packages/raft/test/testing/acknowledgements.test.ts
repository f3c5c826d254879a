import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import type { Raft } from '../../src/core/raft.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { Acknowledgements } from '../../src/testing/acknowledgements.ts';
import { DurableLog } from '../../src/testing/durable-log.ts';
import { Stage } from '../scenarios/stage.ts';
import { type Lies, liar } from './liar.ts';
import { recovered } from './log-bytes.ts';

const FOLLOWER = nodeId(8);
const LEADER = nodeId(9);
const BOOT = incarnation(3);
/** The last entry on the follower's disk. */
const DURABLE = 5;

/** A leader and a follower of a term, played over a node that is at rest. */
async function pair(): Promise<{ told: Acknowledgements; follower: Raft; leader: Raft }> {
  const stage = new Stage(1);
  await stage.begin();
  await stage.commit(DURABLE);
  await stage.converge();
  const { core } = stage.leader;
  const log = new DurableLog();
  log.opened(recovered(DURABLE));
  const told = new Acknowledgements(() => log);
  told.opened(LEADER, BOOT);
  const follower = liar(core, { id: FOLLOWER, role: 'follower', last: logIndex(DURABLE) });
  return { told, follower, leader: leading(core, {}) };
}

/** The leader, with what it counts on the follower for. */
const leading = (core: Raft, counted: { match?: number; answeredRound?: number }): Raft =>
  liar(core, {
    id: LEADER,
    role: 'leader',
    peers: () => [
      {
        id: FOLLOWER,
        state: 'replicate',
        match: logIndex(counted.match ?? 0),
        answeredRound: counted.answeredRound ?? 0,
        lagEntries: 0,
        inflightAppends: 0,
        inflightBytes: 0,
        live: true,
        room: true,
      },
    ],
  });

const reply = ({ term: of }: Raft) => ({
  from: FOLLOWER,
  to: LEADER,
  term: of,
  incarnation: BOOT,
});

const appendReply = (core: Raft, match: number): Rpc => ({
  ...reply(core),
  kind: 'append-reply',
  ok: true,
  match: logIndex(match),
  hintIndex: logIndex(match),
  hintTerm: core.term,
  room: true,
});

const heartbeat = ({ term: of }: Raft, round: number): Rpc => ({
  kind: 'heartbeat',
  from: LEADER,
  to: FOLLOWER,
  term: of,
  incarnation: incarnation(0),
  commit: logIndex(0),
  round,
  now: logTime(0),
});

const heartbeatReply = (core: Raft, round: number): Rpc => ({
  ...reply(core),
  kind: 'heartbeat-reply',
  round,
  room: true,
});

const chunk = ({ term: of }: Raft, index: number): Rpc => ({
  kind: 'install-snapshot',
  from: LEADER,
  to: FOLLOWER,
  term: of,
  incarnation: incarnation(0),
  snapshot: {
    id: 1,
    index: logIndex(index),
    term: term(1),
    at: logTime(0),
    configuration: Buffer.alloc(0),
    configurationIndex: logIndex(0),
  },
  chunk: 0,
  last: true,
  data: Buffer.alloc(1),
});

const installed = (core: Raft): Rpc => ({
  ...reply(core),
  kind: 'install-reply',
  snapshotId: 1,
  status: 'installed',
  next: 1,
});

describe('a leader counts what its follower', () => {
  it('acknowledged to it in its term, and nothing more', async () => {
    const { told, follower, leader } = await pair();
    told.sent(appendReply(follower, 4), follower);
    expect(() => told.observe(leading(leader, { match: 4 }))).not.toThrow();
    expect(() => told.observe(leading(leader, { match: 5 }))).toThrow('for entry 5');
    const later = liar(leader, { term: term(leader.term + 1) });
    expect(() => told.observe(leading(later, { match: 4 }))).toThrow('did not acknowledge');
  });

  it('answered of the rounds of its term, and nothing more', async () => {
    const { told, follower, leader } = await pair();
    told.sent(heartbeat(leader, 2), leader);
    told.sent(heartbeatReply(follower, 1), follower);
    expect(() => told.observe(leading(leader, { answeredRound: 1 }))).not.toThrow();
    expect(() => told.observe(leading(leader, { answeredRound: 2 }))).toThrow('counts round 2');
  });

  it('installed, and nothing more', async () => {
    const { told, follower, leader } = await pair();
    told.sent(chunk(leader, 4), leader);
    told.sent(installed(follower), follower);
    expect(() => told.observe(leading(leader, { match: 4 }))).not.toThrow();
    expect(() => told.observe(leading(leader, { match: 5 }))).toThrow('for entry 5');
  });
});

describe('a follower', () => {
  it('answers only rounds that were asked in the term', async () => {
    const { told, follower, leader } = await pair();
    told.sent(heartbeat(leader, 2), leader);
    expect(() => told.sent(heartbeatReply(follower, 3), follower)).toThrow('never asked');
    const later = liar(follower, { term: term(follower.term + 1) });
    expect(() => told.sent(heartbeatReply(later, 1), later)).toThrow('never asked');
    expect(() => told.sent(heartbeatReply(later, 0), later)).not.toThrow();
  });

  it.each<[string, Lies]>([
    ['drops', { last: logIndex(DURABLE - 1) }],
    ['replaces', { termAt: () => term(99) }],
  ])('never %s what it acknowledged in the term', async (_, lies) => {
    const { told, follower } = await pair();
    told.sent(appendReply(follower, DURABLE), follower);
    expect(() => told.observe(follower)).not.toThrow();
    expect(() => told.observe(liar(follower, lies))).toThrow(`took entry ${DURABLE} back`);
    told.forget(FOLLOWER);
    expect(() => told.observe(liar(follower, lies))).not.toThrow();
  });

  it('calls a snapshot installed only when its disk holds what it covers', async () => {
    const { told, follower, leader } = await pair();
    told.sent(chunk(leader, DURABLE + 1), leader);
    expect(() => told.sent(installed(follower), follower)).toThrow('acknowledges a snapshot');
  });

  it('installs no snapshot that nobody sent', async () => {
    const { told, follower } = await pair();
    expect(() => told.sent(installed(follower), follower)).toThrow('never sent');
  });
});

it('a reply to an earlier boot is not taken', async () => {
  const { told, follower } = await pair();
  const late = heartbeatReply(follower, 1);
  expect(() => told.received(late, LEADER)).not.toThrow();
  told.opened(LEADER, incarnation(BOOT + 1));
  expect(() => told.received(late, LEADER)).toThrow('boot 4 of node 9 takes a heartbeat-reply');
});
