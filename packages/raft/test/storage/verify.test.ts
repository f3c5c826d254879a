import { describe, expect, it } from '@jest/globals';
import { DirectoryLocked, NoLog } from '../../src/storage/log-errors.ts';
import { verifyDirectory } from '../../src/storage/verify.ts';
import {
  DIRECTORY,
  append,
  appendSingly,
  caught,
  commands,
  mark,
  markOf,
  openLog,
  segmentNames,
  simDisk,
  writeOf,
} from './log-kit.ts';

describe('verify', () => {
  it('reports what a good log holds and changes nothing', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    await appendSingly(log, 10, 1500);
    await append(log, writeOf({ truncateAfter: 9, batches: [commands(10, ['x'], 2)] }));
    await log.close({ clean: true });
    const before = await disk.list(DIRECTORY);
    const report = await verifyDirectory(disk, DIRECTORY);
    expect(report).toMatchObject({
      directory: DIRECTORY,
      entries: 12,
      frames: 13,
      last: 10,
      termRuns: [
        { first: 1, term: 1 },
        { first: 10, term: 2 },
      ],
      clean: true,
      tornBytes: 0,
      problem: undefined,
    });
    expect(report.segments.length).toBeGreaterThan(1);
    expect(await disk.list(DIRECTORY)).toEqual(before);
  });

  it('reports the mark, where the log begins, and the files beside it', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { ballastBytes: 4096 });
    await appendSingly(log, 12, 1500);
    await mark(log, markOf(11, { generation: 1 }));
    await log.prepareBallast();
    log.prepareSpare();
    await appendSingly(log, 6, 1500);
    await log.close({ clean: true });
    const report = await verifyDirectory(disk, DIRECTORY);
    expect(report).toMatchObject({
      compacted: log.compacted,
      firstSegment: (await segmentNames(disk))[0],
      mark: { index: 11, term: 1, generation: 1 },
      spare: true,
      ballast: true,
      last: 19,
      problem: undefined,
    });
    expect(log.compacted).toBeGreaterThan(5);
  });

  it('reports the first problem and how far it came', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: { first: 65_536, later: 65_536 } });
    await appendSingly(log, 9);
    await log.close({ clean: true });
    const file = `${DIRECTORY}/000000000001.log`;
    disk.flipBit(file, disk.contents(file).indexOf('6:'));
    const { last, problem } = await verifyDirectory(disk, DIRECTORY);
    expect(last).toBe(5);
    expect(problem).toMatchObject({ file: '000000000001.log', index: 6 });
    expect(problem?.offset).toBeGreaterThan(0);
  });

  it('is refused while a process works on the directory, and where there is no log', async () => {
    const disk = simDisk();
    await disk.makeDirectory('/empty');
    expect(await caught(verifyDirectory(disk, '/empty'))).toBeInstanceOf(NoLog);
    expect(await disk.list('/empty')).toEqual([]);
    expect(await caught(verifyDirectory(disk, '/missing'))).toBeInstanceOf(NoLog);
    await openLog(disk);
    expect(await caught(verifyDirectory(disk, DIRECTORY))).toBeInstanceOf(DirectoryLocked);
  });
});
