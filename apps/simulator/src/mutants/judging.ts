import { workerArguments } from '../campaign/campaign.ts';
import { WorkerPool } from '../campaign/pool.ts';
import { addTally, emptyTally } from '../campaign/tally.ts';
import { type RunOptions, runSeed } from '../scenario.ts';
import type { Mutant } from './mutant.ts';
import type { Verdict } from './verdict.ts';

export interface JudgeOptions {
  /** The simulator with the mutant in it. */
  readonly program: string;
  /** The first seed. */
  readonly from: number;
  readonly seedsMax: number;
  readonly length: NonNullable<RunOptions['length']>;
  readonly onSeed: (seed: number) => void;
}

/** The first failure of a run from a seed on, if there is one. */
interface Run {
  readonly failure: { readonly seed: number; readonly error: string } | undefined;
  readonly cpuMs: number;
}

/** Errors that say what is wrong. Any other one may come of the patch alone. */
const PROOFS =
  /^(SafetyViolated|ReadStale|AccountWrong|FalseClaim|WentBack|StoreMismatch|StoreCorrupt|LogCorrupt): /;

/** Runs a mutant until a seed fails that does not fail without it. */
export async function judge(mutant: Mutant, options: JudgeOptions): Promise<Verdict> {
  const { from: first, seedsMax, length } = options;
  const end = first + seedsMax;
  const sick: number[] = [];
  let cpuMs = 0;
  let from = first;
  while (from < end) {
    const { failure, ...run } = await runUntil(end, { ...options, from });
    cpuMs += run.cpuMs;
    if (failure === undefined) break;
    const { seed, error } = failure;
    const seeds = seed - first + 1;
    if (!PROOFS.test(error))
      return { mutant, caughtBy: undefined, seeds, cpuMs, sick, broken: error };
    if (await isSound(seed, length)) {
      return { mutant, caughtBy: error, seeds, cpuMs, sick, broken: undefined };
    }
    sick.push(seed);
    from = seed + 1;
  }
  return { mutant, caughtBy: undefined, seeds: seedsMax, cpuMs, sick, broken: undefined };
}

async function runUntil(
  end: number,
  { program, from, length, onSeed }: JudgeOptions,
): Promise<Run> {
  const total = emptyTally();
  let cpuMs = 0;
  let seed = from;
  const pool = new WorkerPool({
    program,
    workers: 1,
    args: workerArguments({ length }),
    next: () => {
      if (seed >= end || total.failures.length > 0) return undefined;
      onSeed(seed);
      seed += 1;
      return { from: seed - 1, seeds: 1 };
    },
    onTally: (tally, tookMs) => {
      addTally(total, tally);
      cpuMs += tookMs;
    },
    onLost: (lost, error) => void total.failures.push({ seed: lost, error }),
  });
  const kill = (): void => pool.kill();
  process.once('exit', kill);
  await pool.run();
  process.off('exit', kill);
  return { failure: total.failures[0], cpuMs };
}

/** Whether a seed passes without a mutant. */
async function isSound(seed: number, length: JudgeOptions['length']): Promise<boolean> {
  return runSeed(seed, { length }).then(
    () => true,
    () => false,
  );
}
