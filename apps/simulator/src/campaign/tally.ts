import { type Report, type RunOptions, type SeedLength, runSeed } from '../scenario.ts';

/** How every seed is run. */
export interface SeedOptions extends Pick<RunOptions, 'families'> {
  readonly length: SeedLength;
}

/** A seed that failed, with what was found. */
interface Failure {
  readonly seed: number;
  readonly error: string;
}

export interface Tally {
  seeds: number;
  simulatedMs: number;
  /** Of all seeds together, in whatever order they were run. */
  traceHash: number;
  events: number;
  calls: number;
  acked: number;
  popped: number;
  empty: number;
  reads: number;
  committed: number;
  readonly faults: Record<string, number>;
  readonly changes: Record<string, number>;
  readonly seen: Record<string, number>;
  readonly failures: Failure[];
}

const SUMS = ['events', 'calls', 'acked', 'popped', 'empty', 'reads', 'committed'] as const;
const COUNTS = ['faults', 'changes', 'seen'] as const;

export function emptyTally(): Tally {
  return {
    seeds: 0,
    simulatedMs: 0,
    traceHash: 0,
    events: 0,
    calls: 0,
    acked: 0,
    popped: 0,
    empty: 0,
    reads: 0,
    committed: 0,
    faults: {},
    changes: {},
    seen: {},
    failures: [],
  };
}

/** Runs one seed and adds what came of it. */
export async function addSeed(tally: Tally, seed: number, options: SeedOptions): Promise<void> {
  tally.seeds += 1;
  try {
    addReport(tally, await runSeed(seed, options));
  } catch (error) {
    tally.failures.push({
      seed,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

function addReport(tally: Tally, report: Report): void {
  // In whole ms: sums of fractions depend on their order.
  tally.simulatedMs += Math.round(report.simulatedMs);
  addShared(tally, report);
}

export function addTally(total: Tally, part: Tally): void {
  total.seeds += part.seeds;
  total.simulatedMs += part.simulatedMs;
  addShared(total, part);
  total.failures.push(...part.failures);
}

/** What one seed and many are counted in alike. */
function addShared(total: Tally, part: Report | Tally): void {
  total.traceHash = (total.traceHash + part.traceHash) >>> 0;
  for (const name of SUMS) total[name] += part[name];
  for (const name of COUNTS) addCounts(total[name], part[name]);
}

function addCounts(total: Record<string, number>, part: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(part)) total[name] = (total[name] ?? 0) + count;
}
