import { describe, expect, it } from '@jest/globals';
import { Meter } from '../src/queue/meter.ts';
import {
  commandsPerSecond,
  executedPerSecond,
  flatness,
  medianPerSecond,
  sustainedPerSecond,
} from '../src/queue/queue-figures.ts';

function measured() {
  const meter = new Meter();
  for (const ms of [1, 1, 8]) meter.executed(ms, 100);
  meter.passed(20);
  return meter.figures();
}

describe('figures of the queue', () => {
  it('tell executing alone from what flushes leave of it', () => {
    expect(executedPerSecond(measured())).toBeCloseTo(30_000);
    expect(commandsPerSecond(measured())).toBeCloseTo(300);
    expect(sustainedPerSecond(measured())).toBeCloseTo(15_000);
  });

  it('have a rate that one slow command does not change', () => {
    expect(medianPerSecond(measured())).toBeCloseTo(100_000);
  });

  it('know the median, the 99th percentile and the slowest command', () => {
    expect(measured()).toMatchObject({ p50Us: 1000, p99Us: 8000, maxUs: 8000 });
  });

  it('compare the longest backlog with the shortest one', () => {
    expect(flatness([200, 150, 100])).toBe(0.5);
    expect(flatness([])).toBeUndefined();
  });
});
