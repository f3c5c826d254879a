import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { SimDisk } from '../../src/testing/sim-disk.ts';
import {
  DIRECTORY,
  append,
  appendSingly,
  caught,
  commands,
  contentsOf,
  mark,
  markOf,
  openLog,
  seeded,
  simDisk,
  writeOf,
} from './log-kit.ts';

const BALLAST = { ballastBytes: 65_536, segmentBytes: { first: 4096, later: 16_384 } };

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

describe('the ballast (W06)', () => {
  it('holds room, gives it free, and is made again', async () => {
    const disk = simDisk();
    const log = await openLog(disk, BALLAST);
    const withoutBytes = log.stats().bytes;
    expect(await log.prepareBallast()).toBe(true);
    expect(log.stats().bytes).toBe(withoutBytes + 65_536);
    expect(disk.contents(`${DIRECTORY}/ballast`)).toHaveLength(65_536);
    expect(await log.releaseBallast()).toBe(true);
    expect(await disk.list(DIRECTORY)).not.toContain('ballast');
    expect([await log.releaseBallast(), log.stats().bytes]).toEqual([false, withoutBytes]);
    expect(await log.prepareBallast()).toBe(true);
  });

  it('of an earlier boot is found, and can be given free before it is', async () => {
    const disk = simDisk();
    const log = await openLog(disk, BALLAST);
    await log.prepareBallast();
    await log.close({ clean: true });
    const again = await openLog(disk, BALLAST);
    expect(await again.prepareBallast()).toBe(true);
    expect(again.stats().bytes).toBeGreaterThan(65_536);
    await again.close({ clean: true });
    const third = await openLog(disk, BALLAST);
    expect(await third.releaseBallast()).toBe(true);
    expect(await disk.list(DIRECTORY)).not.toContain('ballast');
  });

  it('is not made of the last room, and its failure is nobody’s', async () => {
    const disk = simDisk();
    const log = await openLog(disk, BALLAST);
    disk.setCapacity(disk.usedBytes + 2 * 65_536 - 1);
    expect(await log.prepareBallast()).toBe(false);
    disk.setCapacity(Infinity);
    disk.failNext('sync');
    expect(await log.prepareBallast()).toBe(false);
    expect(await disk.list(DIRECTORY)).not.toContain('ballast.tmp');
    await appendSingly(log, 3);
    expect(await log.prepareBallast()).toBe(true);
  });

  it('that is half made is given free, too, and a closed log makes none', async () => {
    const disk = simDisk();
    const log = await openLog(disk, BALLAST);
    const preparing = log.prepareBallast();
    await log.releaseBallast();
    expect(await preparing).toBe(false);
    expect(await disk.list(DIRECTORY)).toEqual(['000000000001.log']);
    await log.close({ clean: true });
    expect([await log.prepareBallast(), await log.releaseBallast()]).toEqual([false, false]);
  });

  it('keeps the log going when there is no room for the next segment', async () => {
    const disk = simDisk();
    const log = await openLog(disk, BALLAST);
    await log.prepareBallast();
    await appendSingly(log, 1, 1000);
    disk.setCapacity(disk.usedBytes);
    await appendSingly(log, 30, 1000);
    expect(await disk.list(DIRECTORY)).not.toContain('ballast');
    const text = await contentsOf(log);
    disk.crash();
    expect(await contentsOf(await openLog(disk))).toBe(text);
  });

  it('lets a node start on a full disk', async () => {
    for (const name of ['ballast', 'spare']) {
      const disk = simDisk();
      const log = await openLog(disk, BALLAST);
      if (name === 'ballast') await log.prepareBallast();
      else log.prepareSpare();
      await appendSingly(log, 2, 1000);
      await settled();
      const text = await contentsOf(log);
      await log.close({ clean: false });
      disk.setCapacity(disk.usedBytes);
      const again = await openLog(disk, BALLAST);
      expect(await contentsOf(again)).toBe(text);
      expect(await disk.list(DIRECTORY)).not.toContain(name);
      disk.setCapacity(disk.usedBytes);
      await again.close({ clean: false });
      expect(await caught(openLog(disk, BALLAST))).toMatchObject({ code: 'ENOSPC' });
      disk.setCapacity(Infinity);
      expect(await contentsOf(await openLog(disk, BALLAST))).toBe(text);
    }
  });

  it('is not needed while segments that a mark covers are used again', async () => {
    const disk = simDisk();
    const log = await openLog(disk, BALLAST);
    await log.prepareBallast();
    log.prepareSpare();
    const round = async () => {
      await appendSingly(log, 5, 1000);
      await mark(log, markOf(log.durable));
    };
    for (let n = 0; n < 20; n += 1) await round();
    await settled();
    disk.setCapacity(disk.usedBytes + 16_384);
    for (let n = 0; n < 100; n += 1) await round();
    expect(await disk.list(DIRECTORY)).toContain('ballast');
  });
});

describe('a disk that is full', () => {
  it('does not stop the log for segments that could go early', async () => {
    const disk = new SimDisk({
      random: seeded(1),
      delay: ({ kind, path }) => {
        if (kind === 'write' && path.endsWith('spare.tmp'))
          throw new Error('no spare in this test');
      },
    });
    const log = await openLog(disk, { segmentBytes: { first: 4096, later: 4096 } });
    await appendSingly(log, 10, 1000);
    disk.setCapacity(disk.usedBytes);
    await mark(log, markOf(11));
    await settled();
    expect(log.compacted).toBe(0);
    disk.setCapacity(Infinity);
    await mark(log, markOf(11));
    await settled();
    expect(log.compacted).toBeGreaterThan(5);
  });

  it('stops the log when even the ballast is gone (W05)', async () => {
    const disk = simDisk();
    const failures: string[] = [];
    const log = await openLog(disk, {
      ...BALLAST,
      onFailure: ({ message }) => failures.push(message),
    });
    await appendSingly(log, 1, 1000);
    disk.setCapacity(disk.usedBytes);
    let done = 0;
    for (let index = 3; index < 20; index += 1) {
      const write = writeOf({ batches: [commands(index, ['x'.repeat(1000)])] });
      log.append(write, () => {
        done = index;
      });
    }
    await log.close({ clean: true });
    expect(failures).toEqual([expect.stringContaining('ENOSPC')]);
    disk.setCapacity(Infinity);
    const found = await openLog(disk);
    expect(found.durable).toBeGreaterThanOrEqual(done);
    await append(found, writeOf({ batches: [commands(found.durable + 1, ['there is room'])] }));
  });
});
