import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MUTANTS } from '../src/mutants.ts';

const program = join(import.meta.dirname, '../dist/main.js');

/** Those that a few seeds catch; `pnpm mutants` runs all of them. */
const QUICK = [
  'forget-vote-on-restart',
  'forget-vote-on-step-down',
  'request-votes-before-sync',
  'own-vote-before-sync',
  'vote-reply-before-sync',
  'up-to-date-not-asked',
  'term-not-adopted-durably',
  'commit-old-term-by-count',
  'answer-before-sync',
  'ack-append-before-sync',
  'count-own-entries-before-sync',
  'truncate-on-stale-append',
  'keep-conflicting-entries',
  'commit-beyond-match',
  'heartbeat-commit-not-clamped',
  'match-of-earlier-leadership',
  'old-half-not-counted',
  'old-half-not-asked',
  'no-joint-phase',
  'single-step-before-no-op',
  'second-change-before-first-is-committed',
  'configuration-in-force-when-committed',
  'read-before-applied',
  'follower-reads-its-own-commit',
  'snapshot-of-uncommitted-configuration',
  'snapshot-without-its-configuration',
  'snapshot-adopted-before-rename',
  'snapshot-in-force-before-its-record',
  'snapshot-acknowledged-when-complete',
  'snapshot-adopted-before-whole',
  'snapshot-of-two-transfers',
  'write-not-awaited',
  'rename-without-directory-sync',
  'compaction-before-mark',
  'head-of-an-earlier-vote',
  'flush-ahead-of-own-log',
  'marked-before-sync',
  'applied-index-apart-from-state',
  'pop-depends-on-the-node',
  'producers-not-flushed',
  'producers-not-in-snapshot',
  'late-settlement-accepted',
  'leases-not-put-off',
  'nack-unblocks-key',
  'extend-keeps-old-deadline',
  'dead-letter-counted-twice',
  'full-topic-drops-though-it-rejects',
  'delayed-message-due-twice',
  'leased-message-expires',
];

/** Thirty times as many as the most patient one takes. */
const SEEDS = 100;

function mutants(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'mutants', ...args], {
    encoding: 'utf8',
    timeout: 590_000,
  });
  return { status, output: stdout + stderr };
}

describe('re-injected bugs', () => {
  it('all fit the source: each fragment stands there once', () => {
    const { status, output } = mutants('--build');
    expect(output).toContain(`${MUTANTS.length} mutants fit the source`);
    expect(status).toBe(0);
  }, 180_000);

  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(30);
  });

  it(`are caught within ${SEEDS} seeds, ${QUICK.length} of them`, () => {
    const { status, output } = mutants('--seeds', String(SEEDS), '--only', QUICK.join(','));
    expect(output).toContain(`${QUICK.length} of ${QUICK.length} mutants caught`);
    expect(status).toBe(0);
  }, 600_000);
});
