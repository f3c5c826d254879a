import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'rrmq-bench-'));
const data = join(folder, 'data');

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

function run(args: readonly string[], signalOn?: string): Promise<Outcome> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    if (signalOn !== undefined && output.includes(signalOn)) child.kill('SIGINT');
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })));
}

beforeAll(() => {
  if (!existsSync(program)) throw new Error(`${program} is missing: pnpm build first`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the programs', () => {
  it('put loads a cluster and an echo, prints ratios, writes JSON and leaves nothing behind', async () => {
    const json = join(folder, 'put.json');
    const lengths = ['--rounds', '1', '--seconds', '1', '--warm-up-seconds', '1'];
    const { code, output } = await run([
      'put',
      ...lengths,
      '--connections=4',
      `--directory=${data}`,
      `--json=${json}`,
    ]);
    expect(output).toMatch(/connections +ratio +RRMQ\/s/);
    expect(output).toContain('1/1');
    expect(code).toBe(0);
    const { ratios } = JSON.parse(readFileSync(json, 'utf8')) as { ratios: { ratio: number }[] };
    expect(ratios[0]?.ratio).toBeGreaterThan(0);
    expect(readdirSync(data)).toEqual([]);
  });

  it('raft starts a group, proposes in it and leaves nothing behind', async () => {
    const lengths = ['--rounds=1', '--seconds=1', '--warm-up-seconds=1', '--entry-bytes=64'];
    const { code, output } = await run(['raft', ...lengths, `--directory=${data}`]);
    expect(output).toMatch(/^64 B +[\d,]+ .* 1\/1$/m);
    expect(code).toBe(0);
    expect(readdirSync(data)).toEqual([]);
  });

  it('backup saves, restores and compares', async () => {
    const { code, output } = await run([
      'backup',
      '--messages=500',
      '--topics=4',
      '--connections=4',
      '--load-seconds=1',
      '--nodes=1',
      `--directory=${data}`,
    ]);
    expect(output).toContain('in the same order');
    expect(code).toBe(0);
    expect(readdirSync(data)).toEqual([]);
  });

  it('Ctrl-C ends a run early and cleans up', async () => {
    const { code } = await run(['put', '--directory', data], 'one durable write');
    expect(code).toBe(130);
    expect(readdirSync(data)).toEqual([]);
  });

  it.each([
    'put',
    'disk',
    'start',
    'failover',
    'idle',
    'raft',
    'soak',
    'rolling',
    'members',
    'backup',
    'storm',
  ])('%s --help explains it', async (name) => {
    const { code, output } = await run([name, '--help']);
    expect(code).toBe(0);
    expect(output).toContain(`Usage: bench ${name} [options]`);
  });

  it('a number out of range is refused', async () => {
    const { code, output } = await run(['put', '--rounds', '0']);
    expect(code).toBe(1);
    expect(output).toContain('It must be a whole number from 1 to 100.');
  });
});
