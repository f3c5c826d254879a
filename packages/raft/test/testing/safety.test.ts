import { describe, expect, it } from '@jest/globals';
import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import {
  type LogIndex,
  incarnation,
  logIndex,
  logTime,
  nodeId,
  term,
} from '../../src/core/numbers.ts';
import type { Raft } from '../../src/core/raft.ts';
import type { Rpc, VoteReply } from '../../src/core/rpc.ts';
import { Safety } from '../../src/testing/safety.ts';
import { Stage } from '../scenarios/stage.ts';
import { type Lies, liar } from './liar.ts';

/** Three nodes that hold the same, all of it committed. */
async function settledStage(): Promise<Stage> {
  const stage = new Stage(1);
  await stage.begin();
  await stage.commit(3);
  await stage.converge();
  return stage;
}

/** What is said when a core that was honest until now begins to lie. */
function saidOf(stage: Stage, core: Raft, lies: Lies, before: Lies = {}): () => void {
  const { safety } = stage.cluster;
  const told: Lies = { ...before };
  const lying = liar(core, told);
  safety.observe(lying);
  for (const name of Object.keys(before)) Reflect.deleteProperty(told, name);
  Object.assign(told, lies);
  return () => safety.observe(lying);
}

const grant = (from: number, to: number, ofTerm: number): VoteReply => ({
  kind: 'vote-reply',
  from: nodeId(from),
  to: nodeId(to),
  term: term(ofTerm),
  incarnation: incarnation(1),
  pre: false,
  granted: true,
  wallMs: 0,
});

describe('a node that breaks a promise of Raft is found out: it', () => {
  it.each<[string, (core: Raft) => Lies, string]>([
    ['goes back in its term', ({ term: of }) => ({ term: term(of - 1) }), 'went back to term'],
    ['takes back a commit', () => ({ committed: logIndex(1) }), 'took back a commit'],
    [
      'executes what is not committed',
      ({ last }) => ({ applied: logIndex(last + 1) }),
      'does not hold',
    ],
    ['leads a term that has a leader', () => ({ role: 'leader' }), 'lead term'],
    [
      'leads without the votes of a quorum',
      ({ term: of }) => ({ role: 'leader', term: term(of + 1) }),
      'without the votes of a quorum',
    ],
    [
      'leads, and the committed configuration leaves it out',
      ({ term: of }) => ({ role: 'leader', term: term(of + 1), id: nodeId(9) }),
      'node 9 leads, and is no voter',
    ],
    [
      'leads, and no configuration ever had it',
      ({ term: of, last }) => ({
        role: 'leader',
        term: term(of + 1),
        id: nodeId(9),
        last: logIndex(last + 1),
        configurationIndex: logIndex(last + 1),
      }),
      'node 9 leads, and never was a voter',
    ],
    [
      'leads without a committed entry',
      ({ term: of }) => ({
        role: 'leader',
        term: term(of + 1),
        durable: logIndex(0),
        termAt: () => term(of + 1),
      }),
      'lacks the committed entry',
    ],
    [
      'commits what no leader committed',
      ({ last }) => ({ committed: logIndex(last + 9), last: logIndex(last + 9) }),
      'a snapshot of what was never committed',
    ],
  ])('%s', async (_, lies, words) => {
    const stage = await settledStage();
    const { core } = stage.node(stage.other(stage.leaderId));
    expect(saidOf(stage, core, lies(core))).toThrow(words);
  });

  it('truncates its own log as a leader', async () => {
    const stage = await settledStage();
    const { core } = stage.leader;
    const longer = { last: logIndex(core.last + 1) };
    expect(saidOf(stage, core, {}, longer)).toThrow('truncated its own log');
  });

  it('holds another entry at the same index of the same term', async () => {
    const stage = await settledStage();
    const { core } = stage.node(stage.other(stage.leaderId));
    const other = (first: number) =>
      EntryBatch.encode(
        {
          groupId: 1,
          first: logIndex(first),
          term: core.term,
          at: logTime(0),
          type: EntryType.command,
        },
        [Buffer.from('another one')],
      );
    const lying = liar(core, { entriesFrom: (from) => [other(from)] });
    expect(() => stage.cluster.safety.observe(lying)).toThrow('the logs of node');
  });

  it('commits an entry of another term', async () => {
    const stage = await settledStage();
    const { core } = stage.node(stage.other(stage.leaderId));
    const later = term(core.term + 1);
    const lies: Lies = { term: later, durable: logIndex(0), termAt: () => later };
    const lying = liar(core, lies);
    expect(() => stage.cluster.safety.observe(lying)).toThrow('commits another entry');
  });

  it('goes from three voters to other ones in one step', async () => {
    const stage = await settledStage();
    const { core } = stage.leader;
    const lies: Lies = {
      configuration: { ...core.configuration, voters: [core.id] },
      configurationIndex: logIndex(core.last + 1),
      last: logIndex(core.last + 1),
    };
    expect(saidOf(stage, core, lies)).toThrow('goes from the voters 1,2,3 to');
  });

  it('goes on to the next configuration before the last one is committed', async () => {
    const stage = await settledStage();
    const { core } = stage.leader;
    const { configuration } = core;
    const later = (by: number): Lies => ({
      configuration: { ...configuration },
      configurationIndex: logIndex(core.last + by),
      last: logIndex(core.last + 2),
    });
    expect(saidOf(stage, core, later(2), later(1))).toThrow('before that is committed');
  });

  it('counts replicas of an entry of an earlier term', async () => {
    const stage = await settledStage();
    const { core } = stage.leader;
    const { term: of, committed } = core;
    const lies: Lies = { durable: logIndex(0), termAt: () => term(of - 1) };
    const before: Lies = { committed: logIndex(committed - 1), applied: logIndex(committed - 1) };
    expect(saidOf(stage, core, lies, before)).toThrow(`counts replicas of entry ${committed}`);
  });

  it('goes by an earlier configuration than one that it knows to be committed', async () => {
    const stage = await settledStage();
    await stage.isVoter(await stage.join());
    await stage.converge();
    const { core } = stage.node(stage.other(stage.leaderId));
    expect(saidOf(stage, core, { configurationIndex: logIndex(1) })).toThrow(
      'goes by configuration 1,',
    );
  });

  it('goes by a configuration of which the entry was truncated', async () => {
    const stage = await settledStage();
    const { core } = stage.node(stage.other(stage.leaderId));
    const { last } = core;
    expect(saidOf(stage, core, { configurationIndex: logIndex(last + 1) })).toThrow(
      `its log ends with ${last}`,
    );
  });

  it('sends a snapshot that names another configuration than the one in force there', async () => {
    const stage = await settledStage();
    await stage.isVoter(await stage.join());
    await stage.converge();
    const { core } = stage.leader;
    const named = (configurationIndex: LogIndex): Rpc => ({
      kind: 'install-snapshot',
      from: core.id,
      to: stage.other(core.id),
      term: core.term,
      incarnation: incarnation(0),
      snapshot: {
        id: 1,
        index: core.committed,
        term: core.term,
        at: logTime(0),
        configuration: Buffer.alloc(0),
        configurationIndex,
      },
      chunk: 0,
      last: true,
      data: Buffer.alloc(1),
    });
    const { safety } = stage.cluster;
    expect(() => safety.sent(named(core.configurationIndex), core)).not.toThrow();
    expect(() => safety.sent(named(logIndex(1)), core)).toThrow('names configuration 1,');
  });

  it('takes part again though its disk was wiped', async () => {
    const stage = await settledStage();
    const { core } = stage.node(stage.other(stage.leaderId));
    const { safety } = stage.cluster;
    safety.wiped(core.id);
    safety.promises.log(core.id).forget();
    expect(() => safety.sent(grant(core.id, 6, core.term), core)).toThrow('takes part again');
  });

  it('has another configuration in force than others of the same entry', async () => {
    const stage = await settledStage();
    await stage.isVoter(await stage.join());
    await stage.converge();
    const { core } = stage.node(stage.other(stage.leaderId));
    const configuration = { ...core.configuration, voters: [core.id] };
    expect(saidOf(stage, core, { configuration })).toThrow('has another configuration of entry');
  });

  it('leads and does not know a committed configuration', async () => {
    const stage = await settledStage();
    await stage.isVoter(await stage.join());
    await stage.converge();
    const { core } = stage.node(stage.other(stage.leaderId));
    const lies: Lies = {
      role: 'leader',
      term: term(core.term + 1),
      configurationIndex: logIndex(0),
      applied: logIndex(0),
      committed: logIndex(0),
    };
    const { safety } = stage.cluster;
    expect(() => safety.observe(liar(core, lies))).toThrow(
      'does not know the committed configuration',
    );
  });

  it('votes twice in a term, or in an earlier one', async () => {
    const { leader, cluster } = await settledStage();
    const { safety } = cluster;
    const { core } = leader;
    safety.promises.log(core.id).forget();
    safety.sent(grant(core.id, 6, 9), core);
    expect(() => safety.sent(grant(core.id, 7, 9), core)).toThrow('votes for 6 and 7 in term 9');
    expect(() => safety.sent(grant(core.id, 6, 8), core)).toThrow('votes in term 8 after 9');
  });

  it('executes another command, or comes to another state', () => {
    const safety = new Safety();
    safety.applied(nodeId(1), logIndex(1), Buffer.from('one'));
    safety.reached(nodeId(1), logIndex(1), 1);
    expect(() => safety.applied(nodeId(2), logIndex(1), Buffer.from('two'))).toThrow(
      'node 2 executes another command at 1',
    );
    expect(() => safety.reached(nodeId(2), logIndex(1), 2)).toThrow('at 1 is another one');
  });
});
