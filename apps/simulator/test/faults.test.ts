import { describe, expect, it } from '@jest/globals';
import { type Report, runSeed } from '../src/scenario.ts';
import type { Moment } from '../src/timeline/moment.ts';

/** One that has several families of faults. */
const SEED = 11;

async function faultsOf(without: ReadonlySet<number>): Promise<{ drawn: string[]; done: Report }> {
  const drawn: string[] = [];
  const log = ({ atMs, who, what }: Moment): void => {
    if (who.startsWith('fault')) drawn.push(`${atMs} ${who} ${what.replace(' (left out)', '')}`);
  };
  return { done: await runSeed(SEED, { log, without, length: 'short' }), drawn };
}

describe('a fault that is left out', () => {
  it('changes neither which faults come later nor when', async () => {
    const all = await faultsOf(new Set());
    const leftOut = new Set([...all.drawn.keys()].filter((number) => number % 3 !== 1));
    const some = await faultsOf(leftOut);
    expect(all.drawn.length).toBeGreaterThan(15);
    expect(all.done.injections).toBe(all.drawn.length);
    expect(some.drawn).toEqual(all.drawn);
    expect(totalOf(some.done.faults)).toBe(all.drawn.length - leftOut.size);
  }, 60_000);

  it('is numbered, so that a seed can go without any', async () => {
    const { done } = await faultsOf(new Set(Array.from({ length: 1_000 }).keys()));
    expect(done.injections).toBeGreaterThan(15);
    expect(done.faults).toEqual({});
  }, 60_000);
});

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);
