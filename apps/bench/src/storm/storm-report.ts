import { formatCount, formatFigure } from '../quantities.ts';
import { formatTable } from '../table.ts';
import { FAULT_KINDS, type Faults } from './faults.ts';
import type { StormFigures } from './storm-run.ts';

/** Everything `bench storm` has to say. */
export function formatStorm(figures: StormFigures, faults: Faults): string {
  return [
    formatTotals(figures),
    formatSettlements(figures),
    formatNodes(figures),
    formatTable(
      ['what must not be', 'messages'],
      FAULT_KINDS.map((kind) => [kind, formatCount(faults.of(kind))]),
    ),
    ...(faults.isClean ? ['Everything adds up.'] : [faults.told.join('\n')]),
  ].join('\n\n');
}

function formatTotals({ totals, stormSeconds, kills, failures }: StormFigures): string {
  const titles = ['', 'published', 'duplicates', 'acked', 'dead', 'delivered', 's', 'messages/s'];
  const { published, duplicates, acked, dead, delivered } = totals;
  const counts = [published, duplicates, acked, dead, delivered].map(formatCount);
  const rate = formatCount(published / stormSeconds);
  const leaders = kills.filter(({ led }) => led).length;
  return [
    formatTable(titles, [['messages', ...counts, formatFigure(stormSeconds), rate]]),
    `${kills.length} times kill -9, of which ${leaders} of the leader; tries without success: ${formatCounts(failures)}`,
  ].join('\n\n');
}

function formatSettlements({ settlements, deaths }: StormFigures): string {
  const { done, already, late } = settlements;
  const titles = ['', 'ack', 'nack', 'release', 'reject', 'left to expire', 'repeated', 'late'];
  const { ack, nack, release, reject, forget } = done;
  const counts = [ack, nack, release, reject, forget, already, late].map(formatCount);
  return `${formatTable(titles, [['settlements', ...counts]])}\n\ndead letters: ${formatCounts(deaths)}`;
}

function formatNodes({ stats, states }: StormFigures): string {
  const titles = ['node', 'published', 'acked', 'dead', 'delivered', 'failed', 'entry', 'state'];
  const rows = stats.map(({ published, acked, dead, delivered, failed }, node) => {
    const state = states.find((each) => each.node === node);
    const counts = [published, acked, dead, delivered, failed].map(formatCount);
    return [String(node), ...counts, formatCount(state?.index ?? 0), state?.hash ?? ''];
  });
  return formatTable(titles, rows);
}

function formatCounts(counts: Readonly<Record<string, number>>): string {
  const entries = Object.entries(counts);
  if (entries.length === 0) return 'none';
  return entries.map(([what, count]) => `${what} ${formatCount(count)}`).join(', ');
}
