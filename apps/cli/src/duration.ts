import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Longest duration, in ms: what a Node.js timer can wait. */
const DURATION_MS_MAX = 2 ** 31 - 1;

/** `250ms`, `5s`, `1.5m` or `1h` in ms, at least 1 ms and at most 24 days. Refuses a number without a unit. */
export function parseDuration(text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (unitMs[unit] ?? Number.NaN));
  if (ms < 1) throw new InvalidArgumentError('It must be above zero, at least 1ms.');
  if (ms > DURATION_MS_MAX) throw new InvalidArgumentError('It must be at most 596h.');
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError('It must be a duration such as 250ms, 5s or 1m.');
}

/** A parser of whole numbers from `min` to `max`. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}
