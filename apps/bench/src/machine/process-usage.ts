import { readFileSync } from 'node:fs';

/** What a process has used since its start, and holds now. */
export interface ProcessUsage {
  /** User and system time of all its threads, in ms; Linux counts it in steps of 10. */
  readonly cpuMs: number;
  readonly residentBytes: number;
  /** The part of it that is the process's own: heap and stacks, no mapped files. */
  readonly anonymousBytes: number;
  /** What it had written to disks, by the kernel's account. */
  readonly diskWriteBytes: number;
  /** System calls that wrote, to sockets and files alike. */
  readonly writeCalls: number;
}

/** Of `/proc`: USER_HZ is 100 on every Linux that Node.js runs on. */
const MS_PER_CLOCK_TICK = 10;

/** `undefined` when the process is gone or the system has no `/proc`. */
export function readProcessUsage(pid: number): ProcessUsage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const io = readFileSync(`/proc/${pid}/io`, 'utf8');
    return {
      cpuMs: parseCpuMs(readFileSync(`/proc/${pid}/stat`, 'utf8')),
      residentBytes: parseField(status, 'VmRSS') * 1024,
      anonymousBytes: parseField(status, 'RssAnon') * 1024,
      diskWriteBytes: parseField(io, 'write_bytes'),
      writeCalls: parseField(io, 'syscw'),
    };
  } catch {
    return undefined;
  }
}

/** What a process holds in memory now. */
export interface ProcessMemory {
  /** Heaps and stacks: the process's own. */
  readonly anonymousBytes: number;
  /** Pages of mapped files, which the kernel may take back at any time. */
  readonly fileBytes: number;
}

/** `undefined` when the process is gone or the system has no `/proc`. */
export function readProcessMemory(pid: number): ProcessMemory | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      anonymousBytes: parseField(status, 'RssAnon') * 1024,
      fileBytes: parseField(status, 'RssFile') * 1024,
    };
  } catch {
    return undefined;
  }
}

/** Utime and stime are the 14th and 15th field of `/proc/<pid>/stat`; the 2nd, the name, may hold spaces. */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_CLOCK_TICK;
}

/** The number after `<name>:` at the start of a line; 0 when there is none. */
export function parseField(text: string, name: string): number {
  return Number(new RegExp(String.raw`^${name}:\s+(\d+)`, 'm').exec(text)?.[1] ?? 0);
}

/** Time that all cores of the machine were busy since its start, in ms; `undefined` without `/proc`. */
export function readMachineBusyMs(): number | undefined {
  try {
    return parseBusyMs(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal. */
export function parseBusyMs(stat: string): number {
  const fields = stat.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) * MS_PER_CLOCK_TICK;
}
