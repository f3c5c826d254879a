import { formatBytes, formatCount, formatFigure, formatPercent, UNKNOWN } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { Trend } from './flatness.ts';
import type { NodeSample, Sample } from './sampling.ts';

/** All samples, one a row; the figures of the nodes stand side by side, in MiB. */
export function formatSamples(samples: readonly Sample[]): string {
  const titles = [
    's',
    'acked/s',
    'popped/s',
    'backlog',
    'failed',
    'log MiB',
    'store MiB',
    'on disk MiB',
    'own memory MiB',
    'mapped MiB',
  ];
  const rows = samples.map((sample) => {
    const each = (of: (node: NodeSample) => number | undefined) =>
      sample.nodes.map((node) => formatMebibytes(of(node))).join(' ');
    return [
      formatCount(sample.atSeconds),
      formatCount(sample.ackedPerSecond),
      formatCount(sample.poppedPerSecond),
      formatCount(sample.backlog),
      formatCount(sample.failed),
      each(({ logBytes }) => logBytes),
      each(({ storeBytes }) => storeBytes),
      each(({ storeAllocatedBytes }) => storeAllocatedBytes),
      each(({ anonymousBytes }) => anonymousBytes),
      each(({ fileBytes }) => fileBytes),
    ];
  });
  return formatTable(titles, rows);
}

function formatMebibytes(bytes: number | undefined): string {
  return bytes === undefined ? UNKNOWN : (bytes / 1024 / 1024).toFixed(1);
}

/** The last third of the run beside the one before, and what follows. */
export function formatTrends(trends: readonly Trend[]): string {
  const rows = trends.map(({ what, middle, last, isFlat }) => {
    const show = what.endsWith('bytes') ? (value: number) => formatBytes(value) : formatFigure;
    const change = middle === 0 ? undefined : (100 * (last - middle)) / middle;
    return [
      what.replace(', bytes', ''),
      show(middle),
      show(last),
      change === undefined
        ? UNKNOWN
        : `${change < 0 ? '-' : '+'}${formatPercent(Math.abs(change))}`,
      isFlat ? 'yes' : 'NO',
    ];
  });
  const table = formatTable(['mean of', 'middle third', 'last third', 'change', 'flat'], rows);
  const verdict = trends.every(({ isFlat }) => isFlat) ? 'flat' : '! not flat';
  return `${table}\n\n${verdict}`;
}
