import { describe, expect, it } from '@jest/globals';
import { FalseClaim } from '../../src/core/assert.ts';
import { encodeConfiguration } from '../../src/core/configuration-codec.ts';
import { logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import type { SnapshotMark } from '../../src/core/ready.ts';
import { CoreNetwork, type CoreNetworkOptions } from './core-network.ts';

/** Snapshots and compaction: §7. */

/** Node 1 leads; node 3 was down while `count` commands were committed and compacted at nodes 1 and 2. */
function behind(count: number, options: CoreNetworkOptions = {}): CoreNetwork {
  const network = new CoreNetwork(options);
  network.elect(1);
  network.connect();
  network.node(3).crash();
  for (let i = 1; i <= count; i += 1) network.propose(1, `${i}`);
  for (const id of [1, 2]) network.node(id).compact(network.core(id).applied);
  return network;
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`);

/** A snapshot of the state at an entry. */
function markAt(network: CoreNetwork, id: number, index: number, ofTerm: number): SnapshotMark {
  return {
    index: logIndex(index),
    term: term(ofTerm),
    at: logTime(index),
    configuration: {
      index: logIndex(0),
      payload: encodeConfiguration(network.core(id).configuration),
    },
    generation: 2,
  };
}

describe('installing a snapshot', () => {
  it('S01 a peer that lacks compacted entries gets a snapshot, and then appends (§7)', () => {
    const network = behind(10);
    network.node(3).restart();
    network.tick(100);
    expect(network.node(3)).toMatchObject({ commands: numbers(10) });
    expect(network.node(3).snapshots).toMatchObject({ installed: 1, chunksTaken: 10 });
    network.propose(1, 'more');
    expect(network.node(3).commands.at(-1)).toBe('more');
    expect(network.core(1).peers()[1]).toMatchObject({ state: 'replicate', lagEntries: 0 });
  });

  it('S01 it is interrupted and resumed by the same leader: no chunk is taken twice', () => {
    const network = behind(10);
    const cut = network.drop((rpc) => rpc.kind === 'install-snapshot' && rpc.chunk >= 4);
    network.node(3).restart();
    network.tick(500);
    expect(network.node(3).snapshots.chunksTaken).toBe(4);
    expect(network.core(1).peers()[1]).toMatchObject({ state: 'snapshot' });
    cut();
    network.tick(1_500);
    expect(network.node(3).snapshots).toMatchObject({ installed: 1, chunksTaken: 10 });
  });

  it('S01 a new leader starts it from the beginning', () => {
    const network = behind(10);
    const cut = network.drop((rpc) => rpc.kind === 'install-snapshot' && rpc.chunk >= 4);
    network.node(3).restart();
    network.tick(200);
    cut();
    network.elect(2);
    network.tick(100);
    expect(network.node(3).snapshots).toMatchObject({ installed: 1, chunksTaken: 4 + 10 });
    expect(network.node(3).commands).toEqual(numbers(10));
  });

  it('S01 a transfer without progress is given up and begun again after a pause', () => {
    const network = behind(3);
    const cut = network.drop(({ kind }) => kind === 'install-reply');
    network.node(3).restart();
    network.tick(9_000);
    const before = network.node(1).snapshots.sending.get(nodeId(3))?.name.id;
    expect(before).toBe(1);
    network.tick(2_000);
    expect(network.node(1).snapshots.sending.get(nodeId(3))?.name.id).toBe(2);
    cut();
    network.tick(1_500);
    expect(network.node(3).commands).toEqual(numbers(3));
  });

  it('S01 no snapshot is begun for a peer that is dead, however often one failed', () => {
    const network = behind(3);
    network.drop(({ kind }) => kind === 'install-reply');
    network.node(3).restart();
    network.tick(100);
    network.node(3).crash();
    for (let i = 0; i < 30; i += 1) {
      network.tick(1_000, 50);
      network.propose(1, `later ${i}`);
    }
    expect(network.node(1).snapshots.sending.size).toBe(0);
    expect(network.core(1).peers()[1]).toMatchObject({ state: 'probe', live: false });
    const ids = new Set(network.sentOf('install-snapshot').map(({ snapshot }) => snapshot.id));
    expect([...ids]).toEqual([1]);
  });

  it('S01 the leader sends no entries meanwhile, but heartbeats, and is heard', () => {
    const network = behind(5);
    network.drop(({ kind }) => kind === 'install-snapshot');
    network.node(3).restart();
    network.tick(200);
    const before = network.sentOf('append-entries', 1).filter(({ to }) => to === 3).length;
    network.propose(1, 'a');
    network.tick(2_000);
    const after = network.sentOf('append-entries', 1).filter(({ to }) => to === 3).length;
    expect(after).toBe(before);
    expect(network.core(3)).toMatchObject({ role: 'follower', leader: 1, term: 1 });
  });

  it('S02 a snapshot that is a prefix of the log keeps what follows it (figure 13, step 6)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 2, 2, 2] } });
    const node = network.node(2);
    node.disk.received = ['a'];
    expect(node.core.restore(markAt(network, 2, 3, 2))).toBe(true);
    const { write } = node.core.ready();
    expect(write?.install).toMatchObject({ keepsSuffix: true, mark: { index: 3, term: 2 } });
    expect(node.core).toMatchObject({ compacted: 3, committed: 3, last: 5, installing: 3 });
    expect(node.terms).toEqual([2, 2]);
  });

  it('S02 a snapshot whose last entry the log holds with another term voids all of it (figure 13, step 7)', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1, 1, 1, 1] } });
    const node = network.node(2);
    node.disk.received = ['a'];
    expect(node.core.restore(markAt(network, 2, 3, 2))).toBe(true);
    const { write } = node.core.ready();
    expect(write?.install).toMatchObject({ keepsSuffix: false });
    expect(node.core).toMatchObject({ compacted: 3, committed: 3, last: 3, durable: 0 });
    if (write !== undefined) node.core.persisted(write.token);
    expect(node.core.durable).toBe(3);
  });

  it('one whose configuration cannot be read changes nothing', () => {
    const network = new CoreNetwork({ logs: { 2: [1, 1] } });
    const node = network.node(2);
    const mark = markAt(network, 2, 3, 2);
    const { index } = mark.configuration;
    const unknown = {
      ...mark,
      configuration: { index, payload: Buffer.from('of a later release') },
    };
    expect(() => node.core.restore(unknown)).toThrow(FalseClaim);
    expect(node.core).toMatchObject({ compacted: 0, committed: 0, last: 2, installing: undefined });
    expect(node.core.ready().write).toBeUndefined();
  });

  it('S02 entries that are still to be written stay in the same write, after the snapshot', () => {
    const network = new CoreNetwork({ voters: 2 });
    network.elect(1);
    const node = network.node(2);
    node.holdDisk();
    network.hold(({ to }) => to === 2);
    network.propose(1, 'a', 'b', 'c');
    const [append] = network.held;
    expect(append?.kind).toBe('append-entries');
    if (append === undefined) return;
    node.core.step(append, network.nowMs);
    node.disk.received = ['a'];
    expect(node.core.restore(markAt(network, 2, 3, 1))).toBe(true);
    const { write } = node.core.ready();
    expect(write).toMatchObject({ install: { keepsSuffix: false }, truncateAfter: undefined });
    expect(write?.batches.map(({ first, last }) => [first, last])).toEqual([[4, 4]]);
    expect(node.core).toMatchObject({ last: 4, durable: 1 });
    if (write !== undefined) {
      node.disk.write(write);
      node.core.persisted(write.token);
    }
    expect(node.core.durable).toBe(4);
  });

  it('S02 a snapshot that brings nothing is refused', () => {
    const network = new CoreNetwork();
    network.elect(1);
    network.propose(1, 'a');
    network.tick(50);
    expect(network.core(2).restore(markAt(network, 2, 2, 1))).toBe(false);
    expect(network.core(1).restore(markAt(network, 1, 9, 1))).toBe(false);
    expect(network.core(2).ready().write).toBeUndefined();
  });

  it('S03 two snapshots in a row: the log was compacted further while the first was sent', () => {
    const network = behind(5);
    const cut = network.drop((rpc) => rpc.kind === 'install-snapshot' && rpc.last);
    network.node(3).restart();
    network.tick(100);
    network.propose(1, '6', '7');
    network.node(1).compact(network.core(1).applied);
    cut();
    network.tick(3_000);
    expect(network.node(3).snapshots.installed).toBe(2);
    expect(network.node(3).commands).toEqual(numbers(7));
  });

  it('S04 a crash before the record: the old state and log stand', () => {
    const network = behind(5);
    const node = network.node(3);
    node.restart();
    node.holdDisk();
    network.tick(100);
    expect(node.core.installing).toBe(6);
    node.restart();
    network.settle();
    network.tick(3_000);
    expect(node.commands).toEqual(numbers(5));
  });

  it('S04 the answer that a snapshot is installed waits for its record', () => {
    const network = behind(5);
    const node = network.node(3);
    node.restart();
    network.drop(({ kind, to }) => kind === 'append-entries' && to === 3);
    network.tick(10);
    node.holdDisk();
    network.tick(100);
    const installed = (): number =>
      network.sentOf('install-reply', 3).filter(({ status }) => status === 'installed').length;
    expect(installed()).toBe(0);
    node.persist();
    network.settle();
    expect(installed()).toBe(1);
  });

  it('S05 nothing is applied while a snapshot is installed; then all goes on', () => {
    const network = behind(5);
    const node = network.node(3);
    node.restart();
    node.snapshots.heldAdoption = true;
    network.tick(100);
    expect(node.core).toMatchObject({ installing: 6, committed: 6, applied: 1 });
    network.propose(1, '6');
    network.tick(100);
    expect(node.core).toMatchObject({ committed: 7, applied: 1 });
    expect(() => node.core.appliedThrough(logIndex(7))).toThrow('while a snapshot is installed');
    node.snapshots.heldAdoption = false;
    node.act();
    node.act();
    expect(node.core).toMatchObject({ applied: 7, installing: undefined });
    expect(node.commands).toEqual(numbers(6));
  });

  it('S06 compaction overtakes a follower that is being served from disk', () => {
    const network = new CoreNetwork({ settings: { windowBytes: 0, unappliedBytesMax: 0 } });
    network.elect(1);
    const cut = network.isolate(3);
    for (let i = 1; i <= 10; i += 1) network.propose(1, `${i}`);
    network.node(1).disk.readable = false;
    cut();
    network.tick(100);
    expect(network.core(3).last).toBe(1);
    network.node(1).compact(8);
    network.node(1).disk.readable = true;
    network.tick(200);
    expect(network.node(3).snapshots.installed).toBe(1);
    expect(network.node(3).commands).toEqual(numbers(10));
  });

  it('S06 entries that were read before they were compacted are not sent', () => {
    const network = new CoreNetwork({ settings: { windowBytes: 0, unappliedBytesMax: 0 } });
    network.elect(1);
    network.tick(50);
    network.propose(1, 'a', 'b', 'c');
    const batches = network.node(1).disk.read(logIndex(2), 1_000);
    network.node(1).compact(4);
    expect(() => network.core(1).loaded(nodeId(2), batches)).not.toThrow();
  });

  it('S06 acknowledgements that were lost with their stream cost no snapshot when entries are compacted', () => {
    const network = new CoreNetwork();
    network.elect(1);
    network.connect();
    network.tick(50);
    const cut = network.drop(({ kind, from }) => kind === 'append-reply' && from === 3);
    network.propose(1, 'a', 'b');
    network.node(1).compact(3);
    network.core(1).peerDisconnected(nodeId(3));
    cut();
    network.core(1).peerConnected(nodeId(3));
    network.tick(100);
    expect(network.sentOf('install-snapshot')).toEqual([]);
    expect(network.core(1).peers()[1]).toMatchObject({ state: 'replicate', match: 3 });
  });

  it('S07 no transfer to a node that gets a snapshot, and no election of one that installs it', () => {
    const network = behind(5);
    const node = network.node(3);
    node.restart();
    network.connect();
    const cut = network.drop((rpc) => rpc.kind === 'install-snapshot' && rpc.last);
    network.tick(100);
    expect(network.core(1).transfer(nodeId(3))).toEqual({
      ok: false,
      reason: 'not-caught-up',
      text: 'node 3 (127.0.0.1:7003) is getting a snapshot',
    });
    node.snapshots.heldAdoption = true;
    cut();
    network.tick(1_500);
    expect(node.core.installing).toBe(6);
    network.campaign(3);
    expect(node.core.role).toBe('follower');
    network.node(1).crash();
    network.node(2).crash();
    network.tick(3_000);
    expect(node.core).toMatchObject({ role: 'follower', term: 1, dueInMs: 50 });
    node.snapshots.heldAdoption = false;
    node.act();
    network.tick(700);
    expect(node.core.role).toBe('pre-candidate');
  });

  it('a leader of an older term that sends chunks is told the newer one (§5.1)', () => {
    const network = behind(5);
    network.hold(({ kind }) => kind === 'install-snapshot');
    network.node(3).restart();
    network.tick(100);
    network.elect(2);
    network.release();
    const refused = network.sentOf('install-reply', 3).find(({ to }) => to === 1);
    expect(refused).toMatchObject({ status: 'refused', term: 2 });
  });
});

describe('compaction', () => {
  it('a restarted node goes on from what its store includes (§7)', () => {
    const network = behind(5);
    network.node(2).restart();
    expect(network.core(2)).toMatchObject({ compacted: 6, applied: 6, committed: 6, last: 6 });
    network.propose(1, '6');
    network.tick(100);
    expect(network.node(2).commands).toEqual(numbers(6));
  });

  it('a leader whose log is compacted through its end is elected and goes on in it', () => {
    const network = behind(5);
    network.elect(2);
    network.propose(2, '6');
    network.tick(100);
    expect(network.node(1).commands).toEqual(numbers(6));
    expect(network.node(2).terms).toEqual([2, 2]);
  });

  it('a follower that compacted further than the leader knows it to hold says how far it agrees', () => {
    const network = new CoreNetwork();
    network.elect(1);
    for (let i = 1; i <= 6; i += 1) network.propose(1, `${i}`);
    network.tick(100);
    network.node(2).compact(7);
    const [, second] = network.sentOf('append-entries', 1).filter(({ to }) => to === 2);
    expect(second?.prevIndex).toBeLessThan(7);
    if (second !== undefined) network.deliver(second);
    expect(network.sentOf('append-reply', 2).at(-1)).toMatchObject({ ok: true, match: 7 });
    expect(network.node(2).commands).toEqual(numbers(6));
  });

  it('the configuration in force at the compacted index is kept, earlier ones are forgotten (§7)', () => {
    const network = new CoreNetwork({ learners: [4] });
    network.elect(1);
    network.tick(50);
    network.change(1, { kind: 'remove', ids: [nodeId(4)] });
    network.propose(1, 'a', 'b');
    expect(network.core(1)).toMatchObject({ configurationIndex: 2, applied: 4 });
    network.node(1).compact(3);
    expect(network.core(1).markAt(logIndex(4))).toMatchObject({ configuration: { index: 2 } });
    expect(() => network.core(1).markAt(logIndex(2))).toThrow('not compacted');
    network.change(1, { kind: 'remove', ids: [nodeId(3)] });
    expect(network.core(1).markAt(logIndex(4))).toMatchObject({ configuration: { index: 2 } });
    network.node(1).restart();
    expect(network.core(1)).toMatchObject({ compacted: 3, configurationIndex: 6 });
    expect(network.core(1).configuration.voters).toEqual([1, 2]);
  });

  it('entries of one term on both sides of the compacted index keep their term', () => {
    const network = new CoreNetwork({ voters: 1 });
    network.tick(10);
    network.propose(1, 'a', 'b', 'c');
    network.node(1).compact(2);
    expect(network.core(1).termAt(logIndex(1))).toBeUndefined();
    expect(network.core(1).termAt(logIndex(2))).toBe(1);
    expect(network.node(1).terms).toEqual([1, 1]);
    network.node(1).compact(4);
    network.propose(1, 'd');
    expect(network.node(1).terms).toEqual([1]);
    network.node(1).restart();
    expect(network.core(1)).toMatchObject({ compacted: 4, last: 5, applied: 4 });
    expect(network.node(1).terms).toEqual([1]);
  });
});
