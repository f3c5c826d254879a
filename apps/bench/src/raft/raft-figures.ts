import type { Usage } from '../machine/usage-meter.ts';
import { median } from '../statistics.ts';
import type { ProposalJob, ProposalResult } from './raft-job.ts';

/** One stretch of proposals. */
export interface RaftRound {
  readonly job: ProposalJob;
  readonly result: ProposalResult;
  /** The leader's first. */
  readonly processes: readonly (Usage | undefined)[];
  /** Of everything on the machine that is no part of the run, in % of one core. */
  readonly othersCpuPercent: number | undefined;
}

/** All rounds with entries of one size. */
export interface RaftLevel {
  readonly entryBytes: number;
  readonly rounds: readonly RaftRound[];
}

/** Entries per second that the library should reach, by the bytes of an entry: three nodes on two cores. */
const AIMS: Readonly<Record<number, number>> = { 256: 200_000, 1024: 120_000 };

export function aimOf({ entryBytes }: RaftLevel): number | undefined {
  return AIMS[entryBytes];
}

/** A round counts only when everything that was proposed was committed. */
export function isValidRound({ result }: RaftRound): boolean {
  return result.failed === 0 && result.committed > 0;
}

/** The median of a figure over the valid rounds; `undefined` when none has it. */
export function medianOfRounds(
  { rounds }: RaftLevel,
  figure: (round: RaftRound) => number | undefined,
): number | undefined {
  const values = rounds.filter(isValidRound).map(figure);
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

export function entriesPerSecond({ result }: RaftRound): number {
  return result.committed / result.seconds;
}

/** Of the entries' own bytes, in MB (10⁶ bytes). */
export function megabytesPerSecond(round: RaftRound): number {
  return (entriesPerSecond(round) * round.job.entryBytes) / 1e6;
}

/** Entries that share a durable write on the leader. */
export function entriesPerWrite({ result: { committed, disk } }: RaftRound): number | undefined {
  return disk.writes === 0 ? undefined : committed / disk.writes;
}

/** Mean time of a durable write on the leader, waiting for its turn in the thread pool included, in ms. */
export function writeMs({ result: { disk } }: RaftRound): number | undefined {
  return disk.writes === 0 ? undefined : disk.tookMs / disk.writes;
}

/** Processor time of all nodes for one entry, in µs. */
export function entryCostUs({ result, processes }: RaftRound): number | undefined {
  const known = processes.filter((usage) => usage !== undefined);
  if (known.length < processes.length) return undefined;
  return (known.reduce((sum, { cpuMs }) => sum + cpuMs, 0) * 1000) / result.committed;
}
