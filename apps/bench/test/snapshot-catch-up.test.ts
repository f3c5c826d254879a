import { describe, expect, it } from '@jest/globals';
import { parseEvents } from '../src/cluster/node-log.ts';
import { formatCatchUp } from '../src/members/members-report.ts';
import {
  isGoodCatchUp,
  type SnapshotCatchUp,
  snapshotIn,
} from '../src/members/snapshot-catch-up.ts';

const LOG = `
{"level":"info","time":"2026-01-01T00:00:00.000Z","event":"opened","last":7,"msg":"…"}
{"level":"info","time":"2026-01-01T00:00:01.000Z","event":"snapshot-receiving","index":40,"msg":"…"}
{"level":"info","time":"2026-01-01T00:00:02.000Z","event":"snapshot-receiving","index":50,"msg":"…"}
rrmq-node: WARNING: no JSON
null
{"level":"info","time":"2026-01-01T00:00:02.500Z","event":"snapshot-installed","index":50,"msg":"…"}
{"level":"info","time":"2026-01-01T00:00:03.0`;

const figures: SnapshotCatchUp = {
  steadyPerSecond: 1000,
  awayPerSecond: 1200,
  startingPerSecond: 700,
  catchingUpPerSecond: 800,
  worstPerSecond: 600,
  missedMessages: 1_000_000,
  heldIndex: 7,
  compactedIndex: 40,
  caughtUpMs: 1500,
  snapshotMs: 500,
  installed: 1,
  storeBytes: 3 * 1024 * 1024,
};

describe('catching up by snapshot', () => {
  it('is seen in the log of the node', () => {
    const events = parseEvents(LOG);
    expect(events.map(({ event }) => event)).toEqual([
      'opened',
      'snapshot-receiving',
      'snapshot-receiving',
      'snapshot-installed',
    ]);
    expect(snapshotIn(events)).toEqual({ installed: 1, snapshotMs: 500 });
    expect(snapshotIn(events.slice(0, 2))).toEqual({ installed: 0, snapshotMs: undefined });
  });

  it.each([
    ['good when the rate stays near the steady one', figures, true],
    ['bad when it falls by half', { ...figures, catchingUpPerSecond: 500 }, false],
    ['bad when no snapshot came', { ...figures, installed: 0 }, false],
  ])('is %s', (_what, each, isGood) => {
    expect(isGoodCatchUp(each)).toBe(isGood);
    expect(formatCatchUp(each).includes('the rate stayed within 30 %')).toBe(isGood);
  });

  it('is told with both rates, the size and the time', () => {
    const report = formatCatchUp(figures);
    expect(report).toMatch(/^three nodes, steady +1,000 +100%$/m);
    expect(report).toMatch(/until it has caught up +800 +80%$/m);
    expect(report).toContain('3.0 MiB of store, 500 ms');
  });
});
