import { readFileSync } from 'node:fs';
import type { NodeAddress } from '@rrmq/raft';
import * as z from 'zod';
import { ExitCode } from './exit-code.ts';
import { findJsonError } from './json-position.ts';
import { NodeFailure } from './node-failure.ts';
import { systemErrorCode } from './system-error.ts';

/** A config file, parsed. */
export interface ConfigFile {
  /** Of all nodes; the node with index i is the i-th, from 0. Distinct. */
  readonly addresses: readonly NodeAddress[];
  /** Settings by their key in the file, unchecked. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Keys of addresses that mean nothing, each once: where they stand, and what was meant where that is plain. */
  readonly unknown: readonly string[];
}

const EXAMPLE = '{"addresses":[{"ip":"127.0.0.1","port":7001,"internal_port":7101}]}';

const portSchema = z.int().min(1).max(65_535);

const ipSchema = z
  .string()
  .transform(hostOf)
  .refine((host) => /^[A-Za-z0-9.:_-]+$/.test(host), {
    message: 'expected an IP address or host name, with "http://" or nothing before it',
  });

const ADDRESS_KEYS: readonly string[] = ['ip', 'port', 'internal_port'];

const fileSchema = z.looseObject({
  addresses: z
    .array(
      z.looseObject({ ip: ipSchema, port: portSchema, internal_port: portSchema.exactOptional() }),
    )
    .min(1),
});

/** @throws {NodeFailure} with the path of the file and the place in it. */
export function readConfigFile(file: string): ConfigFile {
  return parseConfig(readText(file), file);
}

/** As `readConfigFile`, for text that was read from `file`. */
export function parseConfig(text: string, file: string): ConfigFile {
  const parsed = fileSchema.safeParse(parseJson(text, file));
  if (!parsed.success) throw wrongFile(file, parsed.error.issues.map(describeIssue).join('; '));
  const { addresses, ...settings } = parsed.data;
  const listed = addresses.map(({ ip, port, internal_port: internalPort = port }) => ({
    ip,
    port,
    internalPort,
  }));
  requireDistinct(listed, file);
  return { addresses: listed, settings, unknown: unknownIn(addresses) };
}

function unknownIn(addresses: readonly object[]): string[] {
  const keys = new Set(addresses.flatMap((address) => Object.keys(address)));
  return [...keys]
    .filter((key) => !ADDRESS_KEYS.includes(key))
    .map((key) => {
      const meant = ADDRESS_KEYS.find((known) => plain(known) === plain(key));
      return `addresses[].${key}${meant === undefined ? '' : ` (${meant} is meant?)`}`;
    });
}

/** `internalPort` and `internal-port` are `internal_port` for whoever writes them. */
const plain = (key: string): string => key.toLowerCase().replaceAll(/[_-]/g, '');

/** @throws {NodeFailure} unless `text` is the index of one of `count` addresses. */
export function parseIndex(text: string, count: number): number {
  const index = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (index >= 0 && index < count) return index;
  const last = count - 1;
  const range = last === 0 ? 'it can only be 0' : `it can be 0 to ${last}`;
  const message = `There is no node with index ${JSON.stringify(text)}: the config file lists ${count} address${last === 0 ? '' : 'es'}, so ${range}.`;
  throw new NodeFailure(
    message,
    ExitCode.usage,
    'Give the place of this node in the list, from 0.',
  );
}

/** What stands before and after the host in the ways that people write it. */
function hostOf(ip: string): string {
  return ip
    .trim()
    .replace(/^http:\/\//i, '')
    .replace(/\/$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const advice = `Write one, for example: ${EXAMPLE}`;
    const message =
      systemErrorCode(error) === 'ENOENT'
        ? `There is no config file ${file}.`
        : `The config file ${file} cannot be read: ${String(error)}.`;
    throw new NodeFailure(message, ExitCode.usage, advice, error);
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    const { line, column } = findJsonError(text);
    const reason = error instanceof Error ? error.message : String(error);
    throw wrongFile(file, `it is not JSON from line ${line}, column ${column} on (${reason})`);
  }
}

function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const place = path.reduce<string>(
    (before, part) =>
      typeof part === 'number'
        ? `${before}[${part}]`
        : `${before}${before === '' ? '' : '.'}${String(part)}`,
    '',
  );
  return place === '' ? message : `${place}: ${message}`;
}

/** Two nodes cannot listen on one port, nor one node for clients and peers of another. */
function requireDistinct(addresses: readonly NodeAddress[], file: string): void {
  const taken = new Map<string, string>();
  addresses.forEach(({ ip, port, internalPort }, index) => {
    const uses = [
      { port, as: `addresses[${index}].port` },
      ...(internalPort === port
        ? []
        : [{ port: internalPort, as: `addresses[${index}].internal_port` }]),
    ];
    for (const use of uses) {
      const key = `${ip}:${use.port}`;
      const other = taken.get(key);
      if (other !== undefined) throw wrongFile(file, `${other} and ${use.as} are both ${key}`);
      taken.set(key, use.as);
    }
  });
}

function wrongFile(file: string, what: string): NodeFailure {
  const advice = `Correct the file; a whole one looks like this: ${EXAMPLE}`;
  return new NodeFailure(`The config file ${file} is wrong: ${what}.`, ExitCode.usage, advice);
}
