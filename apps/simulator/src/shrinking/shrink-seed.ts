import { type RunOptions, type SeedLength, runSeed } from '../scenario.ts';
import { SeedFailed } from '../seed-failed.ts';
import { shrink } from './shrink.ts';

const RUNS_MAX = 200;

/** A failure with the faults that it needs. */
export interface Shrunk {
  readonly seed: number;
  readonly error: string;
  /** Numbers of the faults that are needed, with their names. */
  readonly needed: readonly { readonly number: number; readonly name: string }[];
  /** How many there were. */
  readonly drawn: number;
}

/** Leaves faults out of a seed that fails for as long as it fails in the same way. `undefined`: it does not fail. */
export async function shrinkSeed(
  seed: number,
  length: SeedLength,
  onAttempt: (kept: number, run: number) => void,
): Promise<Shrunk | undefined> {
  const failure = await failureOf(seed, { length });
  if (failure === undefined) return undefined;
  const { drawn } = failure;
  const all = [...drawn.keys()];
  const fails = async (kept: readonly number[]): Promise<boolean> => {
    const without = new Set(all.filter((number) => !kept.includes(number)));
    // Those that come later than the failure did are none of its causes.
    const again = await failureOf(seed, { length, without });
    return again !== undefined && kindOf(again) === kindOf(failure);
  };
  const kept = await shrink(all, fails, { runsMax: RUNS_MAX, onAttempt });
  const needed = kept.map((number) => ({ number, name: drawn[number] ?? '' }));
  return { seed, error: failure.message, needed, drawn: drawn.length };
}

async function failureOf(seed: number, options: RunOptions): Promise<SeedFailed | undefined> {
  try {
    await runSeed(seed, options);
    return undefined;
  } catch (error) {
    if (error instanceof SeedFailed) return error;
    throw error;
  }
}

/** The first line without its numbers, lists of nodes, and what clients saw: the same promise, broken elsewhere. */
const kindOf = ({ message }: SeedFailed): string =>
  (message.split('\n', 1)[0] ?? '')
    .replace(/ in \w+: client-.*/, '')
    .replaceAll(/\d[\d.,… ]*|Infinity/g, '#');
