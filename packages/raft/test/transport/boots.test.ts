import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import { heartbeat, heartbeatReply, voteReply } from './rpcs.ts';
import { Cluster, at } from './transport-cluster.ts';
import { kindsOf } from './transport-node.ts';

const two = nodeId(2);

describe('boots', () => {
  it('E14 drops a reply that names an earlier boot of this node, and takes one that names none', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ boot: 5 });
    cluster.time.pass(20);
    b?.say(heartbeatReply(2, 1, 4), heartbeatReply(2, 1, 0), heartbeatReply(2, 1, 5));
    cluster.time.pass(20);
    expect(a?.inbox.map(({ incarnation }) => incarnation)).toEqual([0, 5]);
    expect(a?.transport.stats.get(two)).toMatchObject({ received: 2, dropped: 1 });
  });

  it('E14 a vote reply to an earlier incarnation is dropped', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ boot: 2 });
    cluster.time.pass(20);
    b?.say(voteReply(2, 1, 1));
    cluster.time.pass(20);
    expect(a?.inbox).toEqual([]);
    b?.say(voteReply(2, 1, 2));
    cluster.time.pass(20);
    expect(a && kindsOf(a)).toEqual(['vote-reply']);
  });

  it('reports a later boot once, leaves the earlier one and refuses it', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(20);
    const again = cluster.start({ id: 2, boot: 2 }, at(12));
    again.meet(new Map([[1, at(1)]]));
    cluster.time.pass(20);
    expect(a?.log.slice(1, 3)).toEqual(['disconnected 2', 'gone 2 newer-incarnation']);
    expect(a?.log.filter((line) => line.startsWith('gone'))).toHaveLength(1);
    b?.say(heartbeat(2, 1));
    again.say(heartbeat(2, 1));
    cluster.time.pass(2_000);
    expect(a?.inbox.map(({ incarnation }) => incarnation)).toEqual([2]);
    expect(a?.refusals('hello-refused')).toEqual(['stale-incarnation']);
    expect(a?.refusals('welcome-refused')).toEqual(['stale-incarnation']);
  });
});

describe('lost peers', () => {
  it('reports a refused connection once, also at the start, and finds the peer soon after it starts', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1 });
    a.meet(new Map([[2, at(2)]]));
    cluster.time.pass(1_000);
    expect(a.log).toEqual(['gone 2 refused']);
    const b = cluster.start({ id: 2 });
    cluster.meet(a, b);
    cluster.time.pass(10);
    expect(a.log).toEqual(['gone 2 refused', 'connected 2 boot 1']);
  });

  it('reports the death of a process at once, and its return', () => {
    const cluster = new Cluster();
    const [a] = cluster.pair();
    cluster.time.pass(200);
    cluster.network.crash(at(2));
    cluster.time.pass(10);
    expect(a?.log.slice(1)).toEqual(['disconnected 2', 'gone 2 refused']);
    cluster.time.pass(1_000);
    cluster.network.restart(at(2));
    cluster.start({ id: 2, boot: 2 }).meet(new Map([[1, at(1)]]));
    cluster.time.pass(150);
    expect(a?.log.slice(3)).toEqual(['gone 2 newer-incarnation', 'connected 2 boot 2']);
  });

  it('does not take a mere reset for a death', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(200);
    b?.transport.close();
    cluster.time.pass(500);
    expect(a?.log.slice(0, 2)).toEqual(['connected 2 boot 1', 'disconnected 2']);
    expect(a?.log.filter((line) => line.startsWith('gone'))).toEqual([]);
  });

  it('comes back after a partition in which everything was lost', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.network.partition([at(1)], [at(2)]);
    cluster.time.pass(20_000);
    expect([a?.log, b?.log]).toEqual([[], []]);
    cluster.network.heal();
    cluster.time.pass(2_500);
    expect([a?.log, b?.log]).toEqual([['connected 2 boot 1'], ['connected 1 boot 1']]);
  });

  it('gets through a network that loses, doubles, delays and reorders', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    const faults = { drop: 0.2, duplicate: 0.2, reorder: 0.2, maxMs: 20 };
    Object.assign(cluster.network.faults, faults);
    for (let round = 1; round <= 200; round += 1) {
      a?.say(heartbeat(1, 2, round));
      cluster.time.pass(50);
    }
    expect(b?.inbox.length).toBeGreaterThan(80);
    expect(a?.events.map(({ kind }) => kind)).not.toContain('malformed-frame');
  });

  it('goes quiet when closed', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair();
    cluster.time.pass(200);
    a?.transport.close();
    const told = [...(a?.log ?? [])];
    b?.say(heartbeat(2, 1));
    cluster.time.pass(3_000);
    expect(a?.log).toEqual(told);
    expect(a?.inbox).toEqual([]);
  });
});
