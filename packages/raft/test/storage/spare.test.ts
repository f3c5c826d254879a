import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { LogDirectory } from '../../src/storage/log-directory.ts';
import { SpareSegment } from '../../src/storage/spare.ts';
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

/** It is written in four pieces. */
const SPARE_BYTES = 1_048_576;

/** A spare that is being made and rests after the first piece. */
async function restingSpare() {
  const disk = new SimDisk({ random: seeded(1) });
  await disk.makeDirectory(DIRECTORY);
  const rests: (() => void)[] = [];
  const rest = () => new Promise<void>((goOn) => void rests.push(goOn));
  const spare = new SpareSegment(new LogDirectory(disk, DIRECTORY), {
    bytes: SPARE_BYTES,
    smallBytes: 4096,
    pace: { nowMs: () => 0, rest },
  });
  spare.prepare();
  await settled();
  return { disk, spare, rests };
}

async function settled(): Promise<void> {
  for (let turn = 1; turn <= 50; turn += 1) await setImmediate();
}

describe('the spare segment', () => {
  it('that was missed is made without rests: small segments cost more', async () => {
    const { spare, rests } = await restingSpare();
    expect(await spare.take(512)).toEqual({ bytes: 4096, zeroFilled: true });
    rests[0]?.();
    await settled();
    expect([spare.bytes, rests.length]).toEqual([SPARE_BYTES, 1]);
  });

  it('that nobody missed is made slowly', async () => {
    const { spare, rests } = await restingSpare();
    rests[0]?.();
    await settled();
    expect([spare.bytes, rests.length]).toEqual([0, 2]);
  });

  it('that is being made gives way to a segment that the log no longer needs', async () => {
    const { disk, spare, rests } = await restingSpare();
    const old = await disk.open(`${DIRECTORY}/old`, 'create');
    await old.write(Buffer.alloc(SPARE_BYTES), 0);
    const offered = spare.offer('old', SPARE_BYTES);
    rests[0]?.();
    expect(await offered).toBe(true);
    expect([spare.bytes, await disk.list(DIRECTORY)]).toEqual([SPARE_BYTES, ['spare']]);
    expect(await spare.take(512)).toEqual({ bytes: SPARE_BYTES, zeroFilled: false });
  });

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
