import { describe, expect, it } from '@jest/globals';
import { Inflights } from '../../src/core/inflights.ts';
import { logIndex, nodeId } from '../../src/core/numbers.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import type { Settings } from '../../src/core/settings.ts';
import { CoreNetwork } from './core-network.ts';

/** Windows, caps and bounds: what a slow or dead peer, disk or state machine can pile up. */

function led(settings: Partial<Settings> = {}, voters = 3): CoreNetwork {
  const network = new CoreNetwork({ voters, settings });
  network.elect(1);
  network.connect();
  network.tick(100);
  return network;
}

const isAppend = ({ kind }: Rpc): boolean => kind === 'append-entries';
const text = (bytes: number): string => 'x'.repeat(bytes);

describe('windows of appends', () => {
  it('are bounded by count and by bytes; one that is larger travels alone', () => {
    const inflights = new Inflights({ appendsInFlightMax: 3, inflightBytesMax: 100 });
    expect(inflights.admits(1_000)).toBe(true);
    inflights.add(logIndex(1), 60);
    expect(inflights.admits(40)).toBe(true);
    expect(inflights.admits(41)).toBe(false);
    inflights.add(logIndex(2), 20);
    inflights.add(logIndex(3), 20);
    expect(inflights).toMatchObject({ count: 3, bytes: 100, full: true });
    inflights.freeThrough(logIndex(2));
    expect(inflights).toMatchObject({ count: 1, bytes: 20, full: false });
    inflights.clear();
    inflights.add(logIndex(4), 1_000);
    expect(inflights.admits(1)).toBe(false);
  });

  it('no more bytes than so many are on their way to a peer', () => {
    const network = led({ inflightBytesMax: 1_000, appendBytesMax: 500, appendsInFlightMax: 8 });
    network.hold(isAppend);
    for (let i = 0; i < 20; i += 1) network.propose(1, text(160));
    const [peer] = network.core(1).peers();
    expect(peer).toMatchObject({ inflightAppends: 5, inflightBytes: 1_000, lagEntries: 20 });
    network.release();
    expect(network.node(2).commands).toHaveLength(20);
    expect(network.core(1).peers()[0]).toMatchObject({ inflightBytes: 0, lagEntries: 0 });
  });

  it('an entry that is larger than the window is sent when nothing else is on its way', () => {
    const network = led({ inflightBytesMax: 1_000, appendBytesMax: 500 });
    network.hold(isAppend);
    network.propose(1, 'small');
    network.propose(1, text(5_000));
    expect(network.held.filter(({ to }) => to === 2)).toHaveLength(1);
    network.release();
    expect(network.node(2).commands.map(({ length }) => length)).toEqual([5, 5_000]);
  });
});

describe('bounded memory', () => {
  it('R12 a state machine that is slower than the log reads from disk; it pins no memory', () => {
    const network = led({ windowBytes: 1_000, unappliedBytesMax: 1_000 });
    network.node(2).applyHeld = true;
    for (let i = 0; i < 100; i += 1) network.propose(1, text(160));
    expect(network.core(2)).toMatchObject({ committed: 101, applied: 1 });
    expect(network.core(2).windowBytes).toBeLessThanOrEqual(2_200);
    network.node(2).applyHeld = false;
    network.node(2).act();
    expect(network.node(2).commands).toHaveLength(100);
  });

  it('R12 entries that are not on the leader’s own disk stay in memory, and are capped', () => {
    const network = led({ windowBytes: 0, unappliedBytesMax: 0, uncommittedBytesMax: 1_000 });
    network.node(1).holdDisk();
    let accepted = 0;
    for (let i = 0; i < 50; i += 1) accepted += network.propose(1, text(160)) ? 1 : 0;
    expect(accepted).toBe(5);
    expect(network.core(1)).toMatchObject({
      committed: 6,
      pendingBytes: 1_000,
      windowBytes: 1_000,
    });
    network.node(1).persist();
    network.settle();
    expect(network.core(1)).toMatchObject({ pendingBytes: 0, windowBytes: 0 });
  });

  it('R12 a peer that is dead for long costs no more than its window', () => {
    const network = led({ windowBytes: 1_000, appendBytesMax: 300 });
    network.node(3).crash();
    for (let i = 0; i < 200; i += 1) network.propose(1, text(160));
    expect(network.core(1).windowBytes).toBeLessThanOrEqual(1_200);
    const [, peer] = network.core(1).peers();
    expect(peer).toMatchObject({ lagEntries: 200, inflightAppends: 2 });
    network.tick(400);
    expect(network.core(1).peers()[1]).toMatchObject({ live: false });
  });
});

describe('room on the disks', () => {
  const GROWS = { ok: false, reason: 'disk-full' };

  it('what grows is refused while a quorum lacks room; what shrinks goes on', () => {
    const network = led();
    for (const id of [2, 3]) network.core(id).setRoom(false);
    network.tick(60);
    expect(
      network
        .core(1)
        .peers()
        .map(({ room }) => room),
    ).toEqual([false, false]);
    expect(network.node(1).propose('a')).toEqual(GROWS);
    expect(network.core(1).propose([Buffer.from('ack')], 'shrinks').ok).toBe(true);
    network.core(3).setRoom(true);
    network.tick(60);
    expect(network.propose(1, 'a')).toBe(true);
  });

  it('one node without room holds up nobody, be it the leader', () => {
    const network = led();
    network.core(1).setRoom(false);
    expect(network.propose(1, 'a')).toBe(true);
    network.core(2).setRoom(false);
    network.tick(60);
    expect(network.node(1).propose('b')).toEqual(GROWS);
  });

  it('in a joint configuration both halves need room (§6)', () => {
    const network = new CoreNetwork({ voters: 3, learners: [4, 5] });
    network.elect(1);
    network.tick(50);
    network.drop(({ kind }) => kind === 'append-reply');
    const ids = [nodeId(4), nodeId(5)];
    network.change(1, { kind: 'promote', ids });
    for (const id of [2, 3]) network.core(id).setRoom(false);
    network.tick(60);
    expect(network.node(1).propose('a')).toEqual(GROWS);
  });

  it('acknowledgements of entries tell of the room, too', () => {
    const network = led();
    network.drop(({ kind }) => kind === 'heartbeat-reply');
    network.core(2).setRoom(false);
    network.propose(1, 'a');
    expect(
      network
        .core(1)
        .peers()
        .map(({ room }) => room),
    ).toEqual([false, true]);
  });
});
