import { formatBytes, formatCount, formatFigure, formatPercent } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { CallFigures } from '../traffic/call-watch.ts';
import type { Step } from './membership-steps.ts';
import { isGoodCatchUp, RATE_LOSS_MAX, type SnapshotCatchUp } from './snapshot-catch-up.ts';

/** Steps that belong together, and what the clients felt of them. */
export interface Stage {
  readonly steps: readonly Step[];
  readonly calls: CallFigures;
}

export function formatStages(stages: readonly Stage[]): string {
  const rows = stages.flatMap(({ steps, calls }) =>
    steps.map(({ what, tookMs }, at) => {
      const felt = [calls.publishes, calls.failed].map(formatCount);
      const isLast = at === steps.length - 1;
      const cells = isLast ? [...felt, formatFigure(calls.longestPublishMs)] : [];
      return [what, formatFigure(tookMs), ...cells];
    }),
  );
  const titles = ['membership under load', 'ms', 'publishes', 'failed', 'longest publish ms'];
  return formatTable(titles, rows);
}

export function formatCatchUp(figures: SnapshotCatchUp): string {
  const { steadyPerSecond, missedMessages, heldIndex, compactedIndex, snapshotMs } = figures;
  const part = (rate: number) => [
    formatCount(rate),
    formatPercent((100 * rate) / Math.max(1, steadyPerSecond)),
  ];
  const rates = formatTable(
    ['acked messages', 'per second', 'of steady'],
    [
      ['three nodes, steady', ...part(steadyPerSecond)],
      ['without one follower', ...part(figures.awayPerSecond)],
      ['while its process starts', ...part(figures.startingPerSecond)],
      ['from its start until it has caught up', ...part(figures.catchingUpPerSecond)],
      ['in the worst second of that', ...part(figures.worstPerSecond)],
    ],
  );
  const way =
    figures.installed > 0
      ? `by snapshot (installed ${figures.installed} times): ${formatBytes(figures.storeBytes)} of store, ` +
        `${formatFigure(snapshotMs)} ms from its first chunk until it was in force`
      : '! without a snapshot';
  return [
    `A follower missed ${formatCount(missedMessages)} messages; it held entries up to ${formatCount(heldIndex)}, ` +
      `the leader's log began after ${formatCount(compactedIndex)}`,
    rates,
    `caught up within ${formatFigure(figures.caughtUpMs)} ms, ${way}`,
    isGoodCatchUp(figures)
      ? `the rate stayed within ${100 * RATE_LOSS_MAX} % of the steady one`
      : `! the rate fell by more than ${100 * RATE_LOSS_MAX} %, or no snapshot came`,
  ].join('\n\n');
}
