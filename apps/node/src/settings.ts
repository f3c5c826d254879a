import * as z from 'zod';
import { ExitCode } from './exit-code.ts';
import { NodeFailure } from './node-failure.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const logFormats = ['json', 'pretty'] as const;

export type LogLevel = (typeof logLevels)[number];
export type LogFormat = (typeof logFormats)[number];

/** Where a secret stands. */
export type SecretSource =
  | { readonly kind: 'text'; readonly text: string; readonly from: string }
  /** `from` is the setting that names it. */
  | ({ readonly kind: 'file' } & NamedFile);

export interface NamedFile {
  readonly path: string;
  readonly from: string;
}

/** The files of TLS, for both ports. */
export interface TlsPaths {
  readonly key: NamedFile;
  readonly cert: NamedFile;
  readonly ca: NamedFile;
}

/** What a node runs with, complete. It may hold secrets: never log or print it as a whole. */
export interface Settings {
  /** Where the node's data lives; `undefined`: the place derived from the address list. */
  readonly dataDir: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Between two heartbeats of a leader. */
  readonly heartbeatMs: number;
  /** The shortest time without a heartbeat after which a follower campaigns; the longest is twice that. */
  readonly electionTimeoutMs: number;
  /** Bytes of the log that stay for nodes that were away for a while; who was away for longer gets the whole state. */
  readonly keepLogBytes: number;
  /** With less than this free on the disk, the node has no room for new messages. */
  readonly reserveBytes: number;
  /** By this nodes know each other; `undefined`: any node is believed. See `readSecrets`. */
  readonly clusterSecret: SecretSource | undefined;
  /** By this operators are known; `undefined`: those on this machine are believed. */
  readonly adminToken: SecretSource | undefined;
  /** `undefined`: nothing is encrypted. */
  readonly tls: TlsPaths | undefined;
}

/** What was said on the command line, in the environment or in the file; nothing, a string or any JSON. */
export interface SettingSources {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file: Readonly<Record<string, unknown>>;
  /** For messages. */
  readonly filePath: string;
  /** Whether a person reads standard output. */
  readonly isTerminal: boolean;
}

/** Digits are numbers on the command line and in the environment. */
const wholeSchema = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );

/** Below 5 ms timers mean little; a minute without a leader is no setting anybody wants. */
const HEARTBEAT_MS = { least: 5, most: 10_000 } as const;
const ELECTION_TIMEOUT_MS = { least: 20, most: 60_000 } as const;

/** A disk fills by more than 1 MiB between two looks at it; a TiB is no reserve anybody wants. */
const KEEP_LOG_BYTES = { least: 0, most: 2 ** 40 } as const;
const RESERVE_BYTES = { least: 2 ** 20, most: 2 ** 40 } as const;
const DEFAULT_BYTES = 64 * 2 ** 20;

const schemas = {
  dataDir: z.string().min(1),
  logLevel: z.enum(logLevels),
  logFormat: z.enum(logFormats),
  heartbeatMs: wholeSchema(HEARTBEAT_MS.least, HEARTBEAT_MS.most),
  electionTimeoutMs: wholeSchema(ELECTION_TIMEOUT_MS.least, ELECTION_TIMEOUT_MS.most),
  keepLogBytes: wholeSchema(KEEP_LOG_BYTES.least, KEEP_LOG_BYTES.most),
  reserveBytes: wholeSchema(RESERVE_BYTES.least, RESERVE_BYTES.most),
  clusterSecretFile: z.string().min(1),
  adminTokenFile: z.string().min(1),
  tlsKey: z.string().min(1),
  tlsCert: z.string().min(1),
  tlsCa: z.string().min(1),
} as const;

type SettingName = keyof typeof schemas;

/** Said in the environment, or in a file that a setting names; nowhere else, where others could read along. */
type SecretName = 'clusterSecret' | 'adminToken';

/**
 * Takes each setting from the flag, else the environment, else the file, else its default.
 * @throws {NodeFailure} that says which source holds a wrong value.
 */
export function resolveSettings(sources: SettingSources): Settings {
  const settings: Settings = {
    dataDir: find('dataDir', sources),
    logLevel: find('logLevel', sources) ?? 'info',
    logFormat: find('logFormat', sources) ?? (sources.isTerminal ? 'pretty' : 'json'),
    heartbeatMs: find('heartbeatMs', sources) ?? 50,
    electionTimeoutMs: find('electionTimeoutMs', sources) ?? 300,
    keepLogBytes: find('keepLogBytes', sources) ?? DEFAULT_BYTES,
    reserveBytes: find('reserveBytes', sources) ?? DEFAULT_BYTES,
    clusterSecret: findSecret('clusterSecret', sources),
    adminToken: findSecret('adminToken', sources),
    tls: findTls(sources),
  };
  requireRoomForHeartbeats(settings);
  return settings;
}

/** Keys of the config file that mean nothing, misspelt ones for example. */
export function unknownKeys(file: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(file).filter((key) => !Object.hasOwn(schemas, key));
}

/** `dataDir` is `--data-dir` on the command line. */
export function flagName(setting: string): string {
  return `--${words(setting).join('-')}`;
}

/** `dataDir` is `RRMQ_DATA_DIR` in the environment. */
export function environmentName(setting: string): string {
  return ['RRMQ', ...words(setting)].join('_').toUpperCase();
}

function words(camelCase: string): string[] {
  return camelCase.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** The value that counts, unchecked, and where it stands. */
function findGiven(
  name: SettingName | SecretName,
  { flags, environment, file, filePath }: SettingSources,
): { readonly value: unknown; readonly source: string } | undefined {
  const variable = environmentName(name);
  const candidates = [
    { value: flags[name], source: flagName(name) },
    { value: environment[variable] === '' ? undefined : environment[variable], source: variable },
    { value: file[name], source: `${name} in ${filePath}` },
  ];
  return candidates.find(({ value }) => value !== undefined);
}

function find<Name extends SettingName>(
  name: Name,
  sources: SettingSources,
): z.output<(typeof schemas)[Name]> | undefined {
  const given = findGiven(name, sources);
  if (given === undefined) return undefined;
  const parsed = schemas[name].safeParse(given.value);
  if (parsed.success) return parsed.data as z.output<(typeof schemas)[Name]>;
  const why = parsed.error.issues.map(({ message }) => message).join('; ');
  const message = `${given.source} is ${JSON.stringify(given.value)}: ${why}.`;
  throw new NodeFailure(message, ExitCode.usage, 'See "rrmq-node --help".');
}

/** A single late heartbeat must not start an election. */
function requireRoomForHeartbeats({ heartbeatMs, electionTimeoutMs }: Settings): void {
  if (electionTimeoutMs >= 2 * heartbeatMs) return;
  const message = `The election timeout (${electionTimeoutMs} ms) must be at least twice the heartbeat (${heartbeatMs} ms).`;
  const advice = `Raise ${flagName('electionTimeoutMs')} or lower ${flagName('heartbeatMs')}, on all nodes alike.`;
  throw new NodeFailure(message, ExitCode.usage, advice);
}

function findFile(name: SettingName, sources: SettingSources): NamedFile | undefined {
  const path = find(name, sources);
  const from = findGiven(name, sources)?.source;
  return path === undefined || from === undefined ? undefined : { path: String(path), from };
}

function findSecret(name: SecretName, sources: SettingSources): SecretSource | undefined {
  const text = findGiven(name, sources);
  const file = findFile(`${name}File`, sources);
  const variable = environmentName(name);
  if (text !== undefined && text.source !== variable) {
    const message = `${text.source} is no place for a secret: others may read it.`;
    const advice = `Put it into a file of its own and name that by ${flagName(`${name}File`)}, or set ${variable}.`;
    throw new NodeFailure(message, ExitCode.usage, advice);
  }
  if (text !== undefined && file !== undefined) {
    const message = `${text.source} and ${file.from} are both given.`;
    throw new NodeFailure(message, ExitCode.usage, 'Keep one of the two.');
  }
  if (text !== undefined) return { kind: 'text', text: String(text.value), from: text.source };
  return file && { kind: 'file', ...file };
}

/** All three or none: half of it would leave a port in the clear that looks safe. */
function findTls(sources: SettingSources): TlsPaths | undefined {
  const names = ['tlsKey', 'tlsCert', 'tlsCa'] as const;
  const [key, cert, ca] = names.map((name) => findFile(name, sources));
  if (key !== undefined && cert !== undefined && ca !== undefined) return { key, cert, ca };
  const given = [key, cert, ca].flatMap((file) => (file === undefined ? [] : [file.from]));
  if (given.length === 0) return undefined;
  const missing = names.filter((name) => findFile(name, sources) === undefined).map(flagName);
  const message = `TLS is half set: ${given.join(' and ')} without ${missing.join(' and ')}.`;
  const advice =
    'Name the key and the certificate of this node, and the certificate of the authority that signs those of all nodes.';
  throw new NodeFailure(message, ExitCode.usage, advice);
}
