import { formatBytes, formatCount, formatFigure, formatPercent, UNKNOWN } from '../quantities.ts';
import { formatTable } from '../table.ts';
import {
  aimOf,
  entriesPerSecond,
  entriesPerWrite,
  entryCostUs,
  isValidRound,
  medianOfRounds,
  megabytesPerSecond,
  type RaftLevel,
  type RaftRound,
  writeMs,
} from './raft-figures.ts';

/** Everything `bench raft` has to say about its rounds. */
export function formatRaftLevels(levels: readonly RaftLevel[], window: number): string {
  return [
    `The library alone: the leader keeps ${formatCount(window)} proposals under way; medians of the valid rounds`,
    formatRates(levels),
    'Durable writes of the leader: entries and bytes in one, and how long it took on average',
    formatWrites(levels),
    'CPU: % of one core; µs of all nodes for an entry; memory of the leader after the last round',
    formatCosts(levels),
  ].join('\n\n');
}

function formatRates(levels: readonly RaftLevel[]): string {
  const titles = ['entry', 'entries/s', 'aim', 'reached', 'MB/s', 'p50 ms', 'p99 ms', 'valid'];
  const rows = levels.map((level) => {
    const figure = figureOf(level);
    return [
      formatBytes(level.entryBytes),
      figure(entriesPerSecond),
      aimOf(level) === undefined ? UNKNOWN : formatCount(aimOf(level) ?? 0),
      formatReached(level),
      figure(megabytesPerSecond),
      figure(({ result }) => result.p50Ms),
      figure(({ result }) => result.p99Ms),
      `${level.rounds.filter(isValidRound).length}/${level.rounds.length}`,
    ];
  });
  return formatTable(titles, rows);
}

/** How much of its aim a level came to. */
function formatReached(level: RaftLevel): string {
  const rate = medianOfRounds(level, entriesPerSecond);
  const aim = aimOf(level);
  if (rate === undefined || aim === undefined) return UNKNOWN;
  return `${rate >= aim ? 'yes' : 'NO'}, ${formatPercent((100 * rate) / aim)}`;
}

function formatWrites(levels: readonly RaftLevel[]): string {
  const rows = levels.map((level) => {
    const bytes = medianOfRounds(level, ({ result: { disk } }) =>
      disk.writes === 0 ? undefined : Math.round(disk.bytes / disk.writes),
    );
    const figure = figureOf(level);
    const perSecond = figure(({ result }) => result.disk.writes / result.seconds);
    return [
      formatBytes(level.entryBytes),
      figure(entriesPerWrite),
      formatBytes(bytes),
      figure(writeMs),
      perSecond,
    ];
  });
  return formatTable(['entry', 'entries/write', 'bytes/write', 'ms/write', 'writes/s'], rows);
}

function formatCosts(levels: readonly RaftLevel[]): string {
  const rows = levels.map((level) => {
    const percent = (figure: (round: RaftRound) => number | undefined) =>
      formatPercent(medianOfRounds(level, figure));
    const [leader, ...followers] = level.rounds.at(-1)?.processes ?? [];
    return [
      formatBytes(level.entryBytes),
      percent(({ processes }) => processes[0]?.cpuPercent),
      followers.map((_, at) => percent(({ processes }) => processes[at + 1]?.cpuPercent)).join(' '),
      percent(({ othersCpuPercent }) => othersCpuPercent),
      figureOf(level)(entryCostUs),
      `${formatBytes(leader?.residentBytes)} (${formatBytes(leader?.anonymousBytes)})`,
    ];
  });
  return formatTable(
    ['entry', 'leader', 'followers', 'others', 'µs/entry', 'resident (own)'],
    rows,
  );
}

function figureOf(level: RaftLevel) {
  return (figure: (round: RaftRound) => number | undefined): string =>
    formatFigure(medianOfRounds(level, figure));
}
