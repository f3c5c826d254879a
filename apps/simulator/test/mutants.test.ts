import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MUTANTS } from '../src/mutants.ts';

const program = join(import.meta.dirname, '../dist/main.js');

/** Those that a few seeds catch; `pnpm mutants` runs all of them. */
const QUICK = ['request-votes-before-sync'];

/** Ten times as many as the most patient one takes. */
const SEEDS = 100;

function mutants(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'mutants', ...args], {
    encoding: 'utf8',
    timeout: 290_000,
  });
  return { status, output: stdout + stderr };
}

describe('re-injected bugs', () => {
  it('all fit the source, which they change in one place each', () => {
    const { status, output } = mutants('--build');
    expect(output).toContain(`${MUTANTS.length} mutants fit the source`);
    expect(status).toBe(0);
  }, 60_000);

  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(30);
  });

  it(`are caught: ${QUICK.join(', ')}`, () => {
    const { status, output } = mutants('--seeds', String(SEEDS), '--only', QUICK.join(','));
    expect(output).toContain(`${QUICK.length} of ${QUICK.length} mutants caught`);
    expect(status).toBe(0);
  }, 300_000);
});
