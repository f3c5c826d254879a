import { connect } from 'node:net';
import type { NodeAddress } from '@rrmq/raft';
import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { isPortFree } from '../ports.ts';

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

/**
 * The address of a node that joins the cluster at `url`: the others must reach it, so unless told otherwise it is the
 * one from which this machine reaches them.
 */
export async function chooseAddress(wanted: WantedAddress, url: URL): Promise<NodeAddress> {
  const ip = wanted.ip ?? (await localAddressTowards(url));
  if (wanted.port === undefined) return chooseFreePorts(ip, wanted.internalPort);
  const internalPort = wanted.internalPort ?? wanted.port + INTERNAL_PORT_OFFSET;
  return { ip, port: wanted.port, internalPort };
}

async function chooseFreePorts(ip: string, internal: number | undefined): Promise<NodeAddress> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS_TRIED; port += 1) {
    const internalPort = internal ?? port + INTERNAL_PORT_OFFSET;
    if (port === internalPort) continue;
    if ((await isPortFree({ ip, port })) && (await isPortFree({ ip, port: internalPort }))) {
      return { ip, port, internalPort };
    }
  }
  const message = `No port from ${FIRST_PORT} to ${FIRST_PORT + PORTS_TRIED - 1} is free on ${ip}.`;
  throw new NodeFailure(message, ExitCode.portTaken, 'Choose one by --port.');
}

/** The address of this machine's end of a connection to the cluster. */
function localAddressTowards(url: URL): Promise<string> {
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostOf(url), port, timeout: REACH_MS_MAX });
    const fail = (why: string): void => {
      socket.destroy();
      const message = `The cluster cannot be reached at ${url.origin}: ${why}.`;
      reject(new NodeFailure(message, ExitCode.usage, 'Give the URL of a node that runs.'));
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
