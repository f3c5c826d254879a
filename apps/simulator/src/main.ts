import { fork } from 'node:child_process';
import { Command } from 'commander';
import { type Tally, addSeed, addTally, emptyTally } from './campaign.ts';
import { runSeed } from './scenario.ts';

interface RunOptions {
  readonly seed?: number;
  readonly seeds: number;
  readonly from: number;
  readonly workers: number;
  readonly untilFailure: boolean;
  readonly verbose: boolean;
}

const program = new Command('simulate')
  .description('Runs simulated clusters; a seed decides everything that happens in one.')
  .enablePositionalOptions()
  .option('--seed <n>', 'run this seed only', Number)
  .option('--seeds <n>', 'how many seeds', Number, 200)
  .option('--from <n>', 'the first of them', Number, 1)
  .option('--workers <n>', 'processes', Number, 2)
  .option('--until-failure', 'stop at the first seed that fails', false)
  .option('--verbose', 'with --seed: print what happens', false)
  .action(async (options: RunOptions) => {
    const failed =
      options.seed === undefined ? await runMany(options) : await runOne(options.seed, options);
    process.exitCode = failed ? 1 : 0;
  });

program
  .command('mutants')
  .description('re-injects famous bugs one by one; each must make a seed fail')
  .option('--seeds <n>', 'give up after so many', Number, 10_000)
  .option('--only <name>', 'this one')
  .action(async ({ seeds, only }: { seeds: number; only?: string }) => {
    const { runMutants } = await import('./mutants-command.ts');
    process.exitCode = (await runMutants(seeds, only)) ? 0 : 1;
  });

async function runOne(seed: number, { verbose }: RunOptions): Promise<boolean> {
  try {
    const report = await runSeed(seed, verbose ? { log: (line) => console.log(line) } : {});
    console.log(JSON.stringify(report, null, 2));
    return false;
  } catch (error) {
    console.error(`seed ${seed}:`, error);
    return true;
  }
}

async function runMany(options: RunOptions): Promise<boolean> {
  const startedAtMs = Date.now();
  const total = emptyTally();
  await (options.workers === 1 || process.send !== undefined
    ? runShare(total, options)
    : runWorkers(total, options));
  if (process.send !== undefined) {
    process.send(total);
    process.disconnect();
    return total.failures.length > 0;
  }
  printTally(total, (Date.now() - startedAtMs) / 1_000);
  return total.failures.length > 0;
}

async function runShare(total: Tally, { from, seeds, untilFailure }: RunOptions): Promise<void> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    await addSeed(total, seed);
    if (untilFailure && total.failures.length > 0) return;
  }
}

/** Little of what a simulated event makes lives long: rare, large collections of what is young cost least. */
const WORKER_FLAGS = [
  '--single-threaded-gc',
  '--min-semi-space-size=32',
  '--max-semi-space-size=64',
];

/** Splits the seeds among processes and adds up what they report. */
async function runWorkers(total: Tally, options: RunOptions): Promise<void> {
  const share = Math.ceil(options.seeds / options.workers);
  const parts = Array.from({ length: options.workers }, async (_, place) => {
    const from = options.from + place * share;
    const seeds = Math.min(share, options.from + options.seeds - from);
    if (seeds > 0) addTally(total, await inWorker(from, seeds, options));
  });
  await Promise.all(parts);
}

function inWorker(from: number, seeds: number, { untilFailure }: RunOptions): Promise<Tally> {
  const args = ['--from', String(from), '--seeds', String(seeds)];
  if (untilFailure) args.push('--until-failure');
  const worker = fork(process.argv[1] ?? '', args, {
    execArgv: WORKER_FLAGS,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    worker.once('message', (tally) => resolve(tally as Tally));
    worker.once('exit', (code, signal) => {
      reject(new Error(`a worker ended without a report (${signal ?? code})`));
    });
  });
}

function printTally(total: Tally, tookS: number): void {
  const hours = total.simulatedMs / 3_600_000;
  const rate = total.simulatedMs / 1_000 / tookS;
  console.log(
    `${total.seeds} seeds, ${hours.toFixed(2)} simulated hours in ${tookS.toFixed(1)} s ` +
      `(${rate.toFixed(0)} simulated seconds a second), ${total.events} events`,
  );
  console.log(
    `${total.calls} client calls, ${total.acked} messages acked, ${total.popped} popped, ` +
      `${total.empty} pops of an empty topic, ${total.reads} reads, ` +
      `${total.committed} entries committed`,
  );
  for (const what of ['faults', 'changes', 'seen'] as const) {
    const counts = Object.entries(total[what]).map(([name, count]) => `${name} ${count}`);
    console.log(`${what}: ${counts.join(', ')}`);
  }
  for (const { seed, error } of total.failures.slice(0, 20)) console.log(`seed ${seed}: ${error}`);
  console.log(total.failures.length === 0 ? 'no failure' : `${total.failures.length} seeds failed`);
}

await program.parseAsync();
