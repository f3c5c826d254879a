import { writeFile } from 'node:fs/promises';
import { WorkerPool } from './pool.ts';
import type { Portion } from './messages.ts';
import { Progress, type Share } from './progress.ts';
import { printTally } from './print-tally.ts';
import { type SeedOptions, type Tally, addSeed, addTally, emptyTally } from './tally.ts';

/** Seeds that a worker gets at a time. */
const PORTION = 4;

export interface CampaignOptions {
  readonly runs: SeedOptions;
  readonly from: number;
  /** `Infinity`: until time is up. */
  readonly seeds: number;
  /** No seed is begun after so long. */
  readonly minutes: number;
  readonly workers: number;
  readonly untilFailure: boolean;
  /** File that gets the tally as JSON. */
  readonly out: string | undefined;
}

/** Runs many seeds and prints what came of them; Ctrl-C ends it early, with what was found so far. False: some failed. */
export async function runCampaign(options: CampaignOptions): Promise<boolean> {
  const total = emptyTally();
  const progress = new Progress(shareOf(options));
  const stop = { asked: false };
  const interrupted = (): void => {
    if (stop.asked) process.exit(130);
    stop.asked = true;
    process.stderr.write('\nends when the seeds under way have ended; again to end at once\n');
  };
  process.on('SIGINT', interrupted);
  if (options.minutes < Infinity) console.log(`from seed ${options.from} on`);
  const isOver = (): boolean =>
    stop.asked ||
    progress.elapsedMs > options.minutes * 60_000 ||
    (options.untilFailure && total.failures.length > 0);
  if (options.workers === 1) await runHere(total, options, { isOver, progress });
  else await runInPool(total, options, { isOver, progress });
  process.off('SIGINT', interrupted);
  progress.end();
  const tookMs = progress.elapsedMs;
  total.failures.sort((a, b) => a.seed - b.seed);
  printTally(total, { tookMs, workers: options.workers });
  if (options.out !== undefined) {
    await writeFile(options.out, `${JSON.stringify({ ...total, tookMs }, undefined, 2)}\n`);
  }
  return total.failures.length === 0;
}

interface Course {
  readonly isOver: () => boolean;
  readonly progress: Progress;
}

async function runHere(
  total: Tally,
  { from, seeds, runs }: CampaignOptions,
  { isOver, progress }: Course,
): Promise<void> {
  for (let seed = from; seed < from + seeds && !isOver(); seed += 1) {
    await addSeed(total, seed, runs);
    progress.show(total);
  }
}

async function runInPool(
  total: Tally,
  { from, seeds, workers, runs }: CampaignOptions,
  { isOver, progress }: Course,
): Promise<void> {
  let given = 0;
  const next = (): Portion | undefined => {
    if (given >= seeds || isOver()) return undefined;
    const portion = { from: from + given, seeds: Math.min(PORTION, seeds - given) };
    given += portion.seeds;
    return portion;
  };
  const pool = new WorkerPool({
    workers,
    args: workerArguments(runs),
    next,
    onTally: (tally) => {
      addTally(total, tally);
      progress.show(total);
    },
    onLost: (seed, why) => {
      total.seeds += 1;
      total.failures.push({ seed, error: why });
      progress.show(total);
    },
  });
  process.once('exit', () => pool.kill());
  await pool.run();
}

/** Tells a worker process how to run its seeds. */
export function workerArguments({ length, families }: SeedOptions): string[] {
  return [
    'worker',
    ...(length === 'short' ? ['--short'] : []),
    ...(families === undefined ? [] : ['--families', families.join(',')]),
  ];
}

const shareOf =
  ({ seeds, minutes }: CampaignOptions): Share =>
  (tally, elapsedMs) =>
    Math.max(seeds === Infinity ? 0 : tally.seeds / seeds, elapsedMs / (minutes * 60_000));
