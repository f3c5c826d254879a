import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, nodeId, term } from '../../src/core/numbers.ts';
import type { AppendEntries, Rpc } from '../../src/core/rpc.ts';
import { CoreNetwork } from './core-network.ts';
import { entryOf } from './durable-image.ts';

/** Log replication: §5.3. */

/** The log of figure 7's leader, and of its six followers. */
const FIGURE_7 = {
  leader: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6],
  a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
  b: [1, 1, 1, 4],
  c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
  d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
  e: [1, 1, 1, 4, 4, 4, 4],
  f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
};

/** An append of a leader 1 to node 2, with entries of the given terms. */
function append(
  ofTerm: number,
  prev: readonly [index: number, term: number],
  terms: readonly number[],
  commit = 0,
): AppendEntries {
  return {
    kind: 'append-entries',
    from: nodeId(1),
    to: nodeId(2),
    term: term(ofTerm),
    incarnation: incarnation(0),
    prevIndex: logIndex(prev[0]),
    prevTerm: term(prev[1]),
    commit: logIndex(commit),
    batches: terms.map((entryTerm, i) => entryOf(prev[0] + 1 + i, entryTerm)),
  };
}

const isAppend = ({ kind }: Rpc): boolean => kind === 'append-entries';

const textAt = (network: CoreNetwork, id: number): string[] =>
  network.node(id).disk.entries.map((entry) => entry.entry(entry.first).payload.toString('latin1'));

/** A network of two that node 1 leads. */
function pair(settings = {}): CoreNetwork {
  const network = new CoreNetwork({ voters: 2, settings });
  network.elect(1);
  network.tick(100);
  return network;
}

describe('healing of logs', () => {
  it.each(['a', 'b', 'c', 'd', 'e', 'f'] as const)(
    'R01 follower (%s) of figure 7 heals',
    (name) => {
      const { leader } = FIGURE_7;
      const logs = { 1: leader, 2: FIGURE_7[name], 3: leader };
      const network = new CoreNetwork({ logs, terms: { 1: 7, 2: 7, 3: 7 } });
      network.elect(1);
      expect(network.node(2).terms).toEqual([...leader, 8]);
      expect(textAt(network, 2)).toEqual(textAt(network, 1));
      expect(network.core(2).committed).toBe(network.core(1).last);
    },
  );

  it('R01 all six followers of figure 7 heal at once', () => {
    const { leader, a, b, c, d, e, f } = FIGURE_7;
    const logs = { 1: leader, 2: a, 3: b, 4: c, 5: d, 6: e, 7: f };
    const terms = Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((id) => [id, 7]));
    const network = new CoreNetwork({ voters: 7, logs, terms });
    network.elect(1);
    for (const node of network.nodes) expect(node.terms).toEqual([...leader, 8]);
  });

  it.each([
    { ours: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], theirs: FIGURE_7.f, diverging: 2 },
    { ours: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6], theirs: FIGURE_7.e, diverging: 2 },
    { ours: Array<number>(300).fill(1), theirs: [1], diverging: 1 },
    {
      ours: [1, ...Array<number>(300).fill(9)],
      theirs: [1, ...Array<number>(300).fill(8)],
      diverging: 1,
    },
    {
      ours: [1, ...Array<number>(99).fill(3), ...Array<number>(99).fill(5)],
      theirs: [1, ...Array<number>(99).fill(2), ...Array<number>(98).fill(4)],
      diverging: 2,
    },
  ])('R03 at most one probe for each diverging term ($diverging) (§5.3)', (row) => {
    const logs = { 1: row.ours, 2: row.theirs, 3: row.ours };
    const network = new CoreNetwork({ logs, terms: { 1: 9, 2: 9, 3: 9 } });
    network.elect(1);
    expect(network.node(2).terms).toEqual(network.node(1).terms);
    const refused = network.sentOf('append-reply', 2).filter(({ ok }) => !ok);
    expect(refused.length).toBeLessThanOrEqual(row.diverging);
  });
});

describe('appends', () => {
  it('R04 a delayed append never truncates a suffix that matches (figure 2, step 3)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 1, 1] } });
    network.deliver(append(1, [0, 0], [1, 1]));
    network.deliver(append(1, [1, 1], []));
    expect(network.node(2).terms).toEqual([1, 1, 1, 1]);
    expect(network.node(2).writes).toEqual([]);
    const matches = network.sentOf('append-reply', 2).map(({ ok, match }) => [ok, match]);
    expect(matches).toEqual([
      [true, 2],
      [true, 1],
    ]);
  });

  it('R04 an append that comes twice, the second time late, changes nothing', () => {
    const network = pair();
    network.propose(1, 'a');
    const twice = network.sentOf('append-entries', 1);
    network.propose(1, 'b');
    for (const rpc of twice) network.deliver(rpc);
    network.settle();
    expect(network.node(2).commands).toEqual(['a', 'b']);
    expect(network.node(2).terms).toEqual(network.node(1).terms);
  });

  it('the first entry that differs takes all after it away, and no more (§5.3)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 2, 2, 2] } });
    network.deliver(append(3, [1, 1], [1, 3]));
    expect(network.node(2).terms).toEqual([1, 1, 3]);
    expect(network.node(2).disk.entries).toHaveLength(3);
  });

  it('truncating a committed entry crashes (§5.4.3)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 1] } });
    network.deliver(append(1, [2, 1], [1], 3));
    expect(network.core(2).committed).toBe(3);
    expect(() => network.deliver(append(2, [1, 1], [2]))).toThrow('committed entry');
  });

  it('an append that does not fit is refused, without effect, with a hint (§5.3)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 3, 3, 3] } });
    network.deliver(append(5, [5, 4], [5]));
    expect(network.node(2).terms).toEqual([1, 1, 3, 3, 3]);
    network.deliver(append(5, [4, 2], [5]));
    network.deliver(append(5, [9, 5], [5]));
    const hints = network
      .sentOf('append-reply', 2)
      .map(({ ok, match, hintIndex, hintTerm }) => [ok, match, hintIndex, hintTerm]);
    expect(hints).toEqual([
      [false, 5, 5, 3],
      [false, 4, 2, 1],
      [false, 9, 5, 3],
    ]);
  });

  it('a follower commits no further than what the append shows it to hold (figure 2, step 5)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 2, 2] } });
    network.deliver(append(3, [1, 1], [1], 4));
    expect(network.core(2).committed).toBe(2);
  });

  it('R05 the commit in a heartbeat is min(match, commit) (§5.3)', () => {
    const network = new CoreNetwork({ logs: { 1: [1, 2], 2: [1, 2], 3: [1, 1, 1, 1] } });
    network.drop((rpc) => rpc.to === 3 && isAppend(rpc));
    network.elect(1);
    network.tick(100);
    expect(network.core(1).committed).toBe(3);
    const told = network.sentOf('heartbeat', 1).filter(({ to }) => to === 3);
    expect(told.length).toBeGreaterThan(1);
    expect(told.every(({ commit }) => commit === 0)).toBe(true);
    expect(network.core(3).committed).toBe(0);
  });

  it('R19 a commit notice overtakes the append of a new leader: the old tail stays uncommitted', () => {
    const network = new CoreNetwork({ logs: { 1: [1, 2], 2: [1, 2], 3: [1, 1, 1] } });
    network.hold((rpc) => rpc.to === 3 && isAppend(rpc));
    network.elect(1);
    network.propose(1, 'a', 'b');
    network.tick(100);
    expect(network.core(1).committed).toBe(5);
    expect(network.core(3)).toMatchObject({ leader: 1, committed: 0, last: 3 });
    network.release();
    network.tick(100);
    expect(network.node(3).terms).toEqual(network.node(1).terms);
    expect(network.core(3).committed).toBe(5);
  });
});

describe('flow control', () => {
  it('at most so many appends are on their way to a peer', () => {
    const network = pair({ appendsInFlightMax: 2 });
    network.hold(isAppend);
    for (let i = 0; i < 10; i += 1) network.propose(1, `${i}`);
    expect(network.held).toHaveLength(2);
    network.release();
    expect(network.node(2).commands).toHaveLength(10);
    expect(network.sentOf('append-entries', 1)).toHaveLength(1 + 2 + 1);
  });

  it('an append carries about as many bytes as it may', () => {
    const network = pair({ appendBytesMax: 200 });
    network.propose(1, ...Array.from({ length: 20 }, (_, i) => `command ${i}`));
    network.tick(100);
    expect(network.node(2).commands).toHaveLength(20);
    for (const { batches } of network.sentOf('append-entries', 1)) {
      const bytes = batches.reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(bytes).toBeLessThanOrEqual(200);
    }
  });

  it('the smallest commands make no batch larger than an append: headers count', () => {
    const network = pair({ appendBytesMax: 1000 });
    network.node(1).holdDisk();
    network.propose(1, ...Array<string>(100).fill(''));
    const batches = network.node(1).writes.flatMap((write) => [...write.batches]);
    expect(batches.length).toBeGreaterThan(3);
    for (const { byteLength } of batches) expect(byteLength).toBeLessThanOrEqual(1000);
  });

  it('R06 a full window, all lost, recovers after a heartbeat', () => {
    const network = pair();
    const heal = network.drop(isAppend);
    for (let i = 0; i < 5; i += 1) network.propose(1, `${i}`);
    heal();
    network.tick(55);
    expect(network.node(2).commands).toEqual(['0', '1', '2', '3', '4']);
  });

  it('R07 a probe that was lost is repeated after a heartbeat reply', () => {
    const network = new CoreNetwork({ voters: 2 });
    const heal = network.drop(isAppend);
    network.elect(1);
    network.propose(1, 'a');
    expect(network.sentOf('append-entries')).toHaveLength(1);
    heal();
    network.tick(55);
    expect(network.node(2).commands).toEqual(['a']);
  });

  it('R07 a stream that broke makes the leader probe from what is known', () => {
    const network = pair();
    const heal = network.drop(isAppend);
    network.propose(1, 'a');
    network.core(1).peerDisconnected(nodeId(2));
    heal();
    network.core(1).peerConnected(nodeId(2));
    network.tick(55);
    expect(network.node(2).commands).toEqual(['a']);
  });

  it('R08 an append acknowledged in an earlier term is not counted for the entry that replaced it', () => {
    const network = new CoreNetwork({ voters: 3 });
    network.elect(1);
    network.drop(({ to }) => to === 3);
    network.hold(({ kind }) => kind === 'append-reply');
    network.propose(1, 'lost');
    const late = network.held.find(({ from }) => from === 2);
    expect(late).toMatchObject({ term: 1, ok: true, match: 2 });
    network.elect(2);
    network.deliver({ ...late, to: nodeId(2), from: nodeId(3) } as Rpc);
    expect(network.core(2).committed).toBeLessThan(3);
    if (late !== undefined) network.deliver(late);
    expect(network.core(1)).toMatchObject({ role: 'follower' });
  });

  it('R12 a peer that answers heartbeats and no appends gets a new stream, after ever longer waits', () => {
    const network = pair();
    const heal = network.drop(isAppend);
    network.propose(1, 'a');
    network.tick(1_000);
    expect(network.node(1).reopened).toEqual([]);
    network.tick(400);
    expect(network.node(1).reopened).toEqual([2]);
    network.tick(2_000);
    expect(network.node(1).reopened).toHaveLength(1);
    network.tick(600);
    expect(network.node(1).reopened).toHaveLength(2);
    heal();
    network.tick(5_000);
    expect(network.node(1).reopened).toHaveLength(2);
    expect(network.node(2).commands).toEqual(['a']);
  });

  it('R12 a new leader gives a peer that is slow to answer time, too', () => {
    const network = new CoreNetwork({ voters: 3 });
    network.tick(5_000);
    network.drop((rpc) => rpc.to === 3 && isAppend(rpc));
    network.elect(2);
    network.tick(1_000);
    expect(network.node(2).reopened).toEqual([]);
  });

  it('R12 entries are sent to a slow peer once: probes that ask again carry none', () => {
    const network = pair();
    network.core(1).peerDisconnected(nodeId(2));
    network.core(1).peerConnected(nodeId(2));
    network.drop(isAppend);
    network.propose(1, 'a', 'b');
    network.tick(1_000);
    const sent = network
      .sentOf('append-entries')
      .filter(({ batches }) => batches.some(({ last }) => last === network.core(1).last));
    expect(sent).toHaveLength(1);
    expect(network.sentOf('append-entries').length).toBeGreaterThan(5);
  });

  it('a refusal that comes late moves nothing', () => {
    const network = pair();
    network.propose(1, 'a');
    const before = network.sentOf('append-entries').length;
    const envelope = { from: nodeId(2), to: nodeId(1), incarnation: incarnation(0), term: term(1) };
    const hint = { hintIndex: logIndex(0), hintTerm: term(0) };
    const match = logIndex(1);
    network.deliver({ kind: 'append-reply', ...envelope, ok: false, room: true, match, ...hint });
    network.settle();
    expect(network.sentOf('append-entries')).toHaveLength(before);
  });

  it('a commit advance goes at once to a peer that has nothing else on the way', () => {
    const network = new CoreNetwork();
    network.elect(1);
    network.tick(50);
    network.propose(1, 'a');
    expect(network.nodes.map(({ commands }) => commands)).toEqual([['a'], ['a'], ['a']]);
  });

  it('an idle group writes nothing and appends nothing', () => {
    const network = new CoreNetwork();
    network.elect(1);
    network.tick(100);
    const before = network.sentOf('append-entries').length;
    network.tick(3000, 50);
    expect(network.sentOf('append-entries')).toHaveLength(before);
    expect(network.core(1)).toMatchObject({ last: 1, committed: 1 });
    expect(network.sentOf('heartbeat', 1).length).toBeLessThan(130);
  });

  it('R12 a dead follower costs no memory and no speed; a restarted one is served from disk', () => {
    const network = new CoreNetwork({ settings: { windowBytes: 500, appendBytesMax: 300 } });
    network.elect(1);
    network.node(3).crash();
    for (let i = 0; i < 50; i += 1) network.propose(1, `${i}`);
    expect(network.core(1).committed).toBe(51);
    expect(network.core(1).entriesFrom(logIndex(2), 1)).toBeUndefined();
    expect(network.node(2).commands).toHaveLength(50);
    network.node(3).restart();
    network.tick(200);
    expect(network.node(3).commands).toEqual(network.node(2).commands);
  });

  it('entries that could not be read from disk are asked for again after a heartbeat reply', () => {
    const network = new CoreNetwork({ settings: { windowBytes: 0 } });
    network.elect(1);
    network.node(3).crash();
    network.propose(1, 'a', 'b');
    network.node(1).disk.readable = false;
    network.node(3).restart();
    network.tick(100);
    expect(network.core(3)).toMatchObject({ leader: 1, last: 1 });
    network.node(1).disk.readable = true;
    network.tick(100);
    expect(network.node(3).commands).toEqual(['a', 'b']);
  });

  it('a heartbeat that is answered before an append that left earlier repeats nothing', () => {
    const network = new CoreNetwork({ voters: 2 });
    network.node(2).holdDisk();
    network.campaign(1);
    network.node(2).persist(1);
    network.settle();
    expect(network.core(1).role).toBe('leader');
    expect(network.sentOf('append-entries')).toHaveLength(1);
    network.tick(49);
    expect(network.sentOf('append-entries')).toHaveLength(1);
  });
});
