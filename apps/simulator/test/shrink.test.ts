import { describe, expect, it } from '@jest/globals';
import { shrink } from '../src/shrinking/shrink.ts';

const all = Array.from({ length: 100 }, (_, number) => number);

/** Fails as long as all of these are kept, and counts how often it was asked. */
function needing(...needed: readonly number[]) {
  const asked = { times: 0 };
  const fails = async (kept: readonly number[]): Promise<boolean> => {
    asked.times += 1;
    return needed.every((number) => kept.includes(number));
  };
  return { fails, asked };
}

describe('a failure is shrunk', () => {
  it.each([
    ['nothing at all', []],
    ['one fault', [42]],
    ['the first and the last', [0, 99]],
    ['five here and there', [3, 17, 18, 60, 91]],
  ])('to what it needs: %s', async (_, needed) => {
    const { fails, asked } = needing(...needed);
    expect(await shrink(all, fails, { runsMax: 1_000 })).toEqual(needed);
    expect(asked.times).toBeLessThan(150);
  });

  it('within a bound, however little that brings', async () => {
    const { fails, asked } = needing(3, 17, 18, 60, 91);
    const kept = await shrink(all, fails, { runsMax: 10 });
    expect(asked.times).toBe(10);
    expect(await fails(kept)).toBe(true);
  });

  it('to nothing it could do without, where it needs one of two', async () => {
    const fails = async (kept: readonly number[]) => kept.includes(10) || kept.includes(90);
    expect(await shrink(all, fails, { runsMax: 1_000 })).toHaveLength(1);
  });
});
