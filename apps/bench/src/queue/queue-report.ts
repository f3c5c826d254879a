import { formatBytes, formatCount, formatFigure } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { CommandFigures } from './meter.ts';
import {
  type Measured,
  type QueueLevel,
  commandsPerSecond,
  executedPerSecond,
  flatness,
  medianPerSecond,
  sustainedPerSecond,
} from './queue-figures.ts';

/** Everything `bench queue` has to say. */
export function formatQueueLevels(levels: readonly QueueLevel[]): string {
  return [
    'Messages per second of executing alone, by backlog; ratio: longest to shortest backlog',
    formatRates(levels, executedPerSecond),
    'The same, if each command took as long as the median one: what other work on the machine spoils least',
    formatRates(levels, medianPerSecond),
    'Messages per second with flushes in the background and waiting for the disk',
    formatRates(levels, sustainedPerSecond),
    'One command: commands per second of executing alone, and µs, with the longest backlog',
    formatLatencies(levels),
    'Filling and flushing: blocked is the event loop in a flush, held what waited for the disk',
    formatFlushing(levels),
  ].join('\n\n');
}

/** The levels of each kind, by ascending backlog. */
function byKind(levels: readonly QueueLevel[]): QueueLevel[][] {
  const kinds = [...new Set(levels.map(({ kind }) => kind))];
  return kinds.map((kind) =>
    levels.filter((level) => level.kind === kind).toSorted((a, b) => a.backlog - b.backlog),
  );
}

function formatRates(
  levels: readonly QueueLevel[],
  rate: (figures: CommandFigures) => number,
): string {
  const backlogs = [...new Set(levels.map(({ backlog }) => backlog))].toSorted((a, b) => a - b);
  const rows = byKind(levels).flatMap((ofKind) =>
    (ofKind[0]?.measured ?? []).map((measured) => {
      const rates = ofKind.map((level) => rate(sameIn(level, measured).figures));
      return [nameOf(ofKind, measured), ...rates.map(formatFigure), formatFigure(flatness(rates))];
    }),
  );
  return formatTable(['messages/s', ...backlogs.map(formatCount), 'ratio'], rows);
}

function formatLatencies(levels: readonly QueueLevel[]): string {
  const rows = byKind(levels).flatMap((ofKind) =>
    (ofKind.at(-1)?.measured ?? []).map((measured) => {
      const { figures } = measured;
      const { p50Us, p99Us, maxUs } = figures;
      const rates = [commandsPerSecond(figures), p50Us, p99Us, maxUs];
      return [nameOf(ofKind, measured), ...rates.map(formatFigure)];
    }),
  );
  return formatTable(['one command', 'commands/s', 'p50 µs', 'p99 µs', 'max µs'], rows);
}

function formatFlushing(levels: readonly QueueLevel[]): string {
  const rows = levels.map(({ kind, backlog, filling, storeBytes, flushing }) => [
    `${kind} ${formatCount(backlog)}`,
    formatFigure(sustainedPerSecond(filling)),
    formatBytes(Math.round(storeBytes / backlog)),
    formatCount(flushing.flushes),
    formatFigure(flushing.blockedMs / flushing.flushes),
    formatFigure(flushing.longestBlockMs),
    formatFigure(flushing.heldMs),
  ]);
  const titles = ['backlog', 'fill/s', 'disk/message', 'flushes'];
  return formatTable([...titles, 'blocked ms each', 'at most', 'held ms'], rows);
}

const nameOf = ([level]: readonly QueueLevel[], { operation, batch }: Measured): string =>
  `${level?.kind} ${operation} ${batch}`;

function sameIn({ measured }: QueueLevel, { operation, batch }: Measured): Measured {
  const found = measured.find((each) => each.operation === operation && each.batch === batch);
  if (found === undefined) throw new Error(`${operation} was not measured with each backlog`);
  return found;
}
