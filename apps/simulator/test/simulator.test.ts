import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const program = join(import.meta.dirname, '../dist/main.js');

/** Seeds of each run of the test suite; `pnpm simulate --seeds 2000` runs more. */
const SEEDS = 300;

function simulate(...args: string[]): { status: number | null; stdout: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  return { status, stdout: stdout + stderr };
}

describe('simulated clusters', () => {
  it(`keep what they promise over ${SEEDS} seeds`, () => {
    const { status, stdout } = simulate('--short', '--seeds', String(SEEDS));
    expect(stdout).toContain('no failure');
    expect(stdout).toContain(`${SEEDS} seeds`);
    expect(status).toBe(0);
  }, 250_000);

  it('do the same again for the same seed', () => {
    const [first, second] = [
      simulate('--short', '--seed', '7'),
      simulate('--short', '--seed', '7'),
    ];
    expect(first.stdout).toMatch(/trace [0-9a-f]{8}/);
    expect(first.stdout).toBe(second.stdout);
  }, 60_000);
});
