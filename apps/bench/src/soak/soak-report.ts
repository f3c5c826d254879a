import { formatBytes, formatCount, formatFigure, formatPercent, UNKNOWN } from '../quantities.ts';
import { formatTable } from '../table.ts';
import { hasNotGrown, type Trend } from './flatness.ts';
import type { NodeSample, Sample } from './sampling.ts';

/** All samples, one a row; the figures of the nodes stand side by side, in MiB. */
export function formatSamples(samples: readonly Sample[]): string {
  const titles = [
    's',
    'acked/s',
    'popped/s',
    'backlog',
    'failed',
    'others',
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
      formatPercent(sample.othersCpuPercent),
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
  const rows = trends.map(({ what, unit, middle, last, isFlat: isSteady }) => {
    const show = unit === 'bytes' ? (value: number) => formatBytes(value) : formatFigure;
    return [what, show(middle), show(last), formatChange(middle, last), isSteady ? 'yes' : 'NO'];
  });
  const table = formatTable(['mean of', 'middle third', 'last third', 'change', 'flat'], rows);
  const hasSlowed = trends.some((trend) => trend.unit === 'per second' && !trend.isFlat);
  return [
    table,
    hasNotGrown(trends) ? 'log, store and memory: flat' : '! log, store or memory: not flat',
    ...(hasSlowed ? ['! the rate fell: is it the machine? "others" is other work on it'] : []),
  ].join('\n\n');
}

function formatChange(before: number, after: number): string {
  if (before === 0) return UNKNOWN;
  const percent = (100 * (after - before)) / before;
  return `${percent < 0 ? '-' : '+'}${formatPercent(Math.abs(percent))}`;
}
