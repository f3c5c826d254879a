import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type Socket, createServer as createTcpServer } from 'node:net';
import { NodeClock } from '../../src/driver/node-clock.ts';
import { NodeNetwork, type PeerTls } from '../../src/driver/node-network.ts';
import { NodeTimers } from '../../src/driver/node-timers.ts';
import type { PeerAddress } from '../../src/ports.ts';
import { type NodeOptions, TransportNode } from './transport-node.ts';

const ends: (() => unknown)[] = [];

/** What is to be done at the end of the test. */
export function endsWith(end: () => unknown): void {
  ends.push(end);
}

/** To be called after each test. */
export async function endAll(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}

function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address)) return 0;
  return Number(address.port);
}

/** An internal port with its network. */
export class Host {
  readonly network: NodeNetwork;
  readonly server: Server;
  #address: PeerAddress | undefined;

  constructor(tls?: PeerTls) {
    const hello: RequestListener = (_, response) => response.end('hello');
    this.network = new NodeNetwork(tls);
    this.server = tls === undefined ? createServer(hello) : createTlsServer(tls, hello);
  }

  get address(): PeerAddress {
    if (this.#address === undefined) throw new Error('the host listens first');
    return this.#address;
  }

  async start(port = 0): Promise<this> {
    this.network.attach(this.server);
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.#address = { ip: '127.0.0.1', port: portOf(this.server) };
    endsWith(() => this.stop());
    return this;
  }

  async stop(): Promise<void> {
    this.network.close();
    this.server.closeAllConnections();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  transport(options: NodeOptions): TransportNode {
    const world = { network: this.network, timers: new NodeTimers(), clock: new NodeClock() };
    const node = new TransportNode(world, { address: this.address, ...options });
    endsWith(() => node.transport.close());
    return node;
  }
}

export async function until(node: TransportNode, isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise<void>((resolve) => {
      node.changed = resolve;
    });
  }
}

/** Waits for a note in the log of a node. */
export const connectedAs = (text: string) => (node: TransportNode) =>
  until(node, () => node.log.includes(text));

/** A port that speaks as the test says. */
export async function tcpServer(onSocket: (socket: Socket) => void): Promise<PeerAddress> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endsWith(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { ip: '127.0.0.1', port: portOf(server) };
}

/** Turns of the event loop until something is true; the test’s own timeout bounds them. */
export async function conditionOf(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
