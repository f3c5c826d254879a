import { type Member, type NewNode, type NodeAddress, clusterIdOf, nodeId } from '@rrmq/raft';
import type { Logger } from 'pino';
import { warnOfAnyAddress } from './any-address.ts';
import { startNode } from './compose.ts';
import { parseIndex, readConfigFile } from './config-file.ts';
import {
  defaultDirectory,
  findEarlierData,
  noteAddresses,
  type DataOwner,
} from './data-directory.ts';
import { defaultJoinedDirectory, joinNode } from './join/join-node.ts';
import type { WantedAddress } from './join/own-address.ts';
import { Lifetime } from './lifetime.ts';
import { type NodeLog, openLog, warnAloud } from './logger.ts';
import { type NodeFailure, explainFailure } from './node-failure.ts';
import type { NodePlan } from './node-plan.ts';
import { type Secrets, readSecrets } from './secrets.ts';
import { type Settings, resolveSettings, unknownKeys } from './settings.ts';

/** What both ways of starting a node need to know of the command line. */
interface StartCommand {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly version: string;
}

/** The program's main use: a node of the config file, until it is told to stop. */
export interface NodeCommand extends StartCommand {
  readonly configPath: string;
  readonly indexText: string;
}

/** A node that joins a running cluster, or has done so before. */
export interface JoinCommand extends StartCommand {
  readonly url: string | undefined;
  readonly wanted: WantedAddress;
  readonly as: 'voter' | 'learner';
  readonly replaces: number | undefined;
  /** The flags about joining that were typed. */
  readonly typed: readonly string[];
}

/**
 * Runs a node. Resolves when it listens; the process then goes on until a signal. @throws {NodeFailure} for what is
 * wrong before there is a log.
 */
export async function runNode(command: NodeCommand): Promise<void> {
  const { configPath, version } = command;
  const { addresses, settings: file, unknown } = readConfigFile(configPath);
  const index = parseIndex(command.indexText, addresses.length);
  const settings = settingsOf(command, file, configPath);
  const log = openLog(settings, { node: index + 1 });
  const secrets = secretsOf(settings, log);
  const members = membersOf(addresses);
  const owner = { clusterId: clusterIdOf(members), addresses, index };
  const directory = settings.dataDir ?? defaultDirectory(owner, process.cwd());
  for (const key of [...unknown, ...unknownKeys(file)]) {
    warnOfUnknownKey(log.logger, key, configPath);
  }
  const ips = addresses.map(({ ip }) => ip);
  warnOfAnyAddress(log.logger, ips, configPath);
  const create: NewNode = {
    nodeId: nodeId(index + 1),
    clusterId: owner.clusterId,
    members,
    // Who names a directory knows what is in it; the default one is named after the list.
    storedWins: settings.dataDir !== undefined,
  };
  await run({ log, directory, scheme: schemeOf(secrets) }, async (onFailure) => {
    const { logger } = log;
    const address = ownAddress(addresses, index);
    const options = { directory, settings, secrets, version, logger, onFailure };
    const plan: NodePlan = { address, origin: 'config-file', held: [], create, ...options };
    const running = await startNode(plan, () => prepareDirectory(owner, settings, logger));
    tellStoredMembership(logger, members, running.node.status().members);
    return running;
  });
}

/** As `runNode`, for a node that no config file lists. */
export async function runJoinedNode(command: JoinCommand): Promise<void> {
  const settings = settingsOf(command, {}, 'no file');
  const log = openLog(settings, {});
  const secrets = secretsOf(settings, log);
  const directory = settings.dataDir ?? defaultJoinedDirectory(process.cwd());
  await run({ log, directory, scheme: schemeOf(secrets) }, async (onFailure, lifetime) => {
    const { logger } = log;
    const { adminToken, tls } = secrets;
    const { url, wanted, as, replaces, typed } = command;
    const ca = tls?.ca.toString();
    const joining = { url, wanted, as, replaces, typed, directory, adminToken, ca, logger };
    const joined = await lifetime.whileWaiting(() => joinNode(joining));
    const own = logger.child({ node: joined.create.nodeId });
    const { version } = command;
    const options = { directory, settings, secrets, version, logger: own, onFailure };
    return startNode({ ...joined, origin: 'joined', ...options }, () => undefined);
  });
}

function settingsOf(
  { flags }: StartCommand,
  file: Readonly<Record<string, unknown>>,
  filePath: string,
): Settings {
  const isTerminal = process.stdout.isTTY;
  return resolveSettings({ flags, environment: process.env, file, filePath, isTerminal });
}

/** The secrets that the settings name, with warnings for what makes them worth less. */
function secretsOf(settings: Settings, { logger }: NodeLog): Secrets {
  const secrets = readSecrets(settings, (text) =>
    warnAloud(logger, { event: 'open-secret' }, text),
  );
  if (secrets.tls !== undefined && secrets.clusterSecret === undefined) {
    const text =
      'there is TLS and no cluster secret: whoever reaches the port for peers can pass for a node';
    warnAloud(logger, { event: 'no-cluster-secret' }, text);
  }
  return secrets;
}

interface RunPlace {
  readonly log: NodeLog;
  readonly directory: string;
  /** Of the port for clients. */
  readonly scheme: 'http' | 'https';
}

const schemeOf = ({ tls }: Secrets): RunPlace['scheme'] => (tls === undefined ? 'http' : 'https');

/** Starts a node and ties the process to it: whatever goes wrong ends in words and an exit code. */
async function run(
  { log: { logger, flush }, directory, scheme }: RunPlace,
  start: (onFailure: NodePlan['onFailure'], lifetime: Lifetime) => ReturnType<typeof startNode>,
): Promise<void> {
  const crash = (error: unknown): void => {
    const failure = explainFailure(error, { directory });
    const stack = failure.isUsers ? {} : { err: failure.cause ?? failure };
    logger.fatal({ event: 'failed', ...stack, code: failure.exitCode }, failure.message);
    flush();
    exitWith(failure);
  };
  const lifetime = new Lifetime({ logger, flush, crash });
  try {
    const running = await start(crash, lifetime);
    const { ip, port, internalPort } = running.address;
    const { id } = running.node.status();
    const startMs = Math.round(performance.now());
    const where = { node: id, ip, port, internalPort, directory, pid: process.pid, startMs };
    logger.info({ event: 'listening', ...where }, `listens on ${scheme}://${ip}:${port}`);
    await lifetime.started(running);
  } catch (error) {
    crash(error);
  }
}

/** The members that an address list stands for: ids count from 1. */
function membersOf(addresses: readonly NodeAddress[]): Member[] {
  return addresses.map((address, index) => ({ id: nodeId(index + 1), address }));
}

function ownAddress(addresses: readonly NodeAddress[], index: number): NodeAddress {
  const address = addresses[index];
  if (address === undefined) throw new RangeError(`no address has index ${index}`);
  return address;
}

/** The config file is only the first membership. */
function tellStoredMembership(
  logger: Logger,
  listed: readonly Member[],
  stored: readonly Member[],
): void {
  if (clusterIdOf(stored) === clusterIdOf(listed)) return;
  const members = stored.map(({ id, address: { ip, port } }) => `${id} ${ip}:${port}`).join(', ');
  const text = `the address list of the config file is not the membership in the data directory, which holds: ${members}`;
  const fields = { event: 'stored-membership', members: stored };
  warnAloud(logger, fields, text);
}

/** Says on standard error why the program ends and what to do, and ends it. */
export function exitWith({ message, advice, exitCode }: NodeFailure): never {
  process.stderr.write(`rrmq-node: ${message}\n${advice}\n`);
  process.exit(exitCode);
}

/** For the default place only: who names a directory knows what is in it. */
function prepareDirectory(owner: DataOwner, { dataDir }: Settings, logger: Logger): void {
  if (dataDir !== undefined) return;
  const workingDirectory = process.cwd();
  noteAddresses(defaultDirectory(owner, workingDirectory), owner);
  for (const earlier of findEarlierData(owner, workingDirectory)) {
    const text = `${earlier} holds data of a node with this address, made with another address list. This node does not use it: an edited list is a new cluster. Restore the list to have those messages back, or remove that folder.`;
    const fields = { event: 'earlier-data', directory: earlier };
    warnAloud(logger, fields, text);
  }
}

function warnOfUnknownKey(logger: Logger, key: string, file: string): void {
  logger.warn({ event: 'unknown-setting', key }, `${file} has a key that means nothing: ${key}`);
}
