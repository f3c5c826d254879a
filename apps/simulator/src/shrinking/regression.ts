import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type SeedLength, runSeed } from '../scenario.ts';
import { SeedFailed } from '../seed-failed.ts';

/** More faults than any seed draws. */
const DRAWN_MAX = 10_000;

/** A failure that was mended, as `--shrink` prints it: its seed with the faults that it needed. */
export interface Regression {
  readonly seed: number;
  readonly length: SeedLength;
  /** Names of the faults by number; all others are left out. */
  readonly keep: Readonly<Record<string, string>>;
  /** What was found, and how it was mended. */
  readonly found: string;
}

/** What became of a case. `stale`: what a seed means has changed since, so that it says nothing any more. */
export type Replay =
  { readonly kind: 'passed' | 'stale' } | { readonly kind: 'failed'; readonly error: SeedFailed };

export function readRegressions(folder: string): Regression[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Regression);
}

export async function replay({ seed, length, keep }: Regression): Promise<Replay> {
  const all = Array.from({ length: DRAWN_MAX }, (_, number) => number);
  const without = new Set(all.filter((number) => keep[number] === undefined));
  const drawn: string[] = [];
  const log = ({ who, what }: { readonly who: string; readonly what: string }): void => {
    if (who.startsWith('fault ')) drawn.push(what.replace(' (left out)', ''));
  };
  try {
    await runSeed(seed, { length, without, log });
  } catch (error) {
    if (error instanceof SeedFailed) return { kind: 'failed', error };
    throw error;
  }
  const isSame = Object.entries(keep).every(([number, name]) => drawn[Number(number)] === name);
  return { kind: isSame ? 'passed' : 'stale' };
}
