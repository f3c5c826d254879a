import * as z from 'zod';
import { ExitCode } from './exit-code.ts';
import { NodeFailure } from './node-failure.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export const logFormats = ['json', 'pretty'] as const;

export type LogLevel = (typeof logLevels)[number];
export type LogFormat = (typeof logFormats)[number];

/** What a node runs with, complete. */
export interface Settings {
  /** Where the node's data lives; `undefined`: the place derived from the address list. */
  readonly dataDir: string | undefined;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  /** Between two heartbeats of a leader. */
  readonly heartbeatMs: number;
  /** The shortest time without a heartbeat after which a follower campaigns; the longest is twice that. */
  readonly electionTimeoutMs: number;
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
const msSchema = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );

/** Below 5 ms timers mean little; a minute without a leader is no setting anybody wants. */
const HEARTBEAT_MS = { least: 5, most: 10_000 } as const;
const ELECTION_TIMEOUT_MS = { least: 20, most: 60_000 } as const;

const schemas = {
  dataDir: z.string().min(1),
  logLevel: z.enum(logLevels),
  logFormat: z.enum(logFormats),
  heartbeatMs: msSchema(HEARTBEAT_MS.least, HEARTBEAT_MS.most),
  electionTimeoutMs: msSchema(ELECTION_TIMEOUT_MS.least, ELECTION_TIMEOUT_MS.most),
} as const;

type SettingName = keyof typeof schemas;

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

function find<Name extends SettingName>(
  name: Name,
  { flags, environment, file, filePath }: SettingSources,
): z.output<(typeof schemas)[Name]> | undefined {
  const variable = environmentName(name);
  const candidates = [
    { value: flags[name], source: flagName(name) },
    { value: environment[variable] === '' ? undefined : environment[variable], source: variable },
    { value: file[name], source: `${name} in ${filePath}` },
  ];
  const given = candidates.find(({ value }) => value !== undefined);
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
