import { describe, expect, it } from '@jest/globals';
import { runSeed } from '../src/scenario.ts';

/** By family: what it is there for, as the reports call it. */
const MET: readonly (readonly [string, readonly string[]])[] = [
  ['full-disks', ['disk-full', 'store-full']],
  ['failing-disks', ['write-failed']],
  ['corruption', ['corruption-refused', 'flip-without-effect', 'node-replaced']],
  ['wipes', ['wiped-node-refused', 'node-replaced']],
  ['versions', ['unknown-version-refused']],
  ['snapshots', ['snapshot-interrupted', 'snapshot-after-interruption']],
  ['slow-disks', ['slow-disk', 'leader-applied-before-own-disk']],
  ['membership', ['leader-ended-in-joint-configuration']],
];

/** So many seeds are enough to meet all of it, and mostly the first few are. */
const SEEDS = 20;

describe('a family of faults brings about what it is there for', () => {
  it.each(MET)(
    '%s: %s',
    async (family, marks) => {
      const missing = new Set(marks);
      for (let seed = 1; seed <= SEEDS && missing.size > 0; seed += 1) {
        const { seen } = await runSeed(seed, { families: [family], length: 'short' });
        for (const mark of marks) if ((seen[mark] ?? 0) > 0) missing.delete(mark);
      }
      expect([...missing]).toEqual([]);
    },
    120_000,
  );
});

it('a seed without faults keeps the leader that it elected first', async () => {
  const report = await runSeed(1, { families: [], length: 'short' });
  expect(report.faults).toEqual({});
  expect(report.injections).toBe(0);
});
