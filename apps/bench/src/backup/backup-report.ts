import { formatBytes, formatCount, formatFigure } from '../quantities.ts';
import { formatTable } from '../table.ts';
import type { Transfer } from './backup-transfer.ts';
import { type BackupComparison, isTrueCopy } from './ordered-drain.ts';

/** Everything that `bench backup` measured. */
export interface BackupFigures {
  /** Acked before the backup was asked for. */
  readonly filled: number;
  readonly saved: Transfer;
  readonly restored: Transfer & { readonly messages: number };
  /** Acked messages per second before and while the backup was saved. */
  readonly loadPerSecond: number;
  readonly loadWhileSavingPerSecond: number;
  readonly comparison: BackupComparison;
}

export function formatBackup(figures: BackupFigures): string {
  const { saved, restored, comparison, filled } = figures;
  const row = (what: string, { bytes, tookMs }: Transfer) => [
    what,
    formatBytes(bytes),
    formatFigure(tookMs / 1000),
    formatFigure(bytes / 1e6 / (tookMs / 1000)),
    formatCount(restored.messages / (tookMs / 1000)),
  ];
  const { sourceMessages, restoredMessages, differing, missing } = comparison;
  return [
    formatTable(
      ['backup', 'size', 's', 'MB/s', 'messages/s'],
      [row('saved under load', saved), row('restored into an empty cluster', restored)],
    ),
    `publishes meanwhile: ${formatCount(figures.loadWhileSavingPerSecond)}/s, before ${formatCount(figures.loadPerSecond)}/s`,
    `${formatCount(filled)} messages acked before it, ${formatCount(restoredMessages)} in it, ` +
      `${formatCount(sourceMessages)} in the source at the end`,
    isTrueCopy(comparison)
      ? 'the restored messages are those of the source up to the point of the backup, in the same order'
      : `! ${formatCount(differing)} topics differ, ${formatCount(missing)} messages are missing`,
  ].join('\n\n');
}
