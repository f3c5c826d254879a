import { describe, expect, it } from '@jest/globals';
import { median, percentile, spreadOf } from '../src/statistics.ts';

describe('statistics', () => {
  it.each([
    [[5], 5],
    [[3, 1, 2], 2],
    [[10, 1, 2, 3], 2.5],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it.each([
    [50, 50],
    [99, 99],
    [99.5, 100],
    [100, 100],
    [0.1, 1],
  ])('of 1 to 100 the percentile %d is %d', (percent, expected) => {
    const values = Array.from({ length: 100 }, (_, at) => 100 - at);
    expect(percentile(values, percent)).toBe(expected);
  });

  it('figures are sorted as numbers, and the given ones stay as they are', () => {
    const values = [9, 100, 10];
    expect(spreadOf(values)).toEqual({ min: 9, median: 10, p90: 100, max: 100 });
    expect(values).toEqual([9, 100, 10]);
  });

  it('there is no median and no percentile of nothing', () => {
    expect(() => median([])).toThrow('no values');
    expect(() => percentile([], 50)).toThrow('no values');
  });
});
