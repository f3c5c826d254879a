import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import type { RefusalCode } from '../../src/driver/transport/refusal.ts';
import { append, batch, heartbeat, heartbeatReply, install, voteReply } from './rpcs.ts';
import { Cluster, at } from './transport-cluster.ts';
import { type NodeOptions, instanceOf, kindsOf } from './transport-node.ts';

const [one, two] = [nodeId(1), nodeId(2)];

describe('sending', () => {
  it('carries rpcs both ways and names sender and boot', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ boot: 3 });
    cluster.time.pass(20);
    expect(a?.log).toEqual(['connected 2 boot 1']);
    expect(b?.log).toEqual(['connected 1 boot 3']);
    a?.say(heartbeat(1, 2), append(one, two, [batch(1, ['x'])]));
    b?.say(heartbeatReply(2, 1, 3));
    cluster.time.pass(5);
    expect(b && kindsOf(b).toSorted()).toEqual(['append-entries', 'heartbeat']);
    expect(b?.inbox.every(({ from, incarnation }) => from === 1 && incarnation === 3)).toBe(true);
    expect(a && kindsOf(a)).toEqual(['heartbeat-reply']);
    const counts = { sent: 2, received: 1, dropped: 0 };
    const stats = { connected: true, queuedBytes: 0, ...counts };
    expect(a?.transport.stats.get(two)).toEqual(stats);
  });

  it('waits for flush, and writes once per stream', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(20);
    for (let round = 1; round <= 50; round += 1) a?.transport.send(heartbeat(1, 2, round));
    cluster.time.pass(20);
    expect(b?.inbox).toEqual([]);
    const before = cluster.network.delivered;
    a?.transport.flush();
    cluster.time.pass(20);
    expect(cluster.network.delivered - before).toBe(1);
    expect(b?.inbox).toHaveLength(50);
  });

  it('bounds what waits on the control stream', () => {
    const cluster = new Cluster();
    const [a] = cluster.pair();
    cluster.time.pass(20);
    cluster.network.stall(at(1), at(2));
    for (let round = 1; round <= 30_000; round += 1) a?.say(heartbeat(1, 2, round));
    const stats = a?.transport.stats.get(two);
    expect(stats?.queuedBytes).toBeLessThan(1024 * 1024 + 100);
    expect(stats?.dropped).toBeGreaterThan(1_000);
  });

  it('closes a stream that brings something else than rpcs', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(200);
    const fine = append(one, two, [batch(5, ['x'])]);
    a?.say({ ...fine, prevIndex: fine.commit });
    cluster.time.pass(50);
    expect(b?.events.map(({ kind }) => kind)).toContain('malformed-frame');
    expect(b?.inbox).toEqual([]);
    expect(a?.transport.stats.get(two)?.connected).toBe(true);
  });

  it('drops and counts what has no stream', () => {
    const cluster = new Cluster();
    const [a] = cluster.pair();
    a?.say(heartbeat(1, 2));
    expect(a?.transport.stats.get(two)).toMatchObject({ dropped: 1, sent: 0, connected: false });
    expect(() => a?.say(heartbeat(1, 3))).not.toThrow();
  });

  it('R12 keeps the memory toward a stalled peer bounded and opens its bulk stream again', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(20);
    cluster.network.stall(at(1), at(2));
    const large = append(one, two, [batch(1, ['x'.repeat(1024 * 1024)])]);
    for (let i = 0; i < 80; i += 1) a?.say(large);
    const stats = a?.transport.stats.get(two);
    expect(stats?.queuedBytes).toBeLessThan(66 * 1024 * 1024);
    expect(stats?.dropped).toBeGreaterThan(10);
    cluster.time.pass(1_000);
    expect(a?.events.map(({ kind }) => kind)).not.toContain('bulk-stalled');
    cluster.time.pass(600);
    expect(a?.events.map(({ kind }) => kind)).toContain('bulk-stalled');
    cluster.network.heal();
    cluster.time.pass(1_200);
    a?.say(large);
    cluster.time.pass(20);
    expect(b && kindsOf(b)).toEqual(['append-entries']);
  });

  it('opens its control stream anew when the peer, who may not hear it, dials again, and no oftener', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ stallMs: 1_000 }, { stallMs: 1_000 });
    cluster.time.pass(1_100);
    a?.transport.reopen(two);
    cluster.time.pass(5_000);
    const again = ['connected 2 boot 1', 'disconnected 2', 'connected 2 boot 1'];
    expect(a?.log).toEqual(again);
    expect(b?.log).toEqual(again.map((line) => line.replace('2', '1')));
  });

  it('sends small appends over control while the bulk stream is away', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(20);
    a?.transport.reopen(two);
    while (a?.transport.stats.get(two)?.connected === false) cluster.time.pass(0.1);
    a?.say(append(one, two, [batch(1, ['x'])]));
    cluster.time.pass(20);
    expect(b?.inbox).toHaveLength(1);
  });
});

describe('snapshots', () => {
  const data = Buffer.alloc(256 * 1024, 'd');

  it('go over the bulk stream, and their answers over control', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(200);
    a?.transport.reopenBulk(two);
    a?.say(install(1, 2, data));
    expect(a?.transport.stats.get(two)).toMatchObject({ sent: 0, dropped: 1, connected: true });
    a?.say(install(1, 2, Buffer.alloc(0)));
    cluster.time.pass(20);
    expect(b && kindsOf(b)).toEqual(['install-snapshot']);
    a?.say(install(1, 2, data));
    cluster.time.pass(20);
    expect(b?.inbox).toHaveLength(2);
  });

  it('R12 leave no more memory behind than the bulk stream may hold', () => {
    const cluster = new Cluster();
    const [a] = cluster.pair();
    cluster.time.pass(200);
    cluster.network.stall(at(1), at(2));
    for (let chunk = 0; chunk < 400; chunk += 1) a?.say(install(1, 2, data, chunk));
    expect(a?.transport.stats.get(two)?.queuedBytes).toBeLessThan(65 * 1024 * 1024);
    expect(a?.transport.stats.get(two)?.dropped).toBeGreaterThan(100);
    cluster.network.crash(at(2));
    cluster.time.pass(20_000);
    for (let chunk = 0; chunk < 400; chunk += 1) a?.say(install(1, 2, data, chunk));
    expect(a?.transport.stats.get(two)).toMatchObject({ connected: false, queuedBytes: 0 });
  });
});

describe('who may talk', () => {
  const known = new Map([
    [one, instanceOf(1)],
    [two, instanceOf(2)],
  ]);
  const foreigners: [RefusalCode, Partial<NodeOptions>][] = [
    ['cluster', { clusterId: 'd'.repeat(32) }],
    ['epoch', { clusterEpoch: 2 }],
    ['instance', { instanceId: 'f'.repeat(32) }],
  ];

  it('M13 a wiped disk under a known id is refused', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1, known });
    const wiped = cluster.start({ id: 2, instanceId: 'f'.repeat(32) });
    cluster.meet(a, wiped);
    cluster.time.pass(1_000);
    expect(a.contacts).toEqual([]);
    expect(a.refusals('hello-refused')).toEqual(['instance']);
    expect(wiped.refusals('refused-by-peer')).toEqual(['instance']);
    expect([a.log, wiped.log]).toEqual([[], []]);
  });

  it('M14 old members that return after a forced new cluster are fenced by its epoch', () => {
    const cluster = new Cluster();
    const [a, old] = cluster.pair({ known, clusterEpoch: 2 }, { known });
    cluster.time.pass(1_000);
    old?.say(voteReply(2, 1, 1), heartbeat(2, 1));
    cluster.time.pass(100);
    expect(a?.refusals('hello-refused')).toEqual(['epoch']);
    expect(old?.refusals('refused-by-peer')).toEqual(['epoch']);
    expect([a?.inbox, old?.inbox, a?.log, old?.log]).toEqual([[], [], [], []]);
  });

  it.each(foreigners)('refuses by %s, both ways, and tells it once', (code, foreign) => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ known }, { known, ...foreign });
    cluster.time.pass(3_000);
    a?.say(heartbeat(1, 2));
    b?.say(heartbeat(2, 1));
    cluster.time.pass(100);
    expect(a?.refusals('hello-refused')).toEqual([code]);
    expect(b?.refusals('refused-by-peer')).toContain(code);
    expect([a?.log, b?.log, a?.inbox, b?.inbox]).toEqual([[], [], [], []]);
  });

  it('leaves a peer that answers with another data directory than remembered', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ known }, { instanceId: 'f'.repeat(32) });
    cluster.time.pass(500);
    expect(a?.refusals('welcome-refused')).toContain('instance');
    expect(b?.refusals('refused-by-peer')).toContain('instance');
    expect([a?.log, b?.log]).toEqual([[], []]);
  });

  it('refuses a node that is no member, until it is one', () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.start({ id: 1 }), cluster.start({ id: 2 })];
    b.meet(new Map([[1, at(1)]]));
    cluster.time.pass(200);
    expect(a.refusals('hello-refused')).toEqual(['unknown-node']);
    a.meet(new Map([[2, at(2)]]));
    cluster.time.pass(200);
    expect(a.log).toEqual(['connected 2 boot 1']);
    expect(b.log).toEqual(['connected 1 boot 1']);
  });

  it('refuses a hello that was meant for another node', () => {
    const cluster = new Cluster();
    const [a, c] = [cluster.start({ id: 1 }), cluster.start({ id: 3 })];
    a.meet(new Map([[2, at(3)]]));
    c.meet(new Map([[1, at(1)]]));
    cluster.time.pass(50);
    expect(c.refusals('hello-refused')).toEqual(['wrong-node']);
    expect(a.refusals('refused-by-peer')).toEqual(['wrong-node']);
  });

  it('gives a stream without hello, or without welcome, one second', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1 });
    const closed: string[] = [];
    const nothing = (): void => undefined;
    const silent = cluster.network.endpoint(at(9));
    silent.listen((stream) => {
      stream.handle({ opened: nothing, received: nothing, closed: nothing });
    });
    silent.connect(at(1), {
      opened: nothing,
      received: nothing,
      closed: (reason) => closed.push(reason),
    });
    cluster.time.pass(990);
    a.meet(new Map([[2, at(9)]]));
    expect([closed, a.events]).toEqual([[], []]);
    cluster.time.pass(20);
    expect([closed, a.events]).toEqual([
      ['reset'],
      [{ kind: 'handshake-timeout', peer: undefined }],
    ]);
    cluster.time.pass(1_000);
    expect(a.events[1]).toEqual({ kind: 'handshake-timeout', peer: two });
  });

  it('takes no more streams than a cluster needs', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1 });
    let closed = 0;
    const nothing = (): void => undefined;
    for (let i = 0; i < 300; i += 1) {
      cluster.network.endpoint(at(9)).connect(at(1), {
        opened: nothing,
        received: nothing,
        closed: () => (closed += 1),
      });
    }
    cluster.time.pass(100);
    expect(closed).toBe(300 - 256);
    expect(a.events.map(({ kind }) => kind)).toContain('too-many-streams');
  });

  it('M10 hears a removed peer no more, and tells it once', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(200);
    a?.meet(new Map());
    b?.say(heartbeat(2, 1), voteReply(2, 1, 1));
    cluster.time.pass(5_000);
    expect(a?.inbox).toEqual([]);
    expect(a?.transport.stats.size).toBe(0);
    expect(b?.log).toEqual(['connected 1 boot 1', 'disconnected 1']);
    expect(a?.refusals('hello-refused')).toEqual(['removed']);
    expect(b?.refusals('refused-by-peer')).toEqual(['removed']);
  });
});

describe('first contact', () => {
  it('is remembered before the welcome, and before anything is sent', () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.start({ id: 1 }), cluster.start({ id: 2 })];
    b.holdsMemory = true;
    cluster.meet(a, b);
    cluster.time.pass(500);
    expect(b.contacts.map(({ peer, instanceId }) => [peer, instanceId])).toEqual([
      [1, instanceOf(1)],
    ]);
    expect([a.log, b.log]).toEqual([[], []]);
    b.contacts[0]?.done();
    cluster.time.pass(50);
    expect(a.log).toEqual(['connected 2 boot 1']);
    expect(b.log).toEqual(['connected 1 boot 1']);
    expect(b.contacts).toHaveLength(1);
  });

  it('survives a memory slower than the handshake', () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.start({ id: 1 }), cluster.start({ id: 2 })];
    b.holdsMemory = true;
    cluster.meet(a, b);
    cluster.time.pass(5_000);
    b.contacts[0]?.done();
    cluster.time.pass(1_200);
    expect(a.transport.stats.get(two)?.connected).toBe(true);
    expect(b.transport.stats.get(one)?.connected).toBe(true);
  });
});
