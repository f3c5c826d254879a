import { describe, expect, it } from '@jest/globals';
import type { Usage } from '../src/machine/usage-meter.ts';
import {
  firstCostUs,
  firstWriteCalls,
  isValid,
  type Level,
  type Measurement,
  ratioOf,
  type Round,
  totalCostUs,
} from '../src/put/put-figures.ts';
import { formatLevels } from '../src/put/put-report.ts';
import { makeBody } from '../src/put/put.ts';

function makeUsage(cpuMs: number): Usage {
  const residentBytes = 100 * 1024 * 1024;
  const anonymousBytes = 60 * 1024 * 1024;
  return {
    cpuMs,
    cpuPercent: cpuMs / 20,
    residentBytes,
    anonymousBytes,
    diskWriteBytes: 0,
    writeCalls: 7500,
  };
}

function measure(requests: number, processes: readonly Usage[], non2xx = 0): Measurement {
  const load = { requests, seconds: 2, non2xx, errors: 0, p50Ms: 1, p99Ms: 2, maxMs: 3 };
  return { load, processes, loaderCpuPercent: 50, othersCpuPercent: 10 };
}

function makeRound(rrmq: number, echo: number, non2xx = 0): Round {
  const nodes = [makeUsage(1000), makeUsage(400), makeUsage(600)];
  return { rrmq: measure(rrmq, nodes, non2xx), echo: measure(echo, [makeUsage(1900)]) };
}

const level: Level = {
  connections: 64,
  rounds: [makeRound(5000, 10_000), makeRound(9000, 10_000, 1), makeRound(7000, 10_000)],
};

describe('the figures of put', () => {
  it('the ratio is the median of the ratios of the valid rounds', () => {
    expect(ratioOf(level)).toBeCloseTo(0.6);
  });

  it('one answer that is no success makes a round invalid, and a level of such has no ratio', () => {
    const bad = makeRound(9000, 10_000, 1);
    expect(isValid(bad)).toBe(false);
    expect(ratioOf({ connections: 1, rounds: [bad] })).toBeUndefined();
  });

  it('a round without any answer is invalid', () => {
    expect(isValid(makeRound(0, 10_000))).toBe(false);
  });

  it('processor time and system calls are shared out over the requests', () => {
    const { rrmq } = makeRound(5000, 10_000);
    expect(firstCostUs(rrmq)).toBe(200);
    expect(totalCostUs(rrmq)).toBe(400);
    expect(firstWriteCalls(rrmq)).toBe(1.5);
  });

  it('the report shows ratios first, counts what failed and says that a round is invalid', () => {
    const report = formatLevels([level]);
    expect(report).toMatch(/connections +ratio +RRMQ\/s/);
    expect(report).toMatch(/^64 +0\.60 +3,000 +1\.00 +2\.00 +1 +0 +5,000.* 2\/3$/m);
    expect(report).toContain('! 64 connections: 1 rounds invalid');
    expect(report).toContain('100.0 MiB (60.0 MiB)');
  });

  it('the report says when the echo was not at its limit', () => {
    const { rrmq, echo } = makeRound(5000, 10_000);
    const idle = { ...echo, processes: [makeUsage(1000)] };
    expect(formatLevels([{ connections: 64, rounds: [{ rrmq, echo: idle }] }])).toContain(
      'the echo used 50% of a core',
    );
  });

  it('a body has exactly the wished size', () => {
    expect(makeBody(100)).toHaveLength(100);
    expect(JSON.parse(makeBody(100))).toMatchObject({ topic: 'bench' });
  });
});
