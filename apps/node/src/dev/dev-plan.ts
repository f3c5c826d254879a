import { join, relative } from 'node:path';
import type { NodeAddress } from '@rrmq/raft';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';

/** More have no use on one machine; and the ports for peers begin this far behind those for clients. */
const NODES_MAX = 19;
const INTERNAL_PORT_OFFSET = 100;
const LOOPBACK = '127.0.0.1';

/** The flags of `rrmq-node dev` as they were typed. */
export interface DevFlags {
  readonly nodes: string;
  readonly basePort: string;
  readonly dataDir: string;
}

/** A local cluster. */
export interface DevPlan {
  readonly addresses: readonly NodeAddress[];
  /** What a person would remove to start afresh. */
  readonly dataDir: string;
  /** Inside `dataDir`: clusters of another size or on other ports have folders of their own. */
  readonly folder: string;
}

/** @throws {NodeFailure} when a flag makes no sense. */
export function planDevCluster(flags: DevFlags): DevPlan {
  const count = parseWhole('--nodes', flags.nodes, { least: 1, most: NODES_MAX });
  const mostPort = 65_535 - INTERNAL_PORT_OFFSET - NODES_MAX;
  const basePort = parseWhole('--base-port', flags.basePort, { least: 1, most: mostPort });
  const folder = join(flags.dataDir, `${count}-nodes-from-${basePort}`);
  return { addresses: addressesFrom(basePort, count), dataDir: flags.dataDir, folder };
}

/** Those of a local cluster of `count` nodes whose first one has the port `basePort`. */
export function addressesFrom(basePort: number, count: number): NodeAddress[] {
  return Array.from({ length: count }, (_, index) => ({
    ip: LOOPBACK,
    port: basePort + index,
    internalPort: basePort + INTERNAL_PORT_OFFSET + index,
  }));
}

/** The config file that its nodes are started with. */
export function configText({ addresses }: DevPlan): string {
  const listed = addresses.map(({ ip, port, internalPort }) => ({
    ip,
    port,
    internal_port: internalPort,
  }));
  return `${JSON.stringify({ addresses: listed }, undefined, 2)}\n`;
}

/** As short as a path can be written for somebody in the working directory. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

function parseWhole(flag: string, text: string, range: { least: number; most: number }): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (value >= range.least && value <= range.most) return value;
  const message = `${flag} is ${JSON.stringify(text)}: it must be a whole number from ${range.least} to ${range.most}.`;
  throw new NodeFailure(message, ExitCode.usage, 'See "rrmq-node dev --help".');
}
