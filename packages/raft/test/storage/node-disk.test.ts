import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryLocked } from '../../src/storage/log-errors.ts';
import { NodeDisk } from '../../src/storage/node-disk.ts';
import { verifyDirectory } from '../../src/storage/verify.ts';
import { appendSingly, caught, contentsOf, mark, markOf, openLog } from './log-kit.ts';

let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rrmq-log-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** A process that lives until it is told to end; its stdin holds it. */
function otherProcess() {
  return spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

/** A dead process that its parent never asks about, while `parent` lives. */
async function zombie() {
  const script = '"$0" -e "" & echo $!; exec "$0" -e "process.stdin.resume()"';
  const parent = spawn('sh', ['-c', script, process.execPath], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const { readFile } = await import('node:fs/promises');
  while (!/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, 'utf8'))) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return { pid, parent };
}

/** Writes a lock as the given process would have, by the fields of `/proc/<pid>/stat`. */
async function lockedBy(pid: number, startedAt?: string): Promise<void> {
  const { readFile } = await import('node:fs/promises');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const ofProcess = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const holder = { pid, startedAt: startedAt ?? ofProcess, bootId: bootId.trim() };
  await writeFile(join(directory, 'lock-7'), JSON.stringify(holder));
}

describe('the log on a real disk', () => {
  it('is written, closed, opened, read and verified', async () => {
    const disk = new NodeDisk();
    const deep = join(directory, 'a', 'b');
    const log = await openLog(disk, { directory: deep });
    await appendSingly(log, 40, 700);
    const text = await contentsOf(log);
    await log.close({ clean: true });
    const again = await openLog(disk, { directory: deep });
    expect([again.recovered.clean, again.recovered.incarnation]).toEqual([true, 2]);
    expect(await contentsOf(again)).toBe(text);
    expect(await caught(verifyDirectory(disk, deep))).toBeInstanceOf(DirectoryLocked);
    await again.close({ clean: false });
    expect(await verifyDirectory(disk, deep)).toMatchObject({ last: 41, problem: undefined });
  });

  it('tells how much room there is', async () => {
    const free = await new NodeDisk().freeBytes(directory);
    expect(Number.isInteger(free)).toBe(true);
    expect(free).toBeGreaterThan(0);
  });

  it('is compacted, and uses segments again', async () => {
    const disk = new NodeDisk();
    const log = await openLog(disk, { directory, segmentBytes: { first: 4096, later: 8192 } });
    log.prepareSpare();
    for (let round = 0; round < 20; round += 1) {
      await appendSingly(log, 5, 1000);
      await mark(log, markOf(log.durable));
    }
    await log.close({ clean: true });
    expect(log.compacted).toBeGreaterThan(80);
    const files = (await readdir(directory)).filter((name) => /log$|spare|ballast/.test(name));
    expect(files.length).toBeLessThanOrEqual(6);
    const report = await verifyDirectory(disk, directory);
    expect(report).toMatchObject({ last: 101, compacted: log.compacted, problem: undefined });
  });

  it('reports errors with their codes', async () => {
    const error = await caught(new NodeDisk().open(join(directory, 'none'), 'read'));
    expect(error).toMatchObject({ code: 'ENOENT' });
  });
});

describe('the lock of a directory (W11)', () => {
  it('refuses a second taker in the same process, and is free after release', async () => {
    const disk = new NodeDisk();
    const lock = await disk.lock(directory);
    expect(await disk.lock(directory)).toBeUndefined();
    await lock?.release();
    const next = await disk.lock(directory);
    expect(next).toBeDefined();
    await next?.release();
  });

  it('refuses while another process holds it, and is free when that one is dead', async () => {
    const other = otherProcess();
    await once(other, 'spawn');
    await lockedBy(other.pid ?? 0);
    expect(await caught(openLog(new NodeDisk(), { directory }))).toBeInstanceOf(DirectoryLocked);
    other.kill('SIGKILL');
    await once(other, 'exit');
    const log = await openLog(new NodeDisk(), { directory });
    await log.close({ clean: true });
  });

  it('is free when the process that held it is a zombie', async () => {
    const { pid, parent } = await zombie();
    try {
      await lockedBy(pid);
      expect(await new NodeDisk().lock(directory)).toBeDefined();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('is free when the number of its process was given to another one since', async () => {
    await lockedBy(process.pid, '1');
    expect(await new NodeDisk().lock(directory)).toBeDefined();
  });

  it('goes to exactly one of many that find a dead holder', async () => {
    await lockedBy(process.pid, '1');
    const disk = new NodeDisk();
    const locks = await Promise.all(Array.from({ length: 20 }, () => disk.lock(directory)));
    expect(locks.filter((lock) => lock !== undefined)).toHaveLength(1);
    expect((await readdir(directory)).filter((name) => name.startsWith('lock'))).toHaveLength(1);
  });
});
