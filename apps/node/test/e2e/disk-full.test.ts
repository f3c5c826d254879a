import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { RrmqError, connect } from '@rrmq/client';
import { Program } from '../processes/program.ts';
import { freePorts } from '../processes/free-ports.ts';
import { pop, publish } from '../processes/seed-calls.ts';
import { TempFolder } from '../processes/temp-folder.ts';
import { until } from '../processes/until.ts';

/** Room for two segments, the ballast, the store and the reserve. */
const DISK_MIB = 400;
const MIB = 2 ** 20;

/** A file system of its own, in memory. Disposing of it unmounts it. */
class SmallDisk {
  readonly folder = new TempFolder();
  readonly path = this.folder.file('disk');

  constructor() {
    mkdirSync(this.path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', this.path]);
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  [Symbol.dispose](): void {
    execFileSync('umount', [this.path]);
    this.folder[Symbol.dispose]();
  }
}

function canMount(): boolean {
  try {
    new SmallDisk()[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

const isPossible = canMount();
if (!isPossible) process.stderr.write('disk-full.test: no tmpfs can be mounted here: skipped\n');

(isPossible ? describe : describe.skip)('a disk that fills up', () => {
  it('W06 is met ahead of time: publishes are refused, pops go on, and nothing acked is lost', async () => {
    using disk = new SmallDisk();
    const [port = 0, internal = 0] = await freePorts(2);
    const config = disk.folder.file('config.json');
    const address = { ip: '127.0.0.1', port, internal_port: internal };
    writeFileSync(config, JSON.stringify({ addresses: [address] }));
    const url = `http://127.0.0.1:${port}`;
    const args = [config, '0', '--data-dir', join(disk.path, 'data'), '--log-format', 'json'];
    await using node = new Program(args, { cwd: disk.folder.path });
    await node.logged('listening');
    await using client = connect([url]);
    await client.createTopic('t');
    const acked = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const message of acked) await client.publish('t', message);

    // The log's reserves are made in the background: only then is the rest free for others.
    const filler = join(disk.path, 'filler');
    const leaveFree = (bytes: number): Promise<true> =>
      until('a filled disk', () => {
        rmSync(filler, { force: true });
        const size = Math.max(0, disk.freeBytes - bytes);
        try {
          execFileSync('fallocate', ['-l', String(size), filler], { stdio: 'ignore' });
          return true;
        } catch {
          // The node took some of it meanwhile.
          return undefined;
        }
      });
    await leaveFree(32 * MIB);
    const full = await until('a refusal for the full disk', async () => {
      const answer = await publish(url, 't', 'more').catch(() => undefined);
      if (answer?.status === 200) acked.push('more');
      return answer?.status === 507 ? answer : undefined;
    });
    expect(full.error).toContain('disk-full');
    expect(node.log.find(({ event }) => event === 'room-changed')).toBeDefined();
    const refusal = await client.publish('t', 'x').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RrmqError);
    expect(refusal).toMatchObject({ code: 'disk-full', outcome: 'none' });

    // Not a byte left: what shrinks the state goes on all the same.
    await leaveFree(0);
    const popped: unknown[] = [];
    for (let i = 0; i < 20; i += 1) popped.push((await pop(url, 't')).body['message']);
    expect(node.isRunning).toBe(true);

    rmSync(filler);
    await until('a publish that works again', async () => {
      const { status } = await publish(url, 't', 'late');
      return status === 200 ? true : undefined;
    });
    acked.push('late');
    for (;;) {
      const { status, body } = await pop(url, 't');
      if (status === 404) break;
      popped.push(body['message']);
    }
    expect(popped).toEqual(acked);
  }, 60_000);
});
