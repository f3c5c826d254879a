import { connect } from 'node:net';
import type { NodeAddress } from '@rrmq/raft';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { type AddressOrigin, type HeldPort, holdPort } from '../ports.ts';

/** Where a joined node listens when it is not told: the first port from here up that is free with its companion. */
const FIRST_PORT = 7_001;
const PORTS_TRIED = 1_000;
/** Ports for peers begin so far behind those for clients, as in a local cluster. */
const INTERNAL_PORT_OFFSET = 100;

const REACH_MS_MAX = 5_000;

/** What was said about the address; the rest is found out. */
export interface WantedAddress {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  readonly internalPort: number | undefined;
}

/** An address on whose ports nobody else can listen until they are released. */
export interface HeldAddress {
  readonly address: NodeAddress;
  readonly ports: readonly HeldPort[];
}

/**
 * The address of a node that joins the cluster at `url`: the others must reach it, so unless told otherwise it is the
 * one from which this machine reaches them, with the first ports beyond `after` that are free. Held, so that two nodes
 * that join at once choose two addresses.
 */
export async function chooseAddress(
  wanted: WantedAddress,
  url: URL,
  after = FIRST_PORT - 1,
): Promise<HeldAddress> {
  const ip = wanted.ip ?? (await localAddressTowards(url));
  if (wanted.port === undefined) return chooseFreePorts(ip, wanted.internalPort, after);
  const internalPort = wanted.internalPort ?? wanted.port + INTERNAL_PORT_OFFSET;
  return holdAddress({ ip, port: wanted.port, internalPort }, 'flags');
}

/** Rejects with a `NodeFailure` when one of its ports is taken. */
export async function holdAddress(
  address: NodeAddress,
  origin: AddressOrigin,
): Promise<HeldAddress> {
  const { ip, port, internalPort } = address;
  const ports: HeldPort[] = [];
  try {
    for (const each of new Set([port, internalPort])) {
      ports.push(await holdPort({ ip, port: each, origin }));
    }
    return { address, ports };
  } catch (error) {
    await releaseAddress({ ports });
    throw error;
  }
}

export async function releaseAddress({ ports }: Pick<HeldAddress, 'ports'>): Promise<void> {
  for (const port of ports) await port.release();
}

async function chooseFreePorts(
  ip: string,
  internal: number | undefined,
  after: number,
): Promise<HeldAddress> {
  for (let port = after + 1; port < FIRST_PORT + PORTS_TRIED; port += 1) {
    const internalPort = internal ?? port + INTERNAL_PORT_OFFSET;
    if (port === internalPort) continue;
    const held = await holdAddress({ ip, port, internalPort }, 'flags').catch(undefinedWhenTaken);
    if (held !== undefined) return held;
  }
  const message = `No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS_TRIED - 1} is free on ${ip}.`;
  throw new NodeFailure(message, ExitCode.portTaken, 'Choose one by --port.');
}

function undefinedWhenTaken(error: unknown): undefined {
  if (error instanceof NodeFailure && error.exitCode === ExitCode.portTaken) return undefined;
  throw error;
}

/** The address of this machine's end of a connection to the cluster. */
function localAddressTowards(url: URL): Promise<string> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostOf(url), port, timeout: REACH_MS_MAX });
    const fail = (why: string): void => {
      socket.destroy();
      const message = `The cluster cannot be reached at ${url.origin}: ${why}.`;
      reject(new NodeFailure(message, ExitCode.notJoined, 'Give the URL of a node that runs.'));
    };
    socket.once('connect', () => {
      const { localAddress } = socket;
      socket.destroy();
      if (localAddress === undefined) fail('the connection was lost at once');
      else resolve(localAddress.replace(/^::ffff:/, ''));
    });
    socket.once('timeout', () => fail(`no answer within ${REACH_MS_MAX} ms`));
    socket.once('error', (error) => fail(error.message));
  });
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
