import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readRegressions, replay } from '../src/shrinking/regression.ts';

const cases = readRegressions(join(import.meta.dirname, '../regressions'));

describe('what the simulator has found stays mended', () => {
  it(`in each of ${cases.length} cases`, async () => {
    const failed: string[] = [];
    for (const { found, ...each } of cases) {
      const { kind } = await replay({ found, ...each });
      if (kind === 'failed') failed.push(`seed ${each.seed}: ${found}`);
      if (kind === 'stale') {
        const text = `seed ${each.seed} means something else now; a script must take its place: ${found}`;
        process.stderr.write(`regressions.test: ${text}\n`);
      }
    }
    expect(failed).toEqual([]);
  }, 120_000);

  it('a case whose faults are others by now says so', async () => {
    const { kind } = await replay({
      seed: 7,
      length: 'short',
      keep: { 0: 'no such fault' },
      found: '',
    });
    expect(kind).toBe('stale');
  }, 60_000);
});
