import { type Server, createServer } from 'node:net';
import { ExitCode } from './exit-code.ts';
import { NodeFailure } from './node-failure.ts';
import { systemErrorCode } from './system-error.ts';

/**
 * Who said where a node listens, and so where a person can say otherwise: the config file, the flags of a node that
 * joins, or nobody any more, since the address of a member is what it joined with.
 */
export type AddressOrigin = 'config-file' | 'flags' | 'joined';

export interface ListenAddress {
  readonly ip: string;
  readonly port: number;
  readonly origin: AddressOrigin;
}

/** What to do about an address that cannot be listened on. */
const ADVICE: Readonly<
  Record<
    AddressOrigin,
    { readonly taken: string; readonly denied: string; readonly foreign: string }
  >
> = {
  'config-file': {
    taken: 'Stop that process, or give this node another port in the config file.',
    denied: 'Give this node a port from 1024 up in the config file.',
    foreign: 'Correct the address in the config file, or give the index of another node.',
  },
  flags: {
    taken: 'Stop that process, or choose other ports by --port and --internal-port.',
    denied: 'Choose ports from 1024 up by --port and --internal-port.',
    foreign: 'Give an address of this machine by --ip.',
  },
  joined: {
    taken:
      'Does this node run already? Stop that process; to join as one more node, give another --data-dir, and --port.',
    denied:
      'A node keeps the ports it joined with: let this user listen there, or join anew with another --data-dir, and --port.',
    foreign:
      'A node keeps the address it joined with: start it where that is, or join anew with another --data-dir, and --ip.',
  },
};

/** A port on which this process listens, so that no other can, without serving anybody yet. */
export class HeldPort {
  readonly port: number;
  /** Another server may listen in its place: the port is never free in between. */
  readonly holder: Server;

  constructor(port: number, holder: Server) {
    this.port = port;
    this.holder = holder;
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.holder.close(() => resolve());
    });
  }
}

/**
 * Listens for a moment; rejects with a `NodeFailure` when that is not possible. Another process may still take the port
 * afterwards: then listening for good fails.
 */
export async function requireFreePort(address: ListenAddress): Promise<void> {
  const held = await holdPort(address);
  await held.release();
}

/** Rejects with a `NodeFailure` when the port cannot be had. */
export function holdPort(address: ListenAddress): Promise<HeldPort> {
  const holder = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    holder.once('error', (error) => reject(listenFailure(error, address)));
    holder.listen(address.port, address.ip, () => resolve(new HeldPort(address.port, holder)));
  });
}

/** Why a node could not listen at its address, in words. */
export function listenFailure(error: unknown, { ip, port, origin }: ListenAddress): NodeFailure {
  const code = systemErrorCode(error);
  switch (code) {
    case 'EADDRINUSE': {
      const message = `Port ${port} is taken: another process listens on ${ip}:${port}.`;
      return new NodeFailure(message, ExitCode.portTaken, ADVICE[origin].taken, error);
    }
    case 'EACCES': {
      const message = `This user may not listen on port ${port}.`;
      return new NodeFailure(message, ExitCode.portTaken, ADVICE[origin].denied, error);
    }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN': {
      const message = `${ip} is no address of this machine (${code}).`;
      return new NodeFailure(message, ExitCode.usage, ADVICE[origin].foreign, error);
    }
    default: {
      const message = `This node cannot listen on ${ip}:${port}: ${String(error)}.`;
      return new NodeFailure(message, ExitCode.failure, 'Correct the address.', error);
    }
  }
}
