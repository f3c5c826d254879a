import { describe, expect, it } from '@jest/globals';
import { hasNotGrown, trendsOf } from '../src/soak/flatness.ts';
import type { Sample } from '../src/soak/sampling.ts';
import { formatSamples, formatTrends } from '../src/soak/soak-report.ts';

const MIB = 1024 * 1024;

function sample(atSeconds: number, storeMib: number, ackedPerSecond = 1000): Sample {
  const storeBytes = storeMib * MIB;
  const node = {
    logBytes: 64 * MIB,
    storeBytes: storeBytes + MIB,
    storeAllocatedBytes: storeBytes,
    anonymousBytes: 80 * MIB,
    fileBytes: 40 * MIB,
  };
  const rates = { ackedPerSecond, poppedPerSecond: ackedPerSecond };
  return { atSeconds, ...rates, backlog: 10, othersCpuPercent: 5, failed: 0, nodes: [node] };
}

const run = (...storeMib: number[]) => storeMib.map((each, at) => sample(at, each));

describe('the verdict of a soak', () => {
  it.each([
    ['a store that only filled up at first', [1, 20, 40, 40, 40, 40], true],
    ['one that shrinks', [40, 40, 40, 40, 20, 20], true],
    ['growth of a few hundred KiB', [1, 1, 1, 1, 1.5, 1.5], true],
    ['growth by 10 %', [40, 40, 40, 40, 44, 44], true],
    ['growth by 20 %', [40, 40, 40, 40, 48, 48], false],
    ['growth without an end', [10, 20, 30, 40, 50, 60], false],
  ])('%s', (_what, storeMib, isFlat) => {
    const trends = trendsOf(run(...storeMib));
    expect(hasNotGrown(trends)).toBe(isFlat);
    expect(formatTrends(trends)).toContain(isFlat ? 'memory: flat' : 'memory: not flat');
  });

  it('compares the last third with the middle one', () => {
    const store = trendsOf(run(1, 1, 20, 30, 40, 60)).find(({ what }) => what.startsWith('store'));
    expect(store).toMatchObject({ middle: 25 * MIB, last: 50 * MIB });
  });

  it('a rate that falls is told, and is no growth', () => {
    const samples = [1000, 1000, 1000, 1000, 500, 500].map((rate, at) => sample(at, 1, rate));
    const trends = trendsOf(samples);
    expect(hasNotGrown(trends)).toBe(true);
    expect(formatTrends(trends)).toMatch(/acked messages +1,000 +500 +-50% +NO/);
  });

  it('needs a few samples', () => {
    expect(() => trendsOf(run(1, 1, 1))).toThrow('too few');
  });

  it('the table has a row for each sample', () => {
    expect(formatSamples(run(1, 2))).toMatch(/^1 +1,000 +1,000 +10 +0 +5\.0% +64\.0 +3\.0 +2\.0 /m);
  });
});
