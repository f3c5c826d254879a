import { formatFigure } from '../quantities.ts';
import { spreadOf } from '../statistics.ts';
import { formatTable } from '../table.ts';
import type { Failover } from './killing.ts';

export function formatFailovers(failovers: readonly Failover[]): string {
  const row = (name: string, values: readonly number[]) => {
    const { min, median, p90, max } = spreadOf(values);
    return [name, ...[min, median, p90, max].map(formatFigure)];
  };
  const rows = [
    row(
      'until a publish called after it is acked',
      failovers.map(({ ackMs }) => ackMs),
    ),
    row(
      'until a survivor says that it leads',
      failovers.map(({ leaderMs }) => leaderMs),
    ),
  ];
  const titles = [`ms after kill -9 (${failovers.length} times)`, 'min', 'median', 'p90', 'max'];
  return formatTable(titles, rows);
}
