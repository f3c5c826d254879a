import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, nodeId, term } from '../../src/core/numbers.ts';
import { ENTRIES_MAX } from '../../src/driver/applier.ts';
import type { AppendEntries } from '../../src/core/rpc.ts';
import { MemoryBounds } from '../../src/testing/memory-bounds.ts';
import { Stage } from '../scenarios/stage.ts';
import { type Lies, liar } from './liar.ts';

/** A leader of three nodes at rest. */
async function leaderAtRest() {
  const stage = new Stage(1);
  await stage.begin();
  await stage.commit(3);
  await stage.converge();
  return stage.leader.core;
}

describe('a node that passes a bound of its memory is found out: it', () => {
  it('takes proposals while too much is pending, and may pass the bound by one offer', async () => {
    const core = await leaderAtRest();
    const bounds = new MemoryBounds({ uncommittedBytesMax: 1_000 });
    const lies: Lies = { pendingBytes: 999 };
    const leader = liar(core, lies);
    bounds.observe(leader);
    Object.assign(lies, { pendingBytes: 5_000 });
    bounds.observe(leader);
    Object.assign(lies, { pendingBytes: 6_000, committed: logIndex(core.committed + 1) });
    bounds.observe(leader);
    Object.assign(lies, { pendingBytes: 6_001 });
    expect(() => bounds.observe(leader)).toThrow('takes proposals with 6000 bytes pending');
  });

  it('keeps entries that it could give up', async () => {
    const core = await leaderAtRest();
    const heartbeatTo = nodeId(2);
    const bounds = new MemoryBounds({ windowBytes: 2_000, appendBytesMax: 200 });
    const rpc = appendTo(core.id, heartbeatTo, core.term);
    bounds.sent(rpc, core);
    bounds.sent(rpc, liar(core, { windowBytes: 2_200 }));
    expect(() => bounds.sent(rpc, liar(core, { windowBytes: 2_201 }))).toThrow(
      'holds 2201 bytes that it could give up',
    );
  });

  it('has too much on its way to a peer', async () => {
    const core = await leaderAtRest();
    const [peer] = core.peers();
    if (peer === undefined) throw new Error('a leader of three has peers');
    const bounds = new MemoryBounds({ appendsInFlightMax: 2, inflightBytesMax: 1_000 });
    const rpc: AppendEntries = {
      ...appendTo(core.id, peer.id, core.term),
      batches: core.entriesFrom(core.last, 1) ?? [],
    };
    const withInflights = (inflightAppends: number, inflightBytes: number) =>
      liar(core, { peers: () => [{ ...peer, inflightAppends, inflightBytes }] });
    bounds.sent(rpc, withInflights(2, 1_000));
    bounds.sent(rpc, withInflights(1, 5_000));
    for (const [appends, bytes] of [
      [3, 10],
      [2, 1_001],
    ] as const) {
      expect(() => bounds.sent(rpc, withInflights(appends, bytes))).toThrow(
        `has ${appends} appends on their way`,
      );
    }
  });

  it('sends more entries in one append than may be in it', async () => {
    const core = await leaderAtRest();
    const bounds = new MemoryBounds({ appendBytesMax: 10 });
    const append = (first: number): AppendEntries => ({
      ...appendTo(core.id, nodeId(9), core.term),
      batches: core.entriesFrom(logIndex(first), 1_000_000) ?? [],
    });
    bounds.sent(append(core.last), core);
    expect(() => bounds.sent(append(core.last - 1), core)).toThrow('bytes in one append');
  });

  it('has more proposals waiting than entries to execute, or too much queued for a peer', async () => {
    const stage = new Stage(1);
    await stage.begin();
    await stage.commit(3);
    const { core, node } = stage.leader;
    const bounds = new MemoryBounds();
    const gauges = node.admin.gauges();
    bounds.gauged(core.id, gauges);
    const proposalsWaiting = gauges.last - gauges.applied + 1;
    expect(() => bounds.gauged(core.id, { ...gauges, proposalsWaiting })).toThrow(
      `${proposalsWaiting} proposals wait at node ${core.id}`,
    );
    const peers = gauges.peers.map((peer) => ({ ...peer, queuedBytes: 1_000_000_000 }));
    expect(() => bounds.gauged(core.id, { ...gauges, peers })).toThrow('1000000000 bytes wait');
  });

  it('goes on executing while its store lags too far behind', () => {
    const id = nodeId(1);
    const bounds = new MemoryBounds({ dirtyBytesMax: 100 });
    for (let nth = 0; nth < ENTRIES_MAX; nth += 1) bounds.applying(id, 100);
    bounds.applying(id, 99);
    for (let nth = 0; nth < ENTRIES_MAX; nth += 1) bounds.applying(id, 100);
    expect(() => bounds.applying(id, 100)).toThrow('with 100 dirty bytes');
  });
});

const appendTo = (
  from: AppendEntries['from'],
  to: AppendEntries['to'],
  ofTerm: AppendEntries['term'],
): AppendEntries => ({
  kind: 'append-entries',
  from,
  to,
  term: ofTerm,
  incarnation: incarnation(0),
  prevIndex: logIndex(0),
  prevTerm: term(0),
  commit: logIndex(0),
  batches: [],
});
