import { type ProcessUsage, readMachineBusyMs, readProcessUsage } from './process-usage.ts';

/** What one process used while it was watched, and holds at the end. */
export interface Usage {
  readonly cpuMs: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly residentBytes: number;
  readonly anonymousBytes: number;
  readonly diskWriteBytes: number;
  readonly writeCalls: number;
}

/** What the watched processes used. */
export interface Reading {
  readonly elapsedMs: number;
  /** In the order of the pids; `undefined` for a process that is gone, or on a system without `/proc`. */
  readonly processes: readonly (Usage | undefined)[];
  /** What all other processes of the machine used, in % of one core. */
  readonly othersCpuPercent: number | undefined;
}

/** Watches processes from its construction on. */
export class UsageMeter {
  readonly #pids: readonly number[];
  readonly #before: readonly (ProcessUsage | undefined)[];
  readonly #busyBeforeMs = readMachineBusyMs();
  readonly #startedMs = performance.now();

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#before = pids.map(readProcessUsage);
  }

  read(): Reading {
    const elapsedMs = performance.now() - this.#startedMs;
    const busyAfterMs = readMachineBusyMs();
    const processes = this.#pids.map((pid, at) =>
      usageBetween(this.#before[at], readProcessUsage(pid), elapsedMs),
    );
    const ownMs = processes.reduce((sum, usage) => sum + (usage?.cpuMs ?? 0), 0);
    const othersMs =
      busyAfterMs === undefined || this.#busyBeforeMs === undefined
        ? undefined
        : Math.max(0, busyAfterMs - this.#busyBeforeMs - ownMs);
    const othersCpuPercent = othersMs === undefined ? undefined : (100 * othersMs) / elapsedMs;
    return { elapsedMs, processes, othersCpuPercent };
  }
}

function usageBetween(
  before: ProcessUsage | undefined,
  after: ProcessUsage | undefined,
  elapsedMs: number,
): Usage | undefined {
  if (before === undefined || after === undefined) return undefined;
  const { residentBytes, anonymousBytes } = after;
  const cpuMs = after.cpuMs - before.cpuMs;
  const diskWriteBytes = after.diskWriteBytes - before.diskWriteBytes;
  const writeCalls = after.writeCalls - before.writeCalls;
  const cpuPercent = (100 * cpuMs) / elapsedMs;
  return { cpuMs, cpuPercent, residentBytes, anonymousBytes, diskWriteBytes, writeCalls };
}
