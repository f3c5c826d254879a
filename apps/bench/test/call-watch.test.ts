import { describe, expect, it } from '@jest/globals';
import { formatRounds } from '../src/rolling/rolling-report.ts';
import { CallWatch, sumCalls } from '../src/traffic/call-watch.ts';

describe('the watch over calls', () => {
  it('counts calls, failures and the longest one, stretch by stretch', () => {
    const watch = new CallWatch();
    const nowMs = performance.now();
    watch.publishEnded(nowMs - 500, undefined);
    watch.publishEnded(nowMs - 20, undefined);
    watch.popEnded(nowMs - 30, new Error('gone'));
    const first = watch.take();
    expect(first).toMatchObject({ publishes: 2, pops: 1, failed: 1, failures: ['pop: gone'] });
    expect(first.longestPublishMs).toBeGreaterThanOrEqual(500);
    expect(first.longestPopMs).toBeLessThan(500);
    watch.popEnded(nowMs, undefined);
    const second = watch.take();
    expect(second).toMatchObject({ publishes: 0, pops: 1, failed: 0, longestPublishMs: 0 });
    expect(sumCalls([first, second])).toMatchObject({ publishes: 2, pops: 2, failed: 1 });
  });

  it('rounds are shown one by one and in all, with what failed', () => {
    const calls = new CallWatch();
    calls.publishEnded(performance.now(), new Error('no leader'));
    const restart = { node: 0, wasLeader: true, leftMs: 100, leftWell: true, backMs: 900 };
    const killed = { ...restart, node: 1, wasLeader: false, leftWell: false };
    const rounds = [{ restarts: [restart, killed], calls: calls.take() }];
    const report = formatRounds(rounds);
    expect(report).toMatch(/^1 +1 +0 +1 .* 1 +100 +900$/m);
    expect(report).toMatch(/^all +1 +0 +1 /m);
    expect(report).toContain('! publish: no leader');
    expect(report).toContain('! 1 nodes did not leave by themselves');
  });
});
