import { describe, expect, it } from '@jest/globals';
import { LatencyBuckets } from '../src/raft/latency-buckets.ts';
import {
  entriesPerSecond,
  entriesPerWrite,
  isValidRound,
  medianOfRounds,
  megabytesPerSecond,
  type RaftRound,
  writeMs,
} from '../src/raft/raft-figures.ts';
import { formatRaftLevels } from '../src/raft/raft-report.ts';

function makeRound(committed: number, failed = 0): RaftRound {
  const disk = { writes: 100, bytes: 30_000_000, tookMs: 250 };
  return {
    job: { entryBytes: 256, window: 4096, warmUpSeconds: 5, seconds: 10 },
    result: { seconds: 2, committed, failed, p50Ms: 10, p99Ms: 20, disk },
    processes: [],
    othersCpuPercent: 3,
  };
}

describe('the figures of the library', () => {
  const level = { entryBytes: 256, rounds: [makeRound(200_000), makeRound(600_000, 1)] };

  it('are rates and shares of the durable writes', () => {
    const round = makeRound(200_000);
    expect(entriesPerSecond(round)).toBe(100_000);
    expect(megabytesPerSecond(round)).toBe(25.6);
    expect(entriesPerWrite(round)).toBe(2000);
    expect(writeMs(round)).toBe(2.5);
  });

  it('a round in which a proposal failed does not count', () => {
    expect(level.rounds.map(isValidRound)).toEqual([true, false]);
    expect(medianOfRounds(level, entriesPerSecond)).toBe(100_000);
  });

  it('are shown beside what is aimed at', () => {
    const report = formatRaftLevels([level], 4096);
    expect(report).toMatch(/^256 B +100,000 +200,000 +NO, 50% +25\.6 .*1\/2$/m);
    expect(formatRaftLevels([{ ...level, rounds: [makeRound(500_000)] }], 1)).toContain(
      'yes, 125%',
    );
    expect(formatRaftLevels([{ entryBytes: 7, rounds: [] }], 1)).toMatch(/^7 B +– +– +– /m);
  });
});

describe('latency buckets', () => {
  it('know percentiles to 20 µs', () => {
    const latencies = new LatencyBuckets();
    expect(latencies.percentile(50)).toBe(0);
    for (let ms = 1; ms <= 100; ms++) latencies.record(ms);
    expect(latencies.percentile(50)).toBeCloseTo(50, 1);
    expect(latencies.percentile(99)).toBeCloseTo(99, 1);
  });

  it('take what is far too long, and forget all', () => {
    const latencies = new LatencyBuckets();
    latencies.record(60_000);
    expect(latencies.percentile(50)).toBeCloseTo(4000, 0);
    latencies.clear();
    expect(latencies.percentile(50)).toBe(0);
  });
});
