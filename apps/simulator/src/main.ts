import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { runCampaign } from './campaign/campaign.ts';
import type { SeedOptions } from './campaign/tally.ts';
import { serveParent } from './campaign/worker.ts';
import { FAMILY_NAMES } from './faults/families.ts';
import type { MutantFlags } from './mutants-command.ts';
import { runOneSeed } from './one-seed.ts';

/** What seeds are run with, told to each worker. */
type RunFlags = Pick<Flags, 'short' | 'families'>;

interface Flags {
  readonly seed?: number;
  readonly seeds?: number;
  readonly from?: number;
  readonly minutes?: number;
  readonly workers: number;
  readonly untilFailure: boolean;
  readonly short: boolean;
  readonly families?: readonly string[];
  readonly verbose: boolean;
  readonly twice: boolean;
  readonly shrink: boolean;
  readonly output: 'text' | 'json';
  readonly out?: string;
}

/** Seeds of a run that says neither how many nor how long. */
const SEEDS = 200;
/** Where a hunt may begin. */
const RANDOM_SEED_MAX = 1_000_000_000;

const program = new Command('simulate')
  .description('Runs simulated clusters; a seed decides everything that happens in one.')
  .enablePositionalOptions()
  .option('--seed <n>', 'run this seed only', whole)
  .option('--seeds <n>', `how many seeds (default: ${SEEDS})`, whole)
  .option('--minutes <n>', 'hunt for so long, from a random seed on', positive)
  .option('--from <n>', 'the first seed (default: 1)', whole)
  .option('--workers <n>', 'processes', whole, availableParallelism())
  .option('--until-failure', 'stop at the first seed that fails', false)
  .option('--short', '20 simulated seconds and 100 calls a seed, not 60 and 500', false)
  .option('--families <names>', 'these families of faults in every seed, parted by commas', list)
  .option('--out <file>', 'write what was counted as JSON')
  .option('--verbose', 'with --seed: tell what happens', false)
  .option('--twice', 'with --seed: run it again, which must be the same', false)
  .addOption(
    new Option('--shrink', 'with --seed: find out which faults its failure needs')
      .conflicts('families')
      .default(false),
  )
  .addOption(
    new Option('-o, --output <format>', 'with --seed').choices(['text', 'json']).default('text'),
  )
  .action(async (flags: Flags) => {
    if (flags.families !== undefined) requireFamilies(flags.families);
    const runs = runsOf(flags);
    const passed =
      flags.seed === undefined
        ? await runCampaign({ ...flags, ...whichSeeds(flags), runs, out: flags.out })
        : await runOneSeed(flags.seed, { ...flags, runs });
    process.exitCode = passed ? 0 : 1;
  });

program
  .command('worker', { hidden: true })
  .option('--short', '', false)
  .option('--families <names>', '', list)
  .action((flags: RunFlags) => serveParent(runsOf(flags)));

program
  .command('mutants')
  .description('re-injects famous bugs one by one; each must make a seed fail')
  .option('--from <n>', 'the first seed', whole, 1)
  .option('--seeds <n>', 'give up after so many', whole, 10_000)
  .option('--only <names>', 'these, parted by commas', list)
  .option('--workers <n>', 'mutants at a time', whole, 2)
  .option('--short', '20 simulated seconds and 100 calls a seed, not 60 and 500', false)
  .option('--markdown', 'print the table as docs/TESTING.md has it', false)
  .option('--list', 'print what there is, and run nothing', false)
  .option('--build', 'only build each one: its patches must fit the source', false)
  .action(async (flags: MutantFlags) => {
    const { runMutants } = await import('./mutants-command.ts');
    process.exitCode = (await runMutants(flags)) ? 0 : 1;
  });

function whichSeeds({ seeds, from, minutes }: Flags) {
  if (minutes === undefined) return { from: from ?? 1, seeds: seeds ?? SEEDS, minutes: Infinity };
  const first = from ?? Math.floor(Math.random() * RANDOM_SEED_MAX);
  return { from: first, seeds: seeds ?? Infinity, minutes };
}

/** How each seed is run, wherever. */
function runsOf({ short, families }: RunFlags): SeedOptions {
  return { length: short ? 'short' : 'full', ...(families === undefined ? {} : { families }) };
}

function requireFamilies(names: readonly string[]): void {
  const unknown = names.find((name) => !FAMILY_NAMES.includes(name));
  if (unknown === undefined) return;
  program.error(`error: there is no family "${unknown}", only ${FAMILY_NAMES.join(', ')}`);
}

function list(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 up.');
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

await program.parseAsync();
