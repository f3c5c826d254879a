/**
 * The value that at least `percent` % of `values` do not exceed (nearest rank), `percent` above 0, at most 100.
 * @throws {RangeError} when there are no values.
 */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('no values, no percentile');
  return value;
}

/**
 * The middle value, or the mean of the two in the middle.
 * @throws {RangeError} when there are no values.
 */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const above = sorted[Math.floor(sorted.length / 2)];
  const below = sorted[Math.floor((sorted.length - 1) / 2)];
  if (above === undefined || below === undefined) throw new RangeError('no values, no median');
  return (below + above) / 2;
}

/** The smallest, middle, nearly largest and largest of some values. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
}

/** @throws {RangeError} when there are no values. */
export function spreadOf(values: readonly number[]): Spread {
  return {
    min: Math.min(...values),
    median: median(values),
    p90: percentile(values, 90),
    max: Math.max(...values),
  };
}
