import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { logIndex } from '../../src/core/numbers.ts';
import { FrameIndex } from '../../src/storage/frame-index.ts';
import { NotInLog } from '../../src/storage/log-errors.ts';
import { SimDisk } from '../../src/testing/sim-disk.ts';
import type { DiskOperation } from '../../src/testing/sim-store.ts';
import {
  CrashDisk,
  DIRECTORY,
  append,
  appendSingly,
  caught,
  commands,
  contentsOf,
  entriesIn,
  mark,
  markOf,
  openLog,
  seeded,
  segmentNames,
  simDisk,
  writeOf,
} from './log-kit.ts';

/** Two frames of `BIG` fill a segment of this size. */
const SEGMENTS = { first: 4096, later: 4096 };
const BIG = 1200;

/** Lets the work in the background come to its end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
}

describe('compaction', () => {
  it('gives segments free that a mark covers, and tells how far', async () => {
    const disk = simDisk();
    const told: number[] = [];
    const log = await openLog(disk, {
      segmentBytes: SEGMENTS,
      onCompacted: (index) => told.push(index),
    });
    await appendSingly(log, 20, BIG);
    expect([log.compacted, told]).toEqual([0, []]);
    const before = log.stats().segments;
    await mark(log, markOf(15));
    await settled();
    expect(log.stats().segments).toBeLessThan(before);
    expect(await segmentNames(disk)).toHaveLength(log.stats().segments);
    expect(told).toEqual([log.compacted]);
    expect(log.compacted).toBeGreaterThanOrEqual(12);
    expect(log.compacted).toBeLessThanOrEqual(15);
    expect(await caught(log.read(log.compacted, 1))).toBeInstanceOf(NotInLog);
    const text = await contentsOf(log);
    expect(await entriesIn(log, logIndex(log.compacted + 1), 1)).toHaveLength(21 - log.compacted);
    disk.crash();
    const { recovered } = await openLog(disk);
    expect(recovered).toMatchObject({ compacted: log.compacted, last: 21, mark: markOf(15) });
    expect(recovered.termRuns).toEqual([{ first: log.compacted + 1, term: 1 }]);
    expect(JSON.parse(text)).toMatchObject({ entries: { length: 21 - log.compacted } });
  });

  it('never goes beyond the mark, nor happens without one', async () => {
    const log = await openLog(simDisk(), { segmentBytes: SEGMENTS });
    await appendSingly(log, 20, BIG);
    await mark(log, markOf(2));
    await appendSingly(log, 20, BIG);
    expect(log.compacted).toBeLessThanOrEqual(2);
  });

  it('keeps a tail before the mark for slow followers', async () => {
    const log = await openLog(simDisk(), { segmentBytes: SEGMENTS, keepBytes: 5 * 4096 });
    await appendSingly(log, 40, BIG);
    await mark(log, markOf(41));
    await appendSingly(log, 3, BIG);
    expect(log.compacted).toBeGreaterThan(10);
    expect(log.compacted).toBeLessThanOrEqual(41 - 10);
  });

  it('keeps what a snapshot on its way needs, up to a bound', async () => {
    let needed: number | undefined = 5;
    const log = await openLog(simDisk(), {
      segmentBytes: SEGMENTS,
      keepFrom: () => (needed === undefined ? undefined : logIndex(needed)),
      keepBytesMax: 10 * 4096,
    });
    const grow = async () => {
      await appendSingly(log, 10, BIG);
      await mark(log, markOf(log.durable));
      await settled();
    };
    await grow();
    expect(log.compacted).toBeLessThanOrEqual(5);
    for (let round = 0; round < 4; round += 1) await grow();
    expect(log.compacted).toBeGreaterThan(5);
    expect(log.compacted).toBeLessThanOrEqual(log.durable - 20);
    needed = undefined;
    await grow();
    expect(log.compacted).toBeGreaterThan(log.durable - 10);
  });

  it('waits until the head of a later segment is durable: a crash before loses nothing', async () => {
    const machine = new CrashDisk(1);
    const log = await openLog(machine.disk, { segmentBytes: SEGMENTS });
    await appendSingly(log, 20, BIG);
    machine.seen.length = 0;
    await mark(log, markOf(21));
    await settled();
    const steps = machine.seen
      .filter(({ kind }) => ['write', 'rename', 'syncDirectory', 'unlink'].includes(kind))
      .map(({ kind, path }) => `${kind} ${path.slice(DIRECTORY.length + 1)}`);
    const named = steps.findIndex((step) => step.startsWith('syncDirectory'));
    const gone = steps.findIndex((step) => /^(unlink|rename) 0/.test(step));
    expect(steps[named - 1]).toBe('rename segment.tmp');
    expect(gone).toBeGreaterThan(named);
  });

  it.each(['unlink', 'rename'] as const)(
    'leaves a file that could not go to the next boot (%s)',
    async (kind) => {
      let fails = true;
      const delay = (operation: DiskOperation) => {
        if (!fails || operation.kind !== kind || !/\d\.log$/.test(operation.path)) return;
        throw Object.assign(new Error('refused'), { code: 'EIO' });
      };
      const disk = new SimDisk({ random: seeded(1), delay });
      const log = await openLog(disk, { segmentBytes: SEGMENTS });
      await appendSingly(log, 20, BIG);
      await mark(log, markOf(15));
      await appendSingly(log, 9, BIG);
      await settled();
      const first = logIndex(log.compacted + 1);
      expect(first).toBeGreaterThan(10);
      const texts = await entriesIn(log, first, 1);
      disk.crash();
      fails = false;
      const found = await openLog(disk, { segmentBytes: SEGMENTS });
      expect(found.compacted + 1).toBe(first);
      expect(await entriesIn(found, first, 1)).toEqual(texts);
      expect(await segmentNames(disk)).toHaveLength(found.stats().segments);
    },
  );

  it('is not stopped by marks that come too late', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: SEGMENTS });
    await appendSingly(log, 9, BIG);
    await mark(log, markOf(8));
    await mark(log, markOf(6));
    const install = { mark: markOf(10, { generation: 2 }), keepsSuffix: true };
    await append(log, writeOf({ install }));
    await mark(log, markOf(10));
    disk.crash();
    expect((await openLog(disk)).recovered.mark).toEqual(install.mark);
  });
});

describe('an installed snapshot (S02)', () => {
  it('that is a prefix of the log keeps the suffix', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: SEGMENTS });
    await appendSingly(log, 9, BIG);
    const snapshot = markOf(6, { generation: 2 });
    await append(log, writeOf({ install: { mark: snapshot, keepsSuffix: true } }));
    disk.crash();
    const found = await openLog(disk);
    expect(found.recovered).toMatchObject({ last: 10, mark: snapshot });
    expect(await entriesIn(found, logIndex(7), 1)).toHaveLength(4);
  });

  it('that the log does not lead to makes all of it void, shorter or longer', async () => {
    for (const index of [5, 10, 70]) {
      const disk = simDisk();
      const log = await openLog(disk, { segmentBytes: SEGMENTS });
      await appendSingly(log, 9, BIG);
      const snapshot = markOf(index, { ofTerm: 2, generation: 2, configuration: [3, 'other'] });
      const install = { mark: snapshot, keepsSuffix: false };
      const batches = [commands(index + 1, ['next'], 2)];
      await append(log, writeOf({ hardState: [2, 0], install, batches }));
      expect(log.compacted).toBe(index);
      const expected = [`${index + 1} t2 k2 next`];
      expect(await entriesIn(log, logIndex(index + 1), 1)).toEqual(expected);
      await settled();
      expect(await segmentNames(disk)).toHaveLength(log.stats().segments);
      disk.crash();
      const found = await openLog(disk);
      const { recovered } = found;
      expect(recovered).toMatchObject({ compacted: index, last: index + 1, mark: snapshot });
      expect(recovered.configurations).toEqual([snapshot.configuration]);
      expect(await entriesIn(found, logIndex(index + 1), 1)).toEqual(expected);
    }
  });

  it('must go beyond the state before', async () => {
    const log = await openLog(simDisk());
    await appendSingly(log, 5);
    await mark(log, markOf(4));
    const nothing = () => undefined;
    const refused = [
      ['more', markOf(4, { generation: 2 })],
      ['generation', markOf(5)],
      ['suffix', markOf(7, { generation: 2 })],
    ] as const;
    for (const [why, what] of refused) {
      const install = { mark: what, keepsSuffix: true };
      expect(() => log.append(writeOf({ install }), nothing)).toThrow(why);
    }
    expect(() => log.append(writeOf({ truncateAfter: 3 }), nothing)).toThrow('truncation');
    expect(() => log.mark(markOf(9), nothing)).toThrow('store');
  });
});

describe('segments that were freed (W07)', () => {
  it('are used again: an endless log writes no zeros and takes no more room', async () => {
    const machine = new CrashDisk(1);
    const log = await openLog(machine.disk, { segmentBytes: { first: 4096, later: 16_384 } });
    log.prepareSpare();
    const round = async () => {
      await appendSingly(log, 10, BIG);
      await mark(log, markOf(log.durable - 3));
    };
    for (let n = 0; n < 10; n += 1) await round();
    await settled();
    const usedBytes = machine.disk.usedBytes;
    machine.seen.length = 0;
    for (let n = 0; n < 300; n += 1) {
      await round();
      expect(machine.disk.usedBytes).toBeLessThanOrEqual(usedBytes + 2 * 16_384);
      expect(log.stats().bytes).toBeLessThanOrEqual(machine.disk.usedBytes);
    }
    const created = machine.seen.filter(
      ({ kind, path }) =>
        kind === 'write' && path.endsWith('.tmp') && !path.endsWith('segment.tmp'),
    );
    expect(created).toEqual([]);
    machine.disk.crash();
    const found = await openLog(machine.disk);
    expect(found.durable).toBe(log.durable);
    expect(found.recovered.tornBytes).toBe(0);
  });

  it('hold old frames, which no crash brings back', async () => {
    for (let cut = 1; cut <= 60; cut += 1) {
      const machine = new CrashDisk(cut);
      const disk = machine.disk.mount();
      const choices = { segmentBytes: SEGMENTS };
      let done = 0;
      const log = await openLog(disk, choices);
      log.prepareSpare();
      const work = async () => {
        for (let n = 0; n < 6; n += 1) {
          await appendSingly(log, 4, BIG);
          done = log.durable;
          await mark(log, markOf(log.durable));
        }
      };
      await work();
      await machine.crashing({ operations: cut, how: 'crash' }, work);
      const found = await openLog(machine.disk.mount(), choices);
      expect(found.durable).toBeGreaterThanOrEqual(done);
      const texts = await entriesIn(found, logIndex(found.compacted + 1), 1);
      expect(texts).toHaveLength(found.durable - found.compacted);
    }
  });

  it('are not needed for the last vote, nor for who the peers are', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: SEGMENTS });
    await append(log, writeOf({ hardState: [7, 3] }));
    for (let index = 2; index < 22; index += 1) {
      await append(log, writeOf({ batches: [commands(index, ['x'.repeat(BIG)], 7)] }));
    }
    await mark(log, markOf(log.durable, { ofTerm: 7 }));
    await settled();
    expect(await segmentNames(disk)).not.toContain('000000000001.log');
    disk.crash();
    const { recovered } = await openLog(disk);
    expect(recovered.hardState).toEqual({ term: 7, vote: 3 });
  });
});

describe('the memory of an endless log', () => {
  it('follows what is kept, not what was written', async () => {
    const log = await openLog(simDisk(), { segmentBytes: { first: 16_384, later: 16_384 } });
    for (let n = 0; n < 300; n += 1) {
      await appendSingly(log, 20, 10);
      await mark(log, markOf(log.durable));
      expect(log.stats().segments).toBeLessThanOrEqual(4);
    }
    expect(log.compacted).toBeGreaterThan(5900);
  });

  it('is one item per frame that is kept, and a constant part of what went', () => {
    const index = new FrameIndex();
    let most = 0;
    for (let first = 1; first <= 100_000; first += 1) {
      index.add(logIndex(first), { segment: first, offset: 0, bytes: 512 }, 0);
      if (first % 10 === 0) index.dropThrough(logIndex(first - 500));
      most = Math.max(most, index.items);
    }
    expect(most).toBeLessThan(2100);
    expect(index.first).toBe(99_501);
    expect(index.runs(logIndex(99_600), logIndex(100_000), 1)).toMatchObject([{ segment: 99_600 }]);
    index.truncate(logIndex(99_600));
    index.add(logIndex(99_601), { segment: 7, offset: 0, bytes: 512 }, 0);
    expect(index.runs(logIndex(99_601), logIndex(99_601), 1)).toMatchObject([{ segment: 7 }]);
    index.clear();
    expect(index.first).toBeUndefined();
  });
});

describe('reading while segments go', () => {
  /** A disk on which reads of segments wait until they are let go. */
  function diskWithSlowReads() {
    let waiting: (() => void)[] = [];
    let slow = false;
    const delay = ({ kind, path }: DiskOperation) =>
      slow && kind === 'read' && path.endsWith('.log')
        ? new Promise<void>((resolve) => waiting.push(resolve))
        : undefined;
    const disk = new SimDisk({ random: seeded(1), delay });
    const hold = () => {
      slow = true;
    };
    const release = () => {
      slow = false;
      for (const resume of waiting) resume();
      waiting = [];
    };
    return { disk, hold, release };
  }

  it('rejects with NotInLog, whether the file is gone or another segment by then', async () => {
    for (const later of [4096, 8192]) {
      const { disk, hold, release } = diskWithSlowReads();
      const log = await openLog(disk, { segmentBytes: { first: 4096, later } });
      if (later === 4096) log.prepareSpare();
      await appendSingly(log, 20, BIG);
      hold();
      const reading = caught(log.read(logIndex(2), 1));
      const readingFar = caught(log.read(logIndex(3), 1e6));
      await setImmediate();
      await mark(log, markOf(log.durable));
      await appendSingly(log, 20, BIG);
      release();
      expect(await reading).toBeInstanceOf(NotInLog);
      expect(await readingFar).toBeInstanceOf(NotInLog);
      expect(await entriesIn(log, logIndex(log.compacted + 1), 1e6)).not.toEqual([]);
    }
  });

  it('rejects with NotInLog when a snapshot made the entries void meanwhile', async () => {
    const { disk, hold, release } = diskWithSlowReads();
    const log = await openLog(disk, { segmentBytes: SEGMENTS });
    await appendSingly(log, 20, BIG);
    hold();
    const reading = caught(log.read(logIndex(15), 1));
    await setImmediate();
    const snapshot = markOf(10, { ofTerm: 2, generation: 2 });
    await append(log, writeOf({ install: { mark: snapshot, keepsSuffix: false } }));
    release();
    expect(await reading).toBeInstanceOf(NotInLog);
  });
});
