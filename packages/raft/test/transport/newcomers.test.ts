import { describe, expect, it } from '@jest/globals';
import { nodeId } from '../../src/core/numbers.ts';
import { heartbeat } from './rpcs.ts';
import { Cluster, at } from './transport-cluster.ts';
import { type TransportNode, instanceOf } from './transport-node.ts';

const one = nodeId(1);
const five = nodeId(5);

/** Node 1 knows of ids below 5; the other one, a member that it has not heard of, knows it. */
function meetNewcomer(cluster: Cluster, id = 5): TransportNode[] {
  const [a, b] = [cluster.start({ id: 1 }), cluster.start({ id })];
  a.meet(new Map([[2, at(2)]]), 5);
  b.meet(new Map([[1, at(1)]]), id + 1);
  return [a, b];
}

/** Node 1 is told of node 5. */
function nameNewcomer(node: TransportNode | undefined, instanceId?: string): void {
  const peer = { id: five, address: at(5), instanceId };
  node?.transport.setPeers([peer], { nextId: nodeId(6) });
}

describe('newcomers', () => {
  it('are dialled back and heard, and remembered first', () => {
    const cluster = new Cluster();
    const [a, b] = meetNewcomer(cluster);
    cluster.time.pass(50);
    expect(a?.contacts.map(({ peer, instanceId }) => [peer, instanceId])).toEqual([
      [5, instanceOf(5)],
    ]);
    expect(a?.log).toEqual(['gone 2 refused', 'connected 5 boot 1']);
    b?.say(heartbeat(5, 1));
    a?.say(heartbeat(1, 5));
    cluster.time.pass(5);
    expect([a?.inbox.length, b?.inbox.length]).toEqual([1, 1]);
  });

  it('that leave are forgotten, and their end is told', () => {
    const cluster = new Cluster();
    const [a, b] = meetNewcomer(cluster);
    cluster.time.pass(50);
    b?.transport.close();
    cluster.time.pass(50);
    expect(a?.transport.stats.has(five)).toBe(false);
    expect(a?.log.slice(1)).toEqual(['connected 5 boot 1', 'disconnected 5']);
  });

  it('keep their streams when they become peers', () => {
    const cluster = new Cluster();
    const [a, b] = meetNewcomer(cluster);
    cluster.time.pass(50);
    nameNewcomer(a, instanceOf(5));
    b?.say(heartbeat(5, 1));
    cluster.time.pass(50);
    expect(a?.log).toEqual(['gone 2 refused', 'connected 5 boot 1']);
    expect(b?.log).toEqual(['connected 1 boot 1']);
    expect(a?.inbox).toHaveLength(1);
  });

  it('are turned away when the next configuration has given their id and not to a member', () => {
    const cluster = new Cluster();
    const [a, b] = meetNewcomer(cluster);
    cluster.time.pass(200);
    a?.meet(new Map(), 6);
    cluster.time.pass(200);
    expect(a?.transport.stats.size).toBe(0);
    expect(b?.refusals('refused-by-peer')).toEqual(['removed']);
  });

  it('stay while configurations come that do not name them', () => {
    const cluster = new Cluster();
    const [a, b] = meetNewcomer(cluster);
    cluster.time.pass(50);
    a?.meet(new Map([[3, at(3)]]), 5);
    b?.say(heartbeat(5, 1));
    cluster.time.pass(50);
    expect(a?.inbox).toHaveLength(1);
    expect(a?.log.filter((line) => line.includes('5'))).toEqual(['connected 5 boot 1']);
  });

  it('are no more than a node can look after', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1 });
    a.meet(new Map(), 5);
    for (let id = 10; id < 40; id += 1) {
      cluster.start({ id, instanceId: `${id}`.repeat(16) }).meet(new Map([[1, at(1)]]), 50);
    }
    cluster.time.pass(2_000);
    expect(a.transport.stats.size).toBe(16);
    expect(new Set(a.contacts.map(({ peer }) => peer)).size).toBe(16);
    expect(new Set(a.refusals('hello-refused'))).toEqual(new Set(['unknown-node']));
  });

  it('that come one after the other are remembered up to a bound, until the next configuration', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1 });
    a.meet(new Map(), 5);
    const come = (id: number): void => {
      const instanceId = String(id).padStart(32, '0');
      const node = cluster.start({ id, instanceId });
      node.meet(new Map([[1, at(1)]]), 200);
      cluster.time.pass(30);
      node.transport.close();
      cluster.time.pass(30);
    };
    for (let id = 10; id < 90; id += 1) come(id);
    expect(a.contacts).toHaveLength(64);
    a.meet(new Map(), 6);
    come(90);
    expect(a.contacts).toHaveLength(65);
  });

  it('are refused by a node that was told of no configuration yet', () => {
    const cluster = new Cluster();
    const [a, b] = [cluster.start({ id: 1 }), cluster.start({ id: 5 })];
    b.meet(new Map([[1, at(1)]]));
    cluster.time.pass(100);
    expect(a.refusals('hello-refused')).toEqual(['unknown-node']);
  });
});

describe('an instance id of the configuration', () => {
  it('M13 is known without a durable write, and no other one is accepted under its id', () => {
    const cluster = new Cluster();
    const [a, wiped] = [cluster.start({ id: 1 }), cluster.start({ id: 5 })];
    nameNewcomer(a, 'f'.repeat(32));
    wiped.meet(new Map([[1, at(1)]]));
    cluster.time.pass(500);
    expect([a.contacts, a.log]).toEqual([[], []]);
    expect(a.refusals('hello-refused')).toEqual(['instance']);
    wiped.transport.close();
    cluster.network.crash(at(5));
    cluster.network.restart(at(5));
    cluster.start({ id: 5, instanceId: 'f'.repeat(32) }).meet(new Map([[1, at(1)]]));
    cluster.time.pass(2_000);
    expect(a.contacts).toEqual([]);
    expect(a.log.filter((line) => line.startsWith('connected'))).toEqual(['connected 5 boot 1']);
  });

  it('comes before one that a newcomer brought', () => {
    const cluster = new Cluster();
    const [a, b] = meetNewcomer(cluster);
    cluster.time.pass(200);
    nameNewcomer(a, 'f'.repeat(32));
    b?.say(heartbeat(5, 1));
    cluster.time.pass(500);
    expect(a?.inbox).toEqual([]);
    expect(a?.transport.stats.get(five)?.connected).toBe(false);
    expect(b?.refusals('refused-by-peer')).toEqual(['instance']);
  });

  it('counts no longer when its configuration was taken back', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1 });
    nameNewcomer(a, 'f'.repeat(32));
    a.meet(new Map(), 5);
    cluster.start({ id: 5 }).meet(new Map([[one, at(1)]]));
    cluster.time.pass(200);
    expect(a.log.at(-1)).toBe('connected 5 boot 1');
  });
});
