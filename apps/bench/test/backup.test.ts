import { describe, expect, it } from '@jest/globals';
import { formatBackup } from '../src/backup/backup-report.ts';
import { compareDrained, isTrueCopy } from '../src/backup/ordered-drain.ts';

const source = [
  [4, 0, 2, 6],
  [1, 3, 5],
];

describe('a restored backup', () => {
  it.each([
    ['true when it is all of the source', source, true],
    [
      'true when it is a beginning of the source',
      [
        [4, 0, 2],
        [1, 3],
      ],
      true,
    ],
    [
      'not when a message is missing in between',
      [
        [4, 2, 6],
        [1, 3],
      ],
      false,
    ],
    [
      'not when two are swapped',
      [
        [0, 4],
        [1, 3],
      ],
      false,
    ],
    [
      'not when it has more than the source',
      [
        [4, 0],
        [1, 3, 5, 7],
      ],
      false,
    ],
    ['not when it lacks what was acked before it', [[4, 0], [1]], false],
    ['not when a topic is missing', [[4, 0]], false],
  ])('is a copy: %s', (_what, restored, isTrue) => {
    expect(isTrueCopy(compareDrained(source, restored, 2))).toBe(isTrue);
  });

  it('is told with rates, and with what is wrong', () => {
    const transfer = { bytes: 4_000_000, tookMs: 2000 };
    const figures = {
      filled: 4,
      saved: transfer,
      restored: { ...transfer, messages: 40_000 },
      loadPerSecond: 900,
      loadWhileSavingPerSecond: 800,
      comparison: compareDrained(source, [[4, 0]], 2),
    };
    const report = formatBackup(figures);
    expect(report).toMatch(/^saved under load +3\.8 MiB +2\.00 +2\.00 +20,000$/m);
    expect(report).toContain('! 0 topics differ, 2 messages are missing');
  });
});
