import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { parseWhole } from './duration.ts';
import { exitCodes } from './exit-code.ts';
import { Failure } from './failure.ts';
import { reasonOf } from './reason.ts';

interface DevOptions {
  readonly nodes: number;
  readonly basePort: number;
  readonly dataDir?: string;
}

/** Most nodes of a local cluster: more than any test needs, and few enough for one machine. */
const NODES_MAX = 9;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `rrmq dev`: a local cluster, by the program of the package `rrmq-node`. */
export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('run a local cluster until stopped')
    .option('--nodes <n>', 'how many nodes', parseWhole(1, NODES_MAX), 3)
    .option('--base-port <port>', 'port of the first node; the next ones follow', port(), 7001)
    .option('--data-dir <dir>', 'where the nodes keep their data')
    .addHelpText(
      'after',
      `
Examples:
  $ rrmq dev                         three nodes at ports 7001 to 7003
  $ rrmq dev --nodes 5 --base-port 9001 --data-dir ./data`,
    )
    .action(async (options: DevOptions) => {
      await runToEnd(spawn(process.execPath, [nodeProgram(), ...argumentsOf(options)], ofItsOwn));
    });
}

/**
 * In a process group of its own: Ctrl-C reaches us alone, and the cluster once, from us. It would take a
 * second signal for impatience and kill its nodes.
 */
const ofItsOwn: SpawnOptions = { stdio: ['ignore', 'inherit', 'inherit'], detached: true };

function port(): (text: string) => number {
  return parseWhole(1, 65_535 - NODES_MAX);
}

function argumentsOf({ nodes, basePort, dataDir }: DevOptions): string[] {
  const data = dataDir === undefined ? [] : ['--data-dir', dataDir];
  return ['dev', '--nodes', String(nodes), '--base-port', String(basePort), ...data];
}

/** The path of the `rrmq-node` program. It is a dependency of this package, run but never imported. */
function nodeProgram(): string {
  try {
    const manifest = fileURLToPath(import.meta.resolve('rrmq-node/package.json'));
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { 'rrmq-node': string } };
    return join(dirname(manifest), bin['rrmq-node']);
  } catch (error) {
    const what = `the package rrmq-node is missing: ${reasonOf(error)}`;
    throw new Failure(what, 'install it with `npm install rrmq-node`', exitCodes.failure);
  }
}

/** Passes signals on and waits until the process has ended by itself. */
async function runToEnd(child: ChildProcess): Promise<void> {
  const pass = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, pass);
  try {
    const { code, signal } = await ended(child);
    if (code === 0 || (signal !== null && signals.some((passed) => passed === signal))) return;
    const what = `rrmq-node ended with ${signal ?? `exit code ${code}`}`;
    throw new Failure(what, 'read what it printed above', exitCodes.failure);
  } finally {
    for (const signal of signals) process.off(signal, pass);
  }
}

function ended(
  child: ChildProcess,
): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}
