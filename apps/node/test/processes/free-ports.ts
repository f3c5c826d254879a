import { createServer } from 'node:net';

/** Below the range from which systems take ports for outgoing connections: those could hit a port before its node does. */
const PORT_MIN = 10_000;
const PORT_MAX = 32_000;

const given = new Set<number>();

/** Ports on which nobody listens, each one only once in this process. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = PORT_MIN + Math.floor(Math.random() * (PORT_MAX - PORT_MIN));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

/** `count` ports in a row, of which also those `offset` further on are free. Returns the first. */
export async function freePortRow(count: number, offset: number): Promise<number> {
  for (;;) {
    const [base = 0] = await freePorts(1);
    const row = Array.from({ length: count }, (_, i) => [base + i, base + offset + i]).flat();
    const free = await Promise.all(row.map((port) => isFree(port)));
    if (free.every(Boolean)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
