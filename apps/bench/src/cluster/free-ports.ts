import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which systems take ports for outgoing connections: such a one could take the port of a node
 * between its death and its restart.
 */
const PORT_MIN = 10_000;
const PORT_MAX = 30_000;

/** Enough even if every second port is taken. */
const TRIES_PER_PORT_MAX = 50;

/** So many different ports of the loopback address on which nobody listens. */
export async function findFreePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    for (let tries = 0; ports.length < count; tries++) {
      if (tries > count * TRIES_PER_PORT_MAX) throw new Error('no free ports found');
      const port = randomInt(PORT_MIN, PORT_MAX);
      const server = await tryToListen(port);
      if (server === undefined) continue;
      held.push(server);
      ports.push(port);
    }
    return ports;
  } finally {
    await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

function tryToListen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
