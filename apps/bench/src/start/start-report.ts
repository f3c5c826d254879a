import { formatFigure } from '../quantities.ts';
import { median, spreadOf } from '../statistics.ts';
import { formatTable } from '../table.ts';
import type { StartTimes } from './start-times.ts';

export function formatStarts(starts: readonly StartTimes[]): string {
  const titles = [
    'nodes',
    'listening',
    'CPU',
    'last one',
    'last → leader',
    'start → leader',
    'stays',
  ];
  const rows = starts.map((times) => [
    String(times.nodes),
    formatFigure(median(times.listeningMs)),
    formatFigure(medianOfKnown(times.listeningCpuMs)),
    formatFigure(Math.max(...times.listeningMs)),
    formatFigure(times.leaderAfterLastMs),
    formatFigure(times.leaderAfterStartMs),
    times.isStable ? 'yes' : 'NO',
  ]);
  const heading =
    'Start of a cluster, in ms ("listening" and "CPU" until then: medians of its nodes)';
  return `${heading}\n\n${formatTable(titles, rows)}`;
}

function medianOfKnown(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : median(known);
}

export function formatFirstLeaders(starts: readonly StartTimes[]): string {
  const row = (name: string, values: readonly number[]) => {
    const { min, median: middle, p90, max } = spreadOf(values);
    return [name, ...[min, middle, p90, max].map(formatFigure)];
  };
  const rows = [
    row(
      'process start → listening',
      starts.flatMap(({ listeningMs }) => listeningMs),
    ),
    row(
      'last listening → leader',
      starts.map(({ leaderAfterLastMs }) => leaderAfterLastMs),
    ),
    row(
      'first start → leader',
      starts.map(({ leaderAfterStartMs }) => leaderAfterStartMs),
    ),
  ];
  const table = formatTable([`ms`, 'min', 'median', 'p90', 'max'], rows);
  return `${starts[0]?.nodes ?? 0} nodes, ${starts.length} starts\n\n${table}`;
}
