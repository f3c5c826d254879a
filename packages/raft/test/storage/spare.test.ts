import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { SimDisk } from '../../src/testing/sim-disk.ts';
import type { DiskOperation } from '../../src/testing/sim-store.ts';
import { DIRECTORY, appendSingly, contentsOf, openLog, seeded, segmentNames } from './log-kit.ts';

/** A disk on which operations on the file that becomes the spare go as `work` says. */
function diskWhere(work: (operation: DiskOperation) => Promise<void> | undefined): SimDisk {
  return new SimDisk({
    random: seeded(1),
    delay: (operation) => (operation.path.endsWith('spare.tmp') ? work(operation) : undefined),
  });
}

describe('the spare segment', () => {
  it('keeps nobody waiting: while it is being made, the log goes on in small segments', async () => {
    const disk = diskWhere(({ kind }) => (kind === 'write' ? new Promise(() => {}) : undefined));
    const log = await openLog(disk);
    log.prepareSpare();
    await appendSingly(log, 20, 700);
    expect((await segmentNames(disk)).length).toBeGreaterThan(3);
    const text = await contentsOf(log);
    disk.kill();
    expect(await contentsOf(await openLog(disk))).toBe(text);
  });

  it('that there is no room for leaves the room that there is', async () => {
    const disk = diskWhere(({ kind }) => {
      if (kind === 'sync') throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      return undefined;
    });
    const log = await openLog(disk);
    log.prepareSpare();
    for (let turn = 1; turn <= 20; turn += 1) await setImmediate();
    expect(await disk.list(DIRECTORY)).not.toContain('spare.tmp');
    await appendSingly(log, 20, 700);
    await log.close({ clean: true });
  });

  it('that a process left half-made when it was killed is removed by the next one', async () => {
    const disk = diskWhere(({ kind }) => (kind === 'write' ? new Promise(() => {}) : undefined));
    const log = await openLog(disk);
    log.prepareSpare();
    for (let turn = 1; turn <= 20; turn += 1) await setImmediate();
    disk.kill();
    expect(await disk.list(DIRECTORY)).toContain('spare.tmp');
    await openLog(disk);
    expect(await disk.list(DIRECTORY)).not.toContain('spare.tmp');
  });
});
