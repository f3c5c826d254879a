import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const program = join(import.meta.dirname, '../dist/main.js');

function simulate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 120_000 });
}

describe('a campaign', () => {
  it('counts the same, however many processes share the seeds', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rrmq-campaign-'));
    const tallies = ['1', '2'].map((workers) => {
      const out = join(folder, `${workers}.json`);
      const seeds = ['--from', '5', '--seeds', '6', '--short', '--workers', workers, '--out', out];
      expect(simulate(...seeds)).toMatchObject({ status: 0 });
      return { ...(JSON.parse(readFileSync(out, 'utf8')) as object), tookMs: 0 };
    });
    rmSync(folder, { recursive: true });
    expect(tallies[0]).toMatchObject({ seeds: 6, failures: [] });
    expect(tallies[1]).toEqual(tallies[0]);
  }, 120_000);

  it('that is interrupted ends with what it has found so far', async () => {
    const child = spawn(process.execPath, [program, '--minutes', '5', '--from', '1', '--short']);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(stdout).toContain('from seed 1 on');
    expect(stdout).toContain('no failure');
    expect(code).toBe(0);
  }, 120_000);

  it.each([
    [['--seed', 'x'], 'It must be a whole number'],
    [['--minutes', '-1'], 'It must be a number above 0'],
    [['--nonsense'], 'unknown option'],
  ])('refuses %j', (args, words) => {
    const { status, stderr } = simulate(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(words);
  });
});
