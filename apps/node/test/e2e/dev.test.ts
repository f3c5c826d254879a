import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { freePortRow } from '../processes/free-ports.ts';
import { Program } from '../processes/program.ts';
import { TempFolder } from '../processes/temp-folder.ts';
import { until } from '../processes/until.ts';

const run = promisify(execFile);

describe('rrmq-node dev', () => {
  it('prints calls that work as printed, also when it is started again', async () => {
    using folder = new TempFolder();
    const basePort = await freePortRow(3, 100);
    for (const expected of ['orders', 'orders-2']) {
      await using dev = await startDev(folder, basePort);
      expect(dev.stdout).toMatch(/node +url +role +term +pid/);
      const outputs = await runCurlLines(dev);
      expect(outputs[2]).toBe('{"success":true,"message":"hello"}');
      expect(JSON.parse(outputs[3] ?? '')).toMatchObject({
        topics: expect.arrayContaining([expected]),
      });
      expect(dev.stdout.includes('data of an earlier run')).toBe(expected !== 'orders');
      dev.signal('SIGINT');
      expect(await dev.exited).toEqual({ code: 0, signal: null });
      expect(dev.stdout).toContain('All nodes are stopped.');
      await expectNothingLeft(dev);
    }
  }, 60_000);

  it('ends its nodes when it is killed, and so does a whole process group', async () => {
    using folder = new TempFolder();
    const dev = await startDev(folder, await freePortRow(3, 100));
    process.kill(-dev.pid, 'SIGKILL');
    await dev.exited;
    await expectNothingLeft(dev);
  });

  it('says which port is taken, and leaves nothing running', async () => {
    using folder = new TempFolder();
    const basePort = await freePortRow(3, 100);
    const holder = createServer().listen(basePort + 1, '127.0.0.1');
    await once(holder, 'listening');
    await using dev = new Program(['dev', '--base-port', String(basePort)], { cwd: folder.path });
    expect(await dev.exited).toEqual({ code: 3, signal: null });
    expect(dev.stderr).toContain(`Port ${basePort + 1} is taken`);
    expect(dev.stderr).toContain('--base-port');
    expect(readdirSync(folder.path)).toEqual([]);
    holder.close();
  });

  it('tells of a dead node and of the loss of the majority', async () => {
    using folder = new TempFolder();
    await using dev = await startDev(folder, await freePortRow(3, 100));
    const [first, second, third] = pidsOf(dev);
    process.kill(first ?? 0, 'SIGKILL');
    await until('words about the first', () =>
      dev.stderr.includes('2 of 3 nodes are left and serve on') ? true : undefined,
    );
    expect(dev.stderr).toContain('was killed by SIGKILL');
    process.kill(second ?? 0, 'SIGKILL');
    await until('words about the majority', () =>
      dev.stderr.includes('Only 1 of its 3 nodes is left') ? true : undefined,
    );
    process.kill(third ?? 0, 'SIGKILL');
    expect(await dev.exited).toEqual({ code: 1, signal: null });
  });

  it('refuses a cluster that makes no sense', async () => {
    using folder = new TempFolder();
    await using dev = new Program(['dev', '--nodes', '0'], { cwd: folder.path });
    expect(await dev.exited).toEqual({ code: 2, signal: null });
    expect(dev.stderr).toContain('--nodes is "0"');
  });
});

/** A local cluster that has printed its table and calls. */
async function startDev(folder: TempFolder, basePort: number): Promise<Program> {
  const args = ['dev', '--base-port', String(basePort)];
  const dev = new Program(args, { cwd: folder.path, detached: true });
  await until('the cluster is up', () => {
    if (!dev.isRunning) throw new Error(`ended: ${dev.stderr}`);
    return dev.stdout.includes('Ctrl-C stops the cluster.') ? true : undefined;
  });
  return dev;
}

async function runCurlLines(dev: Program): Promise<string[]> {
  const lines = dev.stdout.split('\n').filter((line) => line.startsWith('  curl '));
  expect(lines).toHaveLength(5);
  const outputs: string[] = [];
  for (const line of lines) {
    const { stdout } = await run('sh', ['-c', line.replace('curl ', 'curl -sf ')]);
    outputs.push(stdout);
  }
  return outputs;
}

/** From the table. */
function pidsOf(dev: Program): number[] {
  const rows = dev.stdout.split('\n').filter((line) => /^ +\d+ +http/.test(line));
  const pids = rows.map((row) => Number(row.split(/ +/).at(-1)));
  expect(pids).toHaveLength(3);
  return pids;
}

async function expectNothingLeft(dev: Program): Promise<void> {
  await until('no node is left', () => (pidsOf(dev).some(isRunning) ? undefined : true));
}

/** A zombie, which its new parent has not yet asked about, runs no more. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
