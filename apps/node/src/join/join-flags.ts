import { ExitCode } from '../exit-code.ts';
import { NodeFailure } from '../node-failure.ts';
import { flagName } from '../settings.ts';
import type { WantedAddress } from './own-address.ts';

/** What was typed. */
export interface TypedStart {
  readonly config: string | undefined;
  readonly index: string | undefined;
  readonly flags: Readonly<Record<string, string | undefined>>;
}

/** A start without a config file, as far as the command line says. */
export interface JoinFlags {
  readonly url: string | undefined;
  readonly wanted: WantedAddress;
  readonly as: 'voter' | 'learner';
  /** The member whose place the node takes. */
  readonly replaces: number | undefined;
  /** Those of these flags that were typed. */
  readonly typed: readonly string[];
}

/** They mean nothing to a node that does not join. */
const JOIN_FLAGS = ['join', 'ip', 'port', 'internalPort', 'as', 'replaces'] as const;

/** Ids count from 1; no cluster gives away so many. */
const ID_DIGITS_MAX = 15;

/**
 * `undefined` for a node of a config file. Without one, `--join` names a cluster, and without that the data directory
 * says what was joined before. @throws {NodeFailure} when it is neither.
 */
export function parseJoinFlags({ config, index, flags }: TypedStart): JoinFlags | undefined {
  const { join: url, ip, port, internalPort, as, replaces } = flags;
  const typed = JOIN_FLAGS.filter((name) => flags[name] !== undefined).map(flagName);
  if (config !== undefined) {
    if (url !== undefined) {
      throw wrong('A node is started with a config file, or with --join, not with both.');
    }
    if (typed.length > 0) {
      const verb = typed.length === 1 ? 'is' : 'are';
      throw wrong(
        `${typed.join(', ')} ${verb} for nodes that join: what this one is stands in the config file.`,
      );
    }
    if (index === undefined) {
      throw wrong('The place of this node in the list is missing: rrmq-node <config> <index>.');
    }
    return undefined;
  }
  if (url === undefined && flags['dataDir'] === undefined) {
    throw wrong('Give a config file and an index, or --join <url of a node>.');
  }
  const wanted = {
    ip,
    port: parsePort('--port', port),
    internalPort: parsePort('--internal-port', internalPort),
  };
  return {
    url,
    wanted,
    as: as === 'learner' ? 'learner' : 'voter',
    replaces: parseId('--replaces', replaces),
    typed,
  };
}

function parsePort(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw wrong(`${flag} is ${JSON.stringify(text)}: it must be a port, 1 to 65535.`);
}

function parseId(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text) && text.length <= ID_DIGITS_MAX) return Number(text);
  throw wrong(`${flag} is ${JSON.stringify(text)}: it must be the id of a member.`);
}

function wrong(message: string): NodeFailure {
  return new NodeFailure(message, ExitCode.usage, 'See "rrmq-node --help".');
}
