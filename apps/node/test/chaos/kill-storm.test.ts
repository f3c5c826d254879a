import { describe, expect, it } from '@jest/globals';
import { TestCluster } from '../processes/test-cluster.ts';
import { killLeaders } from './kill-storm.ts';

/** `pnpm chaos --rounds 20` is the long campaign. */
const ROUNDS = Number(process.env['RRMQ_CHAOS_ROUNDS'] ?? '3');
const ROUND_MS_MAX = 30_000;

describe('kill -9 of the leader under load', () => {
  it(
    `${ROUNDS} times: every acked message pops exactly once, in order, none is invented`,
    async () => {
      await using cluster = await TestCluster.start(3);
      const { failoversMs, accounts } = await killLeaders(cluster, ROUNDS);

      const sorted = failoversMs.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
      const acked = accounts.reduce((sum, account) => sum + account.acked, 0);
      const unknown = accounts.reduce((sum, account) => sum + account.unknown, 0);
      process.stdout.write(
        `kill -9 of the leader, ${ROUNDS} rounds: first acked publish after ${Math.round(median)} ms (median), ${Math.round(sorted.at(-1) ?? 0)} ms (longest); ${acked} acked, ${unknown} unknown\n`,
      );
      expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
      expect(acked).toBeGreaterThan(0);
    },
    (ROUNDS + 2) * ROUND_MS_MAX,
  );
});
