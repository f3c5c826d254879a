import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatTable } from '../table.ts';

/** Time spent in a function itself, without what it called. */
export interface SelfTime {
  readonly name: string;
  /** Of the time in which the process was not idle. */
  readonly percent: number;
}

/** What is used of a V8 CPU profile. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** µs since the sample before. */
  readonly timeDeltas: readonly number[];
}

const SHOWN_MAX = 25;

/** The profile that process `pid` left in `directory`. @throws {Error} when there is none. */
export function selfTimesOf(directory: string, pid: number): SelfTime[] {
  const file = readdirSync(directory).find((name) => name.includes(`.${pid}.`));
  if (file === undefined) throw new Error(`no profile of process ${pid} in ${directory}`);
  return sumSelfTimes(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile);
}

/** The functions of a profile, the most expensive first. */
export function sumSelfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const timesUs = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    timesUs.set(name, (timesUs.get(name) ?? 0) + (timeDeltas[at] ?? 0));
  }
  timesUs.delete('(idle)');
  const totalUs = [...timesUs.values()].reduce((sum, timeUs) => sum + timeUs, 0);
  return [...timesUs]
    .map(([name, timeUs]) => ({ name, percent: (100 * timeUs) / totalUs }))
    .toSorted((a, b) => b.percent - a.percent);
}

function nameOf({
  functionName,
  url,
  lineNumber,
}: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${url.replace(/^file:.*\//, '')}:${lineNumber + 1}`;
}

export function formatSelfTimes(times: readonly SelfTime[]): string {
  const rows = times
    .slice(0, SHOWN_MAX)
    .map(({ name, percent }) => [name, `${percent.toFixed(1)}%`]);
  return formatTable(['self time in the leader, from its start to its end', 'busy time'], rows);
}
