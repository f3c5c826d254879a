import { resolve } from 'node:path';
import { MutantBuilder } from './mutant-build.ts';
import { MUTANTS } from './mutants.ts';
import { judge } from './mutants/judging.ts';
import type { Mutant } from './mutants/mutant.ts';
import { MutantProgress } from './mutants/progress.ts';
import { type Verdict, markdownTable, textTable } from './mutants/verdict.ts';

export interface MutantFlags {
  readonly from: number;
  readonly seeds: number;
  readonly only?: readonly string[];
  readonly workers: number;
  readonly short: boolean;
  readonly markdown: boolean;
  readonly list: boolean;
  readonly build: boolean;
}

/** Runs every mutant until a seed fails. False: one survived, or a seed fails without a mutant, too. */
export async function runMutants(flags: MutantFlags): Promise<boolean> {
  const mutants = chosen(flags.only);
  if (flags.list) {
    for (const { name, what } of mutants) console.log(`${name.padEnd(40)} ${what}`);
    return true;
  }
  await using builder = await MutantBuilder.open(resolve(import.meta.dirname, '../../..'));
  if (flags.build) {
    for (const mutant of mutants) await builder.build(mutant);
    console.log(`${mutants.length} mutants fit the source`);
    return true;
  }
  const verdicts = await judgeAll(mutants, builder, flags);
  if (flags.markdown) console.log(markdownTable(verdicts));
  return sumUp(verdicts);
}

function chosen(only: readonly string[] | undefined): readonly Mutant[] {
  if (only === undefined) return MUTANTS;
  return only.map((wanted) => {
    const mutant = MUTANTS.find(({ name }) => name === wanted);
    if (mutant === undefined) throw new Error(`there is no mutant "${wanted}"`);
    return mutant;
  });
}

/** Some at a time; the verdicts stand in the order of the mutants. */
async function judgeAll(
  mutants: readonly Mutant[],
  builder: MutantBuilder,
  { workers, from, seeds: seedsMax, short, markdown }: MutantFlags,
): Promise<Verdict[]> {
  const progress = new MutantProgress(mutants.length);
  const verdicts = new Map<Mutant, Verdict>();
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const { name } = mutant;
      const verdict = await judge(mutant, {
        program: await builder.build(mutant),
        from,
        seedsMax,
        length: short ? 'short' : 'full',
        onSeed: (seed) => progress.at(name, seed),
      });
      verdicts.set(mutant, verdict);
      progress.over(name);
      // On standard output stands the table alone when it is to be taken over.
      if (markdown) progress.tell(textTable([verdict]));
      else console.log(textTable([verdict]));
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  progress.end();
  return mutants.map((mutant) => verdicts.get(mutant)).filter((verdict) => verdict !== undefined);
}

function sumUp(verdicts: readonly Verdict[]): boolean {
  const survivors = verdicts.filter(({ caughtBy }) => caughtBy === undefined);
  const sick = [...new Set(verdicts.flatMap((verdict) => verdict.sick))].toSorted((a, b) => a - b);
  const caught = verdicts.length - survivors.length;
  console.error(`${caught} of ${verdicts.length} mutants caught`);
  for (const { mutant, seeds, broken } of survivors) {
    console.error(
      `${mutant.name} ${broken === undefined ? 'SURVIVED' : 'is broken after'} ${seeds} seeds: ${mutant.what}`,
    );
  }
  if (sick.length > 0) console.error(`seeds that fail without a mutant, too: ${sick.join(', ')}`);
  return survivors.length === 0 && sick.length === 0;
}
