import type { NodeAddress } from '@rrmq/raft';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { requireFreePort } from '../ports.ts';
import { type DevPlan, addressesFrom } from './dev-plan.ts';

/** Where room for a whole local cluster is looked for: 7001, 7201, … up to below the ports of outgoing connections. */
const BASE_PORTS = Array.from({ length: 100 }, (_, index) => 7_001 + 200 * index);

/** Before any process is started, so that nothing is left behind. */
export async function requireFreePorts({ addresses }: DevPlan): Promise<void> {
  try {
    for (const address of addresses) await requireFree(address);
  } catch (error) {
    if (!isTaken(error)) throw error;
    const advice = `Does a cluster run here already? Stop it, or take other ports${await example(addresses.length)}.`;
    throw new NodeFailure(error.message, error.exitCode, advice, error);
  }
}

async function example(count: number): Promise<string> {
  const base = await freeBasePort(async (port) => isFree(addressesFrom(port, count)));
  if (base === undefined) return ' by --base-port';
  return `, for example: rrmq-node dev --base-port ${base} (npm start -- --base-port ${base})`;
}

/** The first of some ports from which on `hasRoom` for the cluster; `undefined` when none has. */
export async function freeBasePort(
  hasRoom: (basePort: number) => Promise<boolean>,
): Promise<number | undefined> {
  for (const port of BASE_PORTS) {
    if (await hasRoom(port)) return port;
  }
  return undefined;
}

async function isFree(addresses: readonly NodeAddress[]): Promise<boolean> {
  try {
    for (const address of addresses) await requireFree(address);
    return true;
  } catch {
    return false;
  }
}

async function requireFree({ ip, port, internalPort }: NodeAddress): Promise<void> {
  for (const each of [port, internalPort]) {
    await requireFreePort({ ip, port: each, origin: 'config-file' });
  }
}

const isTaken = (error: unknown): error is NodeFailure =>
  error instanceof NodeFailure && error.exitCode === ExitCode.portTaken;
