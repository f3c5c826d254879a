import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { verifyDirectory } from '../../src/storage/verify.ts';
import { logIndex } from '../../src/core/numbers.ts';
import { SECTOR_BYTES, claimedBytes, parseFrame, sealFrame } from '../../src/storage/frame.ts';
import { LogCorrupt } from '../../src/storage/log-errors.ts';
import type { SimDisk } from '../../src/testing/sim-disk.ts';
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
  segmentNames,
  simDisk,
  writeOf,
} from './log-kit.ts';

const ROOMY = { first: 65_536, later: 65_536 };

/** A log that was killed with `n` frames of one entry each behind entry 1, all in one segment. */
async function killedLog(
  n: number,
  bytes = 10,
): Promise<{ disk: SimDisk; file: string; text: string }> {
  const disk = simDisk();
  const log = await openLog(disk, { segmentBytes: ROOMY });
  await appendSingly(log, n, bytes);
  const text = await contentsOf(log);
  disk.kill();
  return { disk, file: `${DIRECTORY}/000000000001.log`, text };
}

/** Where the frame of entry `index` starts: each of these frames is found by its payload. */
function frameOffset(disk: SimDisk, file: string, index: number): number {
  const at = disk.contents(file).indexOf(`${index}:`);
  return Math.floor(at / SECTOR_BYTES) * SECTOR_BYTES;
}

async function refusal(disk: SimDisk): Promise<LogCorrupt> {
  const before = await disk.list(DIRECTORY);
  const error = await caught(openLog(disk, { segmentBytes: ROOMY }));
  expect(error).toBeInstanceOf(LogCorrupt);
  expect(await disk.list(DIRECTORY)).toEqual(before);
  return error as LogCorrupt;
}

describe('a torn last frame (W01)', () => {
  it('is cut, wherever it is torn, when the file ends there', async () => {
    const whole = await killedLog(5, 3000);
    const start = frameOffset(whole.disk, whole.file, 6);
    for (let cut = start; cut < start + 3072; cut += SECTOR_BYTES) {
      const { disk, file } = await killedLog(5, 3000);
      disk.truncate(file, cut);
      const log = await openLog(disk, { segmentBytes: ROOMY });
      expect(log.durable).toBe(5);
      expect(log.recovered.clean).toBe(false);
      await appendSingly(log, 1);
      expect(log.durable).toBe(6);
    }
  });

  it('is cut when any of its sectors is missing, and its bytes are counted', async () => {
    const whole = await killedLog(5, 3000);
    const start = frameOffset(whole.disk, whole.file, 6);
    for (let sector = start; sector < start + 3072; sector += SECTOR_BYTES) {
      const { disk, file } = await killedLog(5, 3000);
      const handle = await disk.open(file, 'append');
      await handle.write(Buffer.alloc(SECTOR_BYTES), sector);
      const log = await openLog(disk, { segmentBytes: ROOMY });
      expect(log.durable).toBe(5);
      expect(log.recovered.tornBytes).toBe(3072);
      await log.close({ clean: true });
    }
  });

  it('is not reported when the last frame is whole', async () => {
    const { disk, text } = await killedLog(5);
    const log = await openLog(disk, { segmentBytes: ROOMY });
    expect(log.recovered.tornBytes).toBe(0);
    expect(await contentsOf(log)).toBe(text);
  });
});

describe('damage that is no torn last frame', () => {
  it('in a payload in the middle is refused by file, offset and index, and nothing is deleted (W02)', async () => {
    const { disk, file } = await killedLog(9, 700);
    disk.flipBit(file, frameOffset(disk, file, 5) + 300, 3);
    const { file: name, offset, index } = await refusal(disk);
    expect(name).toBe('000000000001.log');
    expect(offset).toBe(frameOffset(disk, file, 5));
    expect(index).toBe(5);
  });

  it('in the last entry is refused, too, once the log was marked idle, which it is once', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: ROOMY });
    await appendSingly(log, 5, 700);
    for (let time = 1; time <= 3; time += 1) {
      log.markIdle();
      await setImmediate();
    }
    await log.close({ clean: false });
    const { frames, last } = await verifyDirectory(disk, DIRECTORY);
    expect({ frames, last }).toEqual({ frames: 7, last: 6 });
    const file = `${DIRECTORY}/000000000001.log`;
    disk.flipBit(file, frameOffset(disk, file, 6) + 300, 3);
    expect(await refusal(disk)).toMatchObject({ index: 6 });
  });

  it('in any bit of the header of a middle frame is refused by file, offset and index (W14)', async () => {
    for (let byte = 0; byte < 72; byte += 1) {
      const { disk, file } = await killedLog(9);
      const start = frameOffset(disk, file, 5);
      disk.flipBit(file, start + byte, byte % 8);
      const { offset, index } = await refusal(disk);
      expect([byte, offset, index]).toEqual([byte, start, 5]);
    }
  });

  it('in a head is refused', async () => {
    const { disk, file } = await killedLog(3);
    disk.flipBit(file, 100, 1);
    const { offset } = await refusal(disk);
    expect(offset).toBe(0);
  });

  it('of a frame that is gone, while later ones stand, is refused', async () => {
    const { disk, file } = await killedLog(9);
    const handle = await disk.open(file, 'append');
    await handle.write(Buffer.alloc(SECTOR_BYTES), frameOffset(disk, file, 5));
    expect((await refusal(disk)).index).toBe(5);
  });

  it('of a frame that was moved to another place is refused', async () => {
    const { disk, file } = await killedLog(9);
    const at = frameOffset(disk, file, 5);
    const frame = disk.contents(file).subarray(at, at + SECTOR_BYTES);
    const handle = await disk.open(file, 'append');
    await handle.write(frame, at + SECTOR_BYTES);
    expect((await refusal(disk)).index).toBe(6);
  });

  it.each([
    ['salt', { salt: 99_999 }],
    ['chain', { chain: 5 }],
    ['sequence', { sequence: 8 }],
  ])('of a well-formed frame with another %s is refused', async (_, other) => {
    const { disk, file } = await killedLog(9);
    const at = frameOffset(disk, file, 5);
    const bytes = disk.contents(file).subarray(at, at + SECTOR_BYTES);
    const frame = parseFrame(bytes.subarray(0, claimedBytes(bytes, 0)));
    if (frame === undefined) throw new Error('there is a frame');
    sealFrame(frame.bytes, frame.records, { ...frame, ...other });
    const handle = await disk.open(file, 'append');
    await handle.write(bytes, at);
    expect((await refusal(disk)).index).toBe(5);
  });

  it('found while reading is reported, too', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: ROOMY });
    await appendSingly(log, 5);
    const file = `${DIRECTORY}/000000000001.log`;
    disk.flipBit(file, disk.contents(file).indexOf('4:') + 2);
    expect(await caught(log.read(logIndex(4), 1))).toBeInstanceOf(LogCorrupt);
  });
});

describe('a snapshot mark', () => {
  async function markedLog(): Promise<{ disk: SimDisk; file: string; at: number }> {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: ROOMY });
    await appendSingly(log, 5);
    await mark(log, markOf(4));
    await mark(log, markOf(6, { configuration: [1, 'the newest mark'] }));
    disk.kill();
    const file = `${DIRECTORY}/000000000001.log`;
    return { disk, file, at: disk.contents(file).indexOf('the newest mark') };
  }

  it('that is torn is cut, and the one before holds (W01)', async () => {
    const { disk, file, at } = await markedLog();
    disk.truncate(file, at - (at % SECTOR_BYTES));
    const { recovered } = await openLog(disk, { segmentBytes: ROOMY });
    expect(recovered).toMatchObject({ last: 6, mark: { index: 4 } });
  });

  it('that is damaged in the middle is refused (W02)', async () => {
    const { disk, file, at } = await markedLog();
    disk.flipBit(file, disk.contents(file).indexOf('the first configuration', at - 1024));
    expect(await refusal(disk)).toMatchObject({
      index: 7,
      why: expect.stringContaining('payload'),
    });
  });
});

describe('segments that are lost', () => {
  async function threeSegments(): Promise<SimDisk> {
    const disk = simDisk();
    const log = await openLog(disk);
    await appendSingly(log, 12, 1500);
    expect((await segmentNames(disk)).length).toBeGreaterThanOrEqual(3);
    disk.kill();
    return disk;
  }

  it('in the middle are refused (W09)', async () => {
    const disk = await threeSegments();
    disk.lose(`${DIRECTORY}/000000000002.log`);
    const { file, why } = await refusal(disk);
    expect([file, why]).toEqual(['000000000002.log', expect.stringContaining('missing')]);
  });

  it('at the beginning are refused', async () => {
    const disk = await threeSegments();
    disk.lose(`${DIRECTORY}/000000000001.log`);
    expect((await refusal(disk)).file).toBe('000000000001.log');
  });

  it('are refused after a compaction, too: at the beginning of what is left and in its middle (W09)', async () => {
    for (const place of [0, 1]) {
      const disk = simDisk();
      const log = await openLog(disk, { keepBytes: 3 * 4096 });
      await appendSingly(log, 12, 1500);
      await mark(log, markOf(13));
      await appendSingly(log, 12, 1500);
      expect(log.compacted).toBeGreaterThan(1);
      await log.close({ clean: true });
      const lost = (await segmentNames(disk))[place] ?? '';
      disk.lose(`${DIRECTORY}/${lost}`);
      expect((await refusal(disk)).file).toBe(lost);
    }
  });

  it.each(['spare', 'ballast'])('are refused when only a %s is left', async (left) => {
    const disk = await threeSegments();
    if (!(await disk.list(DIRECTORY)).includes(left))
      await disk.open(`${DIRECTORY}/${left}`, 'create');
    for (const name of await disk.list(DIRECTORY)) {
      if (name !== left) disk.lose(`${DIRECTORY}/${name}`);
    }
    expect((await refusal(disk)).file).toBe(left);
  });

  it('are refused when an older segment was put in the place of a newer one', async () => {
    const disk = await threeSegments();
    await disk.unlink(`${DIRECTORY}/000000000003.log`);
    await disk.rename(`${DIRECTORY}/000000000002.log`, `${DIRECTORY}/000000000003.log`);
    expect((await refusal(disk)).offset).toBe(0);
  });
});

describe('a segment that was used before (W07)', () => {
  it('may hold frames of another salt behind its end', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: { first: 4096, later: 8192 } });
    await appendSingly(log, 9, 600);
    const old = disk.contents(`${DIRECTORY}/000000000001.log`);
    const older = disk.contents(`${DIRECTORY}/000000000002.log`);
    await log.close({ clean: true });
    const spare = await disk.open(`${DIRECTORY}/spare`, 'append');
    await spare.write(older.subarray(0, 8192), 0);
    await spare.write(old.subarray(0, 4096), 4096);
    const again = await openLog(disk);
    await appendSingly(again, 5, 600);
    const text = await contentsOf(again);
    disk.kill();
    const found = await openLog(disk);
    expect(found.recovered.tornBytes).toBe(0);
    expect(await contentsOf(found)).toBe(text);
  });

  it('is not needed for the last vote, which every head repeats', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    await append(log, writeOf({ hardState: [7, 3] }));
    await appendSingly(log, 20, 1500);
    expect((await segmentNames(disk)).length).toBeGreaterThan(3);
    disk.crash();
    const found = await openLog(disk);
    expect(found.recovered.hardState).toEqual({ term: 7, vote: 3 });
    await append(found, writeOf({ batches: [commands(found.durable + 1, ['x'], 7)] }));
  });
});
