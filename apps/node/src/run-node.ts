import { clusterIdOf } from '@rrmq/raft';
import type { Logger } from 'pino';
import { membersOf, startNode } from './compose.ts';
import { parseIndex, readConfigFile } from './config-file.ts';
import {
  defaultDirectory,
  findEarlierData,
  noteAddresses,
  type DataOwner,
} from './data-directory.ts';
import { Lifetime } from './lifetime.ts';
import { openLog, warnAloud } from './logger.ts';
import { type NodeFailure, explainFailure } from './node-failure.ts';
import { type Settings, resolveSettings, unknownKeys } from './settings.ts';

/** The program's main use: one node, until it is told to stop. */
export interface NodeCommand {
  readonly configPath: string;
  readonly indexText: string;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly version: string;
}

/**
 * Runs a node. Resolves when it listens; the process then goes on until a signal. @throws {NodeFailure} for what is
 * wrong before there is a log.
 */
export async function runNode(command: NodeCommand): Promise<void> {
  const { configPath, version } = command;
  const { addresses, settings: file } = readConfigFile(configPath);
  const index = parseIndex(command.indexText, addresses.length);
  const settings = resolveSettings({
    flags: command.flags,
    environment: process.env,
    file,
    filePath: configPath,
    isTerminal: process.stdout.isTTY,
  });
  const { logger, flush } = openLog(settings, { node: index + 1 });
  const owner = { clusterId: clusterIdOf(membersOf(addresses)), addresses, index };
  const directory = settings.dataDir ?? defaultDirectory(owner, process.cwd());

  const crash = (error: unknown): void => {
    const failure = explainFailure(error, { directory });
    logger.fatal(
      { event: 'failed', err: failure.cause ?? failure, code: failure.exitCode },
      failure.message,
    );
    flush();
    exitWith(failure);
  };
  const lifetime = new Lifetime({ logger, flush, crash });
  for (const key of unknownKeys(file)) warnOfUnknownKey(logger, key, configPath);
  try {
    const plan = { addresses, index, directory, settings, version, logger, onFailure: crash };
    const running = await startNode(plan, () => prepareDirectory(owner, settings, logger));
    const { ip, port, internalPort } = running.address;
    const startMs = Math.round(performance.now());
    const where = { ip, port, internalPort, directory, version, pid: process.pid, startMs };
    logger.info({ event: 'listening', ...where }, `listens on http://${ip}:${port}`);
    await lifetime.started(running);
  } catch (error) {
    crash(error);
  }
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
