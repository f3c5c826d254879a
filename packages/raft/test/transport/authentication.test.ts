import { describe, expect, it } from '@jest/globals';
import { incarnation, nodeId } from '../../src/core/numbers.ts';
import { greeting } from '../../src/driver/transport/greeting.ts';
import { encodeHello, encodeProof } from '../../src/driver/transport/handshake.ts';
import type { PeerStream } from '../../src/ports.ts';
import { heartbeat } from './rpcs.ts';
import { Cluster, at } from './transport-cluster.ts';
import { type TransportNode, instanceOf } from './transport-node.ts';

const secret = 'what only our nodes know';
const two = nodeId(2);

/** What an event could give away. */
const wordsOf = (node: TransportNode | undefined): string => JSON.stringify(node?.events);

describe('a cluster secret', () => {
  it('lets nodes in that share it', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ secret }, { secret });
    cluster.time.pass(20);
    a?.say(heartbeat(1, 2));
    cluster.time.pass(5);
    expect(a?.log).toEqual(['connected 2 boot 1']);
    expect(b?.log).toEqual(['connected 1 boot 1']);
    expect(b?.inbox).toHaveLength(1);
  });

  it.each([
    ['another secret', 'what the others know', 'differ'],
    ['no secret', undefined, 'one of the two nodes only'],
  ])('keeps a node with %s out, both ways, and says why without it', (_name, other, words) => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ secret }, other === undefined ? {} : { secret: other });
    cluster.time.pass(3_000);
    a?.say(heartbeat(1, 2));
    b?.say(heartbeat(2, 1));
    cluster.time.pass(100);
    for (const node of [a, b]) {
      expect([node?.log, node?.inbox, node?.contacts]).toEqual([[], [], []]);
      expect(node?.refusals('welcome-refused')).toEqual(['unauthenticated']);
      expect(wordsOf(node)).toContain(words);
      expect(wordsOf(node)).not.toContain(secret);
    }
  });
});

/** Someone who knows all about node 2 but the secret, and talks to node 1. */
class Stranger {
  readonly received: Buffer[] = [];
  closed = false;
  readonly hello = greeting(
    {
      identity: {
        clusterId: 'c'.repeat(32),
        clusterEpoch: 1,
        instanceId: instanceOf(2),
        nodeId: two,
      },
      incarnation: incarnation(9),
      address: at(9),
    },
    { to: nodeId(1), channel: 'control' },
    Buffer.alloc(32, 7),
  );
  readonly #stream: PeerStream;

  constructor(cluster: Cluster) {
    this.#stream = cluster.network.endpoint(at(9)).connect(at(1), {
      opened: () => this.say(encodeHello(this.hello).chunks),
      received: (bytes) => this.received.push(Buffer.from(bytes)),
      closed: () => (this.closed = true),
    });
  }

  say(chunks: readonly Buffer[]): void {
    this.#stream.write(chunks);
  }
}

describe('a stranger without the secret', () => {
  it('replaces no peer, is remembered nowhere, and is gone after a second', () => {
    const cluster = new Cluster();
    const [a, b] = cluster.pair({ secret }, { secret });
    cluster.time.pass(200);
    const contacts = a?.contacts.length;
    const stranger = new Stranger(cluster);
    cluster.time.pass(900);
    expect(stranger.closed).toBe(false);
    b?.say(heartbeat(2, 1));
    cluster.time.pass(200);
    expect(stranger.closed).toBe(true);
    expect(a?.inbox).toHaveLength(1);
    expect(a?.contacts.length).toBe(contacts);
    expect(a?.log).toEqual(['connected 2 boot 1']);
    expect(a?.events.at(-1)).toEqual({ kind: 'handshake-timeout', peer: two });
  });

  it('learns nothing of members and their directories', () => {
    const cluster = new Cluster();
    const known = new Map([[two, 'd'.repeat(32)]]);
    const a = cluster.start({ id: 1, secret, known });
    a.meet(new Map([[3, at(3)]]));
    const stranger = new Stranger(cluster);
    cluster.time.pass(20);
    stranger.say(encodeProof(Buffer.alloc(32)).chunks);
    cluster.time.pass(20);
    const words = Buffer.concat(stranger.received).toString('latin1');
    expect(words).toContain('the cluster secrets of the two nodes differ');
    expect(words).not.toContain('d'.repeat(32));
    expect(words).not.toContain('member');
  });

  it('cannot send the proof back that it was given', () => {
    const cluster = new Cluster();
    const [a] = cluster.pair({ secret }, { secret });
    cluster.time.pass(200);
    const stranger = new Stranger(cluster);
    cluster.time.pass(20);
    const [challenge] = stranger.received;
    stranger.say(encodeProof(challenge?.subarray(-32) ?? Buffer.alloc(0)).chunks);
    cluster.time.pass(20);
    expect(stranger.closed).toBe(true);
    expect(a?.refusals('hello-refused')).toEqual(['unauthenticated']);
  });

  it('cannot say again what a peer said', () => {
    const cluster = new Cluster();
    const heard: Buffer[] = [];
    const a = cluster.start({ id: 1, secret });
    // Node 2 is told to find node 1 at a place where somebody listens in and hands everything on.
    const between = cluster.network.endpoint(at(8));
    between.listen((stream) => {
      const onward = between.connect(at(1), {
        opened: () => undefined,
        received: (bytes) => stream.write([Buffer.from(bytes)]),
        closed: () => stream.close(),
      });
      stream.handle({
        opened: () => undefined,
        received: (bytes) => {
          heard.push(Buffer.from(bytes));
          onward.write([Buffer.from(bytes)]);
        },
        closed: () => onward.close(),
      });
    });
    a.meet(new Map([[2, at(2)]]));
    cluster.start({ id: 2, secret }).meet(new Map([[1, at(8)]]));
    cluster.time.pass(50);
    expect(a.log.at(-1)).toBe('connected 2 boot 1');
    const again = between.connect(at(1), {
      opened: () => again.write(heard.slice(0, 1)),
      received: () => again.write(heard),
      closed: () => undefined,
    });
    cluster.time.pass(50);
    expect(a.refusals('hello-refused')).toEqual(['unauthenticated']);
  });

  it('in a crowd does not keep a peer out', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1, secret });
    const crowd = Array.from({ length: 300 }, () => new Stranger(cluster));
    cluster.time.pass(20);
    const b = cluster.start({ id: 2, secret });
    a.meet(new Map([[2, at(2)]]));
    b.meet(new Map([[1, at(1)]]));
    cluster.time.pass(20);
    expect(b.log).toEqual(['connected 1 boot 1']);
    expect(crowd.filter(({ closed }) => closed).length).toBeGreaterThan(40);
    const told = a.events.filter(({ kind }) => kind === 'too-many-streams');
    expect(told).toHaveLength(1);
  });

  it('fills no log', () => {
    const cluster = new Cluster();
    const a = cluster.start({ id: 1, secret });
    a.meet(new Map([[2, at(2)]]));
    for (let i = 0; i < 200; i += 1) {
      const stranger = new Stranger(cluster);
      cluster.time.pass(10);
      stranger.say([Buffer.alloc(100, 0xff)]);
    }
    cluster.time.pass(100);
    const malformed = a.events.filter(({ kind }) => kind === 'malformed-frame');
    expect(malformed).toHaveLength(20);
  });
});
