/** Shown where nothing could be measured. */
export const UNKNOWN = '–';

/** `12,345`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `0.44`, `12.3` or `1,234`: three digits that count, more only before the point. */
export function formatFigure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const magnitude = Math.abs(value);
  if (magnitude < 10) return value.toFixed(2);
  return magnitude < 100 ? value.toFixed(1) : formatCount(value);
}

/** A share of one core: `93%`, or `0.4%` below ten. */
export function formatPercent(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return UNKNOWN;
  return `${value.toFixed(value < 10 ? 1 : 0)}%`;
}

/** `17.3 MiB`. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return UNKNOWN;
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
