import type { LoadResult } from '../load/load-job.ts';
import type { Usage } from '../machine/usage-meter.ts';
import { median } from '../statistics.ts';

/** One server loaded once. */
export interface Measurement {
  readonly load: LoadResult;
  /** Of the server's processes: the echo's one, or the leader first and then the followers. */
  readonly processes: readonly (Usage | undefined)[];
  /** Of the load generator, in % of one core. */
  readonly loaderCpuPercent: number | undefined;
  /** Of everything on the machine that does not belong to the run, in % of one core. */
  readonly othersCpuPercent: number | undefined;
}

/** Both servers, one right after the other. */
export interface Round {
  readonly rrmq: Measurement;
  readonly echo: Measurement;
}

/** All rounds with one number of connections. */
export interface Level {
  readonly connections: number;
  readonly rounds: readonly Round[];
}

/** A round counts only when every request was answered with success, by both. */
export function isValid({ rrmq, echo }: Round): boolean {
  return [rrmq, echo].every(({ load }) => load.non2xx + load.errors === 0 && load.requests > 0);
}

export function ratePerSecond({ load }: Measurement): number {
  return load.requests / load.seconds;
}

/** RRMQ's rate as a part of the echo's; `undefined` when no round is valid. */
export function ratioOf(level: Level): number | undefined {
  return medianOf(level, ({ rrmq, echo }) => ratePerSecond(rrmq) / ratePerSecond(echo));
}

/** The median of a figure over a level's valid rounds; `undefined` when none has it. */
export function medianOf(
  { rounds }: Level,
  figure: (round: Round) => number | undefined,
): number | undefined {
  const values = rounds.filter(isValid).map(figure);
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

/** Processor time per request of the first process, the leader or the echo, in µs. */
export function firstCostUs({ processes, load }: Measurement): number | undefined {
  const [first] = processes;
  return first === undefined ? undefined : (first.cpuMs * 1000) / load.requests;
}

/** Processor time per request of all the server's processes together, in µs. */
export function totalCostUs({ processes, load }: Measurement): number | undefined {
  const known = processes.filter((usage) => usage !== undefined);
  if (known.length < processes.length) return undefined;
  return (known.reduce((sum, usage) => sum + usage.cpuMs, 0) * 1000) / load.requests;
}

/** System calls of the first process that wrote, per request: 1 for the reply, and the more above it, the less batching. */
export function firstWriteCalls({ processes, load }: Measurement): number | undefined {
  const [first] = processes;
  return first === undefined ? undefined : first.writeCalls / load.requests;
}
