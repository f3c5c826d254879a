import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildMutant } from './mutant-build.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import { runSeed } from './scenario.ts';

const run = promisify(execFile);

/** How one mutant ended. */
interface Verdict {
  readonly mutant: Mutant;
  /** What caught it; `undefined`: it survived. */
  readonly caughtBy: string | undefined;
  /** Seeds that it took. */
  readonly seeds: number;
}

/** Runs every mutant until a seed fails. Returns false when one survives `seedsMax` seeds. */
export async function runMutants(seedsMax: number, only: string | undefined): Promise<boolean> {
  const root = resolve(import.meta.dirname, '../../..');
  let allCaught = true;
  for (const mutant of MUTANTS) {
    if (only !== undefined && mutant.name !== only) continue;
    const verdict = await judge(root, mutant, seedsMax);
    allCaught &&= verdict.caughtBy !== undefined;
    const end =
      verdict.caughtBy === undefined
        ? `SURVIVED ${verdict.seeds} seeds`
        : `caught after ${verdict.seeds} seeds by ${verdict.caughtBy}`;
    console.log(`${mutant.name.padEnd(32)} ${end}`);
  }
  return allCaught;
}

async function judge(root: string, mutant: Mutant, seedsMax: number): Promise<Verdict> {
  await using built = await buildMutant(root, mutant);
  const args = ['--seeds', String(seedsMax), '--workers', '1', '--until-failure'];
  const { stdout } = await run(process.execPath, [built.program, ...args]).catch(asOutput);
  const seeds = Number(/^(\d+) seeds/m.exec(stdout)?.[1] ?? 0);
  const [, seed, caughtBy] = /^seed (\d+): (.*)$/m.exec(stdout) ?? [];
  // What fails without the mutant, too, is another bug, and says nothing about this one.
  if (seed !== undefined) await runSeed(Number(seed));
  return { mutant, seeds, caughtBy };
}

/** A failing seed ends the program with exit code 1: its output is what is asked for. */
function asOutput(error: unknown): { stdout: string } {
  if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string') {
    return { stdout: error.stdout };
  }
  throw error;
}
