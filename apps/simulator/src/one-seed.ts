import { SeedFailed } from './seed-failed.ts';
import type { SeedOptions } from './campaign/tally.ts';
import { type Report, type SeedLength, runSeed } from './scenario.ts';
import { shrinkSeed } from './shrinking/shrink-seed.ts';
import { Timeline } from './timeline/timeline.ts';

export interface OneSeedOptions {
  readonly runs: SeedOptions;
  readonly verbose: boolean;
  readonly twice: boolean;
  readonly shrink: boolean;
  readonly output: 'text' | 'json';
}

/** Runs one seed as a person wants to look at it. False: it failed. */
export async function runOneSeed(seed: number, options: OneSeedOptions): Promise<boolean> {
  const { runs, verbose, twice } = options;
  if (options.shrink) return showShrunk(seed, runs.length);
  const timeline = new Timeline({
    write: (text) => process.stdout.write(text),
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  });
  try {
    const log = verbose ? { log: timeline.add.bind(timeline) } : {};
    const report = await runSeed(seed, { ...runs, ...log });
    timeline.end();
    print(report, options.output);
    if (!twice) return true;
    const again = await runSeed(seed, runs);
    const isSame = again.traceHash === report.traceHash;
    console.log(isSame ? 'a second run was the same' : 'A SECOND RUN WAS ANOTHER ONE');
    return isSame;
  } catch (error) {
    timeline.end();
    console.error(failureText(seed, error));
    return false;
  }
}

function failureText(seed: number, error: unknown): string {
  if (!(error instanceof SeedFailed)) return `seed ${seed}: ${String(error)}`;
  const { atMs, drawn, message, cause } = error;
  const stack = cause instanceof Error ? `\n${cause.stack ?? ''}` : '';
  return `seed ${seed} failed at ${(atMs / 1_000).toFixed(3)} s, after ${drawn.length} faults: ${message}${stack}`;
}

function print(report: Report, output: OneSeedOptions['output']): void {
  if (output === 'json') return console.log(JSON.stringify(report, undefined, 2));
  const { seed, nodes, families, simulatedMs, events, calls, acked, popped } = report;
  const { empty, reads, committed, injections, traceHash } = report;
  console.log(
    [
      `seed ${seed}: no promise was broken`,
      `  ${nodes} nodes at the end, ${(simulatedMs / 1_000).toFixed(1)} s, ${events} events, trace ${traceHash.toString(16).padStart(8, '0')}`,
      `  ${calls} calls: ${acked} messages acked, ${popped} popped, ${empty} pops of an empty topic, ${reads} reads; ${committed} entries committed`,
      `  ${injections} faults of ${families.join(', ') || 'no family'}`,
      `  ${countsOf(report.faults)}`,
      `  seen: ${countsOf(report.seen)}`,
    ].join('\n'),
  );
  return undefined;
}

const countsOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

async function showShrunk(seed: number, length: SeedLength): Promise<boolean> {
  const isTerminal = process.stderr.isTTY;
  const shrunk = await shrinkSeed(seed, length, (kept, run) => {
    if (isTerminal) process.stderr.write(`\r\u001B[Kattempt ${run}: ${kept} faults`);
  });
  if (isTerminal) process.stderr.write('\r\u001B[K');
  if (shrunk === undefined) {
    console.log(`seed ${seed} does not fail`);
    return true;
  }
  const { error, needed, drawn } = shrunk;
  console.log(`seed ${seed}: ${error}`);
  console.log(`needs ${needed.length} of ${drawn} faults:`);
  for (const { number, name } of needed) console.log(`  ${number} ${name}`);
  const found = error.split('\n')[0] ?? '';
  console.log('as a regression case:');
  console.log(
    JSON.stringify({
      seed,
      length,
      keep: Object.fromEntries(needed.map(({ number, name }) => [number, name])),
      found,
    }),
  );
  return false;
}
