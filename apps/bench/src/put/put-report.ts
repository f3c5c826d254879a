import { formatBytes, formatCount, formatFigure, formatPercent } from '../quantities.ts';
import { formatTable } from '../table.ts';
import {
  firstCostUs,
  firstWriteCalls,
  isValid,
  type Level,
  type Measurement,
  medianOf,
  ratePerSecond,
  ratioOf,
  type Round,
  totalCostUs,
} from './put-figures.ts';

/** From this share of a core on, the echo and not the load generator is what was measured. */
const ECHO_CPU_PERCENT_MIN = 90;

/** Everything `bench put` has to say about its rounds, ratios first. */
export function formatLevels(levels: readonly Level[]): string {
  return [
    'PUT /message: medians of the valid rounds',
    formatRates(levels),
    'CPU: % of one core, µs per request; system calls that write, per request',
    formatCosts(levels),
    'Memory of the nodes after the last round, leader first: resident (own, without mapped files)',
    formatTable(
      ['connections', 'memory'],
      levels.map((level) => [String(level.connections), formatMemory(level)]),
    ),
    ...levels.flatMap(warningsOf),
  ].join('\n\n');
}

function formatRates(levels: readonly Level[]): string {
  const titles = [
    'connections',
    'ratio',
    ...rateTitles('RRMQ'),
    ...rateTitles('echo'),
    'valid rounds',
  ];
  const rows = levels.map((level) => [
    String(level.connections),
    formatFigure(ratioOf(level)),
    ...rateCells(level, ({ rrmq }) => rrmq),
    ...rateCells(level, ({ echo }) => echo),
    `${level.rounds.filter(isValid).length}/${level.rounds.length}`,
  ]);
  return formatTable(titles, rows);
}

function rateTitles(server: string): string[] {
  return [`${server}/s`, 'p50 ms', 'p99 ms', 'non-2xx', 'errors'];
}

function rateCells(level: Level, of: (round: Round) => Measurement): string[] {
  const count = (figure: (measurement: Measurement) => number) =>
    formatCount(level.rounds.reduce((sum, round) => sum + figure(of(round)), 0));
  return [
    formatFigure(medianOf(level, (round) => ratePerSecond(of(round)))),
    formatFigure(medianOf(level, (round) => of(round).load.p50Ms)),
    formatFigure(medianOf(level, (round) => of(round).load.p99Ms)),
    count(({ load }) => load.non2xx),
    count(({ load }) => load.errors),
  ];
}

function formatCosts(levels: readonly Level[]): string {
  const rrmqTitles = [
    'leader',
    'followers',
    'loader',
    'others',
    'leader µs',
    'all nodes µs',
    'leader writes',
  ];
  const titles = ['connections', ...rrmqTitles, 'echo', 'loader', 'others', 'echo µs'];
  const rows = levels.map((level) => {
    const figure = (of: (round: Round) => number | undefined) => formatFigure(medianOf(level, of));
    return [
      String(level.connections),
      ...cpuCells(level, ({ rrmq }) => rrmq),
      figure(({ rrmq }) => firstCostUs(rrmq)),
      figure(({ rrmq }) => totalCostUs(rrmq)),
      figure(({ rrmq }) => firstWriteCalls(rrmq)),
      ...cpuCells(level, ({ echo }) => echo),
      figure(({ echo }) => firstCostUs(echo)),
    ];
  });
  return formatTable(titles, rows);
}

/** The first process, the others of the server if it has such, the load generator, and whatever else runs. */
function cpuCells(level: Level, of: (round: Round) => Measurement): string[] {
  const percent = (figure: (measurement: Measurement) => number | undefined) =>
    formatPercent(medianOf(level, (round) => figure(of(round))));
  const [first, ...followers] = level.rounds.slice(0, 1).flatMap((round) => of(round).processes);
  const cells = followers.map((_, at) => percent(({ processes }) => processes[at + 1]?.cpuPercent));
  return [
    percent(({ processes }) => (first === undefined ? undefined : processes[0]?.cpuPercent)),
    ...(cells.length > 0 ? [cells.join(' ')] : []),
    percent(({ loaderCpuPercent }) => loaderCpuPercent),
    percent(({ othersCpuPercent }) => othersCpuPercent),
  ];
}

function formatMemory({ rounds }: Level): string {
  const processes = rounds.at(-1)?.rrmq.processes ?? [];
  return processes
    .map((usage) => `${formatBytes(usage?.residentBytes)} (${formatBytes(usage?.anonymousBytes)})`)
    .join(', ');
}

function warningsOf(level: Level): string[] {
  const { connections, rounds } = level;
  const warnings: string[] = [];
  const invalid = rounds.filter((round) => !isValid(round)).length;
  if (invalid > 0) {
    warnings.push(
      `! ${connections} connections: ${invalid} rounds invalid: not all answers were 200`,
    );
  }
  const echoCpu = medianOf(level, ({ echo }) => echo.processes[0]?.cpuPercent);
  if (connections > 1 && echoCpu !== undefined && echoCpu < ECHO_CPU_PERCENT_MIN) {
    warnings.push(
      `! ${connections} connections: the echo used ${formatPercent(echoCpu)} of a core, less than ` +
        `${ECHO_CPU_PERCENT_MIN}%: its rate was limited by the load generator or by other work on the ` +
        'machine, so the ratio is too good; compare µs per request',
    );
  }
  return warnings;
}
