import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { get, request } from 'node:http';
import { connect } from 'node:net';
import { nodeId } from '../../src/core/numbers.ts';
import { NodeNetwork } from '../../src/driver/node-network.ts';
import type { CloseReason, PeerAddress, PeerStream } from '../../src/ports.ts';
import {
  Host,
  conditionOf,
  connectedAs,
  endAll,
  endsWith,
  tcpServer,
  until,
} from './network-host.ts';
import { append, batch, heartbeat, install } from './rpcs.ts';

afterEach(endAll);

function closeReason(network: NodeNetwork, address: PeerAddress): Promise<CloseReason> {
  return new Promise((resolve) => {
    const nothing = (): void => undefined;
    network.connect(address, { opened: nothing, received: nothing, closed: resolve });
  });
}

async function accepted(host: Host): Promise<{ stream: PeerStream; bytes: () => string }> {
  return new Promise((resolve) => {
    host.network.listen((stream) => {
      let bytes = '';
      stream.handle({
        opened: () => undefined,
        received: (more) => (bytes += more.toString()),
        closed: () => (bytes += ' closed'),
      });
      resolve({ stream, bytes: () => bytes });
    });
  });
}

describe('transport over sockets', () => {
  it('carries rpcs of all sizes both ways', async () => {
    const [a, b] = [await new Host().start(), await new Host().start()];
    const nodes = [a.transport({ id: 1 }), b.transport({ id: 2 })] as const;
    const addresses = new Map([
      [1, a.address],
      [2, b.address],
    ]);
    for (const node of nodes) node.meet(addresses);
    await connectedAs('connected 2 boot 1')(nodes[0]);
    await connectedAs('connected 1 boot 1')(nodes[1]);
    const large = batch(1, ['x'.repeat(3_000_000), 'y']);
    nodes[0].say(heartbeat(1, 2), append(nodeId(1), nodeId(2), [large]));
    nodes[1].say(...Array.from({ length: 1000 }, (_, round) => heartbeat(2, 1, round)));
    await until(nodes[0], () => nodes[0].inbox.length === 1000);
    await until(nodes[1], () => nodes[1].inbox.length === 2);
    const appended = nodes[1].inbox.find((rpc) => rpc.kind === 'append-entries');
    const came = appended?.kind === 'append-entries' ? appended.batches[0] : undefined;
    // Not `toEqual`, which takes seconds for megabytes.
    expect(came?.bytes.equals(large.bytes)).toBe(true);
    expect(nodes[0].transport.stats.get(nodeId(2))?.queuedBytes).toBe(0);
  });

  it('S11 brings heartbeats past a snapshot that fills the bulk stream', async () => {
    const [a, b] = [await new Host().start(), await new Host().start()];
    const [node, peer] = [a.transport({ id: 1 }), b.transport({ id: 2 })];
    node.meet(new Map([[2, b.address]]));
    peer.meet(new Map([[1, a.address]]));
    const isOpen = (): boolean =>
      node.events.filter(({ kind }) => kind === 'stream-opened').length === 2;
    await until(node, isOpen);
    const chunks = 200;
    const data = Buffer.alloc(256 * 1024);
    for (let chunk = 0; chunk < chunks; chunk += 1) node.say(install(1, 2, data, chunk));
    node.say(heartbeat(1, 2));
    await until(peer, () => peer.inbox.length === chunks + 1);
    const place = peer.inbox.findIndex(({ kind }) => kind === 'heartbeat');
    expect(place).toBeLessThan(chunks / 2);
  });

  it('R12 keeps the memory toward a peer that reads nothing bounded', async () => {
    const a = await new Host().start();
    const b = await new Host().start();
    const [node, peer] = [a.transport({ id: 1 }), b.transport({ id: 2 })];
    node.meet(new Map([[2, b.address]]));
    peer.meet(new Map([[1, a.address]]));
    const isOpen = (): boolean =>
      node.events.filter(({ kind }) => kind === 'stream-opened').length === 2;
    await until(node, isOpen);
    // Nothing is read in this turn of the event loop.
    const data = Buffer.alloc(256 * 1024);
    for (let chunk = 0; chunk < 1_000; chunk += 1) node.say(install(1, 2, data, chunk));
    const { queuedBytes = 0, dropped } = node.transport.stats.get(nodeId(2)) ?? {};
    expect(queuedBytes).toBeLessThan(65 * 1024 * 1024);
    expect(dropped).toBeGreaterThan(700);
  });

  it('tells a dead peer from one that only reset its streams', async () => {
    const [a, b] = [await new Host().start(), await new Host().start()];
    const node = a.transport({ id: 1 });
    const peer = b.transport({ id: 2 });
    peer.meet(new Map([[1, a.address]]));
    node.meet(new Map([[2, b.address]]));
    await connectedAs('connected 2 boot 1')(node);
    b.network.close();
    await connectedAs('disconnected 2')(node);
    expect(node.log).not.toContain('gone 2 refused');
    await b.stop();
    await connectedAs('gone 2 refused')(node);
    const again = await new Host().start(b.address.port);
    again.transport({ id: 2, boot: 2 }).meet(new Map([[1, a.address]]));
    await connectedAs('connected 2 boot 2')(node);
    expect(node.log).toContain('gone 2 newer-incarnation');
  });

  it('hands the text of a refusal over before it closes', async () => {
    const [a, b] = [await new Host().start(), await new Host().start()];
    const node = a.transport({ id: 1 });
    b.transport({ id: 2, clusterId: 'd'.repeat(32) });
    node.meet(new Map([[2, b.address]]));
    await until(node, () => node.refusals('refused-by-peer').length > 0);
    expect(node.refusals('refused-by-peer')).toEqual(['cluster']);
  });

  it.each([
    ['junk', Buffer.alloc(100, 0xff)],
    ['an empty frame', Buffer.alloc(4)],
    ['a frame that is no hello', Buffer.from([2, 0, 0, 0, 1, 5])],
  ])('closes a foreign stream that brings %s', async (_name, junk) => {
    const host = await new Host().start();
    const node = host.transport({ id: 1 });
    const socket = connect(host.address.port, '127.0.0.1');
    const head = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: rrmq-raft/1\r\n\r\n';
    socket.write(Buffer.concat([Buffer.from(head), junk]));
    socket.resume();
    await once(socket, 'close');
    expect(node.events.map(({ kind }) => kind)).toEqual(['malformed-frame']);
  });
});

describe('streams over sockets', () => {
  it('keep the order, and take what is written before they are open', async () => {
    const host = await new Host().start();
    const incoming = accepted(host);
    const back: string[] = [];
    const dialled = new Promise<PeerStream>((resolve) => {
      const stream = new NodeNetwork().connect(host.address, {
        opened: () => resolve(stream),
        received: (bytes) => back.push(bytes.toString()),
        closed: () => undefined,
      });
      stream.write([Buffer.from('early ')]);
    });
    const stream = await dialled;
    endsWith(() => stream.close());
    const { bytes } = await incoming;
    stream.write([Buffer.from('a'), Buffer.alloc(0), Buffer.from('b')]);
    stream.write([Buffer.alloc(1_000_000, 'c')]);
    stream.close();
    await conditionOf(() => bytes().endsWith('closed'));
    expect(bytes().slice(0, 8)).toBe('early ab');
    expect(back).toEqual([]);
  });

  it('count what the operating system does not take', async () => {
    const host = await new Host().start();
    const network = new NodeNetwork();
    endsWith(() => network.close());
    const silent = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: rrmq-raft/1\r\n\r\n');
      });
    });
    const stream = await opened(network, silent);
    const total = 40 * 1024 * 1024;
    stream.write([Buffer.alloc(total)]);
    await conditionOf(() => stream.queuedBytes < total);
    expect(stream.queuedBytes).toBeGreaterThan(0);
    stream.close();
    expect(stream.queuedBytes).toBe(0);
    expect(host.server.listening).toBe(true);
  });

  it('end as refused where nobody listens', async () => {
    const host = await new Host().start();
    const { address } = host;
    await host.stop();
    expect(await closeReason(new NodeNetwork(), address)).toBe('refused');
  });

  it.each([
    ['an HTTP server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 'rejected'],
    ['something else', 'SSH-2.0-OpenSSH\r\n', 'rejected'],
    [
      'another protocol',
      'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: ws\r\n\r\n',
      'rejected',
    ],
    ['a node that is not ready', 'HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n', 'reset'],
  ])('end where there is %s', async (_name, answer, reason) => {
    const address = await tcpServer((socket) => socket.once('data', () => socket.write(answer)));
    expect(await closeReason(new NodeNetwork(), address)).toBe(reason);
  });

  it('end as reset where nothing answers', async () => {
    const address = await tcpServer(() => undefined);
    expect(await closeReason(new NodeNetwork(), address)).toBe('reset');
  });

  it('end as reset when an answer breaks off', async () => {
    const address = await tcpServer((socket) => socket.once('data', () => socket.destroy()));
    expect(await closeReason(new NodeNetwork(), address)).toBe('reset');
  });
});

describe('the port', () => {
  it('turns other upgrades away and goes on serving HTTP', async () => {
    const host = await new Host().start();
    host.network.listen(() => undefined);
    const { port } = host.address;
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
    const upgrade = request({ port, host: '127.0.0.1', headers, agent: false }).end();
    expect(await once(upgrade, 'response')).toMatchObject([{ statusCode: 426 }]);
    const served = once(get({ port, host: '127.0.0.1', agent: false }), 'response');
    expect(await served).toMatchObject([{ statusCode: 200 }]);
  });

  it('asks peers to come again while nobody takes streams', async () => {
    const host = await new Host().start();
    expect(await closeReason(new NodeNetwork(), host.address)).toBe('reset');
  });

  it('survives clients that reset in the middle', async () => {
    const host = await new Host().start();
    const incoming = accepted(host);
    const stream = await opened(new NodeNetwork(), host.address);
    const { bytes } = await incoming;
    stream.write([Buffer.alloc(8_000_000)]);
    stream.close();
    await conditionOf(() => bytes().endsWith('closed'));
    expect(await closeReasonOfNext(host)).toBe('reset');
  });
});

function opened(network: NodeNetwork, address: PeerAddress): Promise<PeerStream> {
  return new Promise((resolve) => {
    const stream = network.connect(address, {
      opened: () => resolve(stream),
      received: () => undefined,
      closed: () => undefined,
    });
  });
}

/** The port still takes streams; the network that took it is closed. */
function closeReasonOfNext(host: Host): Promise<CloseReason> {
  return new Promise((resolve) => {
    new NodeNetwork().connect(host.address, {
      opened: () => host.network.close(),
      received: () => undefined,
      closed: resolve,
    });
  });
}
