import { describe, expect, it } from '@jest/globals';
import { EntryType } from '../../src/core/entry-batch.ts';
import { logIndex, nodeId } from '../../src/core/numbers.ts';
import { DirectoryLocked, NoLog, NotInLog } from '../../src/storage/log-errors.ts';
import {
  CREATE,
  CrashDisk,
  DIRECTORY,
  append,
  appendSingly,
  batchOf,
  caught,
  commands,
  contentsOf,
  openLog,
  rememberPeer,
  segmentNames,
  simDisk,
  writeOf,
} from './log-kit.ts';

describe('a new log', () => {
  it('holds entry 1, term 1 and no vote', async () => {
    const log = await openLog(simDisk());
    const { recovered } = log;
    expect(recovered.hardState).toEqual({ term: 1, vote: 0 });
    expect(recovered.identity).toEqual(CREATE.identity);
    expect(recovered.incarnation).toBe(1);
    expect(recovered.last).toBe(1);
    expect(recovered.termRuns).toEqual([{ first: 1, term: 1 }]);
    expect(recovered.configurations).toEqual([
      { index: 1, payload: Buffer.from(CREATE.firstConfiguration) },
    ]);
    const [batch] = await log.read(logIndex(1), 1);
    expect(batch?.entry(logIndex(1))).toMatchObject({
      term: 1,
      at: 0,
      type: EntryType.configuration,
    });
  });

  it('is not made when none was asked for', async () => {
    const disk = simDisk();
    expect(await caught(openLog(disk, { create: undefined }))).toBeInstanceOf(NoLog);
    const log = await openLog(disk);
    await log.close({ clean: true });
    const again = await openLog(disk, { create: undefined });
    expect(again.recovered.identity).toEqual(CREATE.identity);
  });

  it('survives a crash right after it was opened', async () => {
    const disk = simDisk();
    await openLog(disk);
    disk.crash();
    const again = await openLog(disk, { create: undefined });
    expect(again.recovered.incarnation).toBe(2);
  });

  it('refuses a second opener until it is closed', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    expect(await caught(openLog(disk))).toBeInstanceOf(DirectoryLocked);
    await log.close({ clean: false });
    await (await openLog(disk)).close({ clean: true });
  });
});

describe('what was done', () => {
  it('is found again: votes, entries, truncations, peers', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    await append(log, writeOf({ hardState: [2, 1], batches: [commands(2, ['a', 'b', 'c'], 2)] }));
    await rememberPeer(log, 1, 'one');
    await rememberPeer(log, 3, 'three');
    await append(log, writeOf({ batches: [batchOf({ first: 5, ofTerm: 2, type: 3 }, ['five'])] }));
    await append(log, writeOf({ truncateAfter: 3, batches: [commands(4, ['d'], 3)] }));
    disk.crash();
    const found = await openLog(disk);
    expect(found.recovered.hardState).toEqual({ term: 2, vote: 1 });
    expect(found.recovered.peers).toEqual(
      new Map([
        [nodeId(1), 'one'],
        [nodeId(3), 'three'],
      ]),
    );
    expect(found.recovered.configurations).toHaveLength(1);
    expect(found.recovered.termRuns).toEqual([
      { first: 1, term: 1 },
      { first: 2, term: 2 },
      { first: 4, term: 3 },
    ]);
    const batches = await found.read(logIndex(1), 10_000);
    const texts = batches.flatMap((batch) => [...batch].map(({ payload }) => payload.toString()));
    expect(texts).toEqual(['the first configuration', 'a', 'b', 'd']);
  });

  it('is reported in order, and what came meanwhile makes one frame', async () => {
    const machine = new CrashDisk(1);
    const log = await openLog(machine.disk, { segmentBytes: { first: 65_536, later: 65_536 } });
    machine.seen.length = 0;
    const order: number[] = [];
    const all = Array.from({ length: 100 }, (_, i) =>
      append(log, writeOf({ batches: [commands(2 + i, [`${i}`])] })).then(() => order.push(i)),
    );
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const writes = machine.seen.filter(
      ({ kind, path }) => kind === 'write' && path.endsWith('.log'),
    );
    expect(writes).toHaveLength(2);
    expect(await contentsOf(log)).toContain('"101 t1 k2 99"');
  });

  it('of nothing is done in order, too', async () => {
    const log = await openLog(simDisk());
    await append(log, writeOf({}));
    await appendSingly(log, 1);
    expect(log.durable).toBe(2);
  });

  it('must follow what was there', async () => {
    const log = await openLog(simDisk());
    const nothing = () => undefined;
    expect(() => log.append(writeOf({ batches: [commands(3, ['gap'])] }), nothing)).toThrow(
      'follow',
    );
    expect(() => log.append(writeOf({ batches: [commands(2, ['old'], 0)] }), nothing)).toThrow(
      'term',
    );
    expect(() => log.append(writeOf({ truncateAfter: 2 }), nothing)).toThrow('truncation');
  });
});

describe('a failed write (W05)', () => {
  it('stops the log for good: one report, nothing done, nothing written', async () => {
    const machine = new CrashDisk(1);
    const failures: string[] = [];
    const log = await openLog(machine.disk, { onFailure: ({ message }) => failures.push(message) });
    await appendSingly(log, 1);
    machine.disk.failNext('write');
    let done = 0;
    const count = () => {
      done += 1;
    };
    log.append(writeOf({ batches: [commands(3, ['lost'])] }), count);
    log.append(writeOf({ batches: [commands(4, ['waiting'])] }), count);
    await log.close({ clean: true });
    machine.seen.length = 0;
    log.append(writeOf({ batches: [commands(5, ['late'])] }), count);
    log.rememberPeer(nodeId(1), 'late', count);
    expect([failures, done]).toEqual([[expect.stringContaining('EIO')], 0]);
    expect(machine.seen.filter(({ kind }) => kind === 'write')).toEqual([]);
  });

  it.each(['crash', 'kill'] as const)(
    'leaves a tail that the restart rewrites, so that a later %s cannot lose it',
    async (how) => {
      const disk = simDisk();
      const log = await openLog(disk, { onFailure: () => undefined });
      await appendSingly(log, 3);
      disk.failNext('write');
      log.append(writeOf({ batches: [commands(5, ['only in the page cache'])] }), () => undefined);
      await log.close({ clean: false });
      const restarted = await openLog(disk);
      expect(restarted.durable).toBe(5);
      const text = await contentsOf(restarted);
      disk[how]();
      expect(await contentsOf(await openLog(disk))).toBe(text);
    },
  );
});

describe('a stop', () => {
  it('is known to be clean when all was written and the mark is there', async () => {
    const disk = simDisk();
    const log = await openLog(disk);
    const done = append(log, writeOf({ batches: [commands(2, ['a'])] }));
    await log.close({ clean: true });
    await done;
    disk.crash();
    const again = await openLog(disk);
    expect([again.recovered.clean, again.durable]).toEqual([true, 2]);
    await again.close({ clean: false });
    expect((await openLog(disk)).recovered.clean).toBe(false);
  });

  it('starts from a log whose tail was cut off', async () => {
    const disk = simDisk();
    const log = await openLog(disk, { segmentBytes: { first: 65_536, later: 65_536 } });
    await appendSingly(log, 4);
    disk.kill();
    const file = `${DIRECTORY}/000000000001.log`;
    disk.truncate(file, disk.contents(file).indexOf('5:') - 100);
    const again = await openLog(disk);
    expect(again.durable).toBe(4);
  });
});

describe('many boots', () => {
  it.each([
    ['clean', true],
    ['unclean', false],
  ])('without work (%s) leave one segment behind', async (_, clean) => {
    const disk = simDisk();
    for (let boot = 1; boot <= 20; boot += 1) {
      const log = await openLog(disk);
      expect(log.recovered.incarnation).toBe(boot);
      await log.close({ clean });
    }
    expect(await segmentNames(disk)).toHaveLength(1);
  });

  it('with little work leave little behind', async () => {
    const disk = simDisk();
    for (let boot = 1; boot <= 20; boot += 1) {
      const log = await openLog(disk, { segmentBytes: { first: 65_536, later: 65_536 } });
      await append(log, writeOf({ hardState: [boot + 1, 1] }));
      await appendSingly(log, 1);
      disk.kill();
    }
    expect((await segmentNames(disk)).length).toBeLessThanOrEqual(2);
  });
});

describe('renames and new names (W08)', () => {
  it('are synced before anything rests on them: no crash loses a segment', async () => {
    const machine = new CrashDisk(3);
    const log = await openLog(machine.disk);
    await appendSingly(log, 20, 1500);
    const moves = machine.seen.filter(({ kind }) =>
      ['rename', 'syncDirectory', 'write'].includes(kind),
    );
    const followers = moves
      .map(({ kind, path }, i) => (kind === 'rename' && path.endsWith('segment.tmp') ? i : -1))
      .filter((i) => i >= 0)
      .map((i) => moves.slice(i + 1).find(({ kind }) => kind !== 'rename')?.kind);
    expect(followers.length).toBeGreaterThan(3);
    expect(new Set(followers)).toEqual(new Set(['syncDirectory']));
    const text = await contentsOf(log);
    machine.disk.crash();
    expect(await contentsOf(await openLog(machine.disk))).toBe(text);
  });
});

describe('reading', () => {
  it('starts at any entry and goes about as far as asked', async () => {
    const log = await openLog(simDisk());
    await append(
      log,
      writeOf({ batches: [commands(2, ['a', 'b', 'c']), commands(5, ['d', 'e'])] }),
    );
    await appendSingly(log, 10, 1500);
    for (let first = 1; first <= log.durable; first += 1) {
      for (const maxBytes of [0, 1, 100, 2000, 1e6]) {
        const batches = await log.read(logIndex(first), maxBytes);
        let next = first;
        for (const batch of batches) {
          expect(batch.first).toBe(next);
          next = batch.last + 1;
        }
        expect(next).toBeGreaterThan(first);
        const bytes = batches.reduce((sum, { byteLength }) => sum + byteLength, 0);
        expect(bytes).toBeLessThanOrEqual(Math.max(maxBytes, 1540));
        const all = maxBytes === 1e6;
        expect(next > log.durable).toBe(all || first >= log.durable);
      }
    }
  });

  it('refuses entries that are not durable', async () => {
    const log = await openLog(simDisk());
    await appendSingly(log, 3);
    log.append(writeOf({ batches: [commands(5, ['in flight'])] }), () => undefined);
    expect(await caught(log.read(logIndex(5), 1))).toBeInstanceOf(NotInLog);
    expect(await caught(log.read(logIndex(0), 1))).toBeInstanceOf(NotInLog);
  });

  it('never mixes entries from before and after a truncation', async () => {
    const log = await openLog(simDisk());
    await appendSingly(log, 12, 900);
    const reading = log.read(logIndex(2), 1e6);
    await append(log, writeOf({ truncateAfter: 4, batches: [commands(5, ['new', 'newer'], 2)] }));
    const terms = (await reading).flatMap((batch) => [...batch].map(({ term }) => term));
    expect(new Set(terms)).toEqual(new Set([1]));
    const now = (await log.read(logIndex(4), 1e6)).flatMap((batch) => [...batch]);
    expect(now.map(({ index, term }) => [index, term])).toEqual([
      [4, 1],
      [5, 2],
      [6, 2],
    ]);
  });

  it('finds its way through a frame with truncations in its midst', async () => {
    const log = await openLog(simDisk());
    const writes = [
      writeOf({ batches: [commands(2, ['a', 'b', 'c', 'd'])] }),
      writeOf({ hardState: [2, 2], truncateAfter: 3, batches: [commands(4, ['e', 'f'], 2)] }),
      writeOf({ truncateAfter: 4, batches: [commands(5, ['g'], 2), commands(6, ['h'], 2)] }),
    ];
    await Promise.all(writes.map((write) => append(log, write)));
    const expected = ['a', 'b', 'e', 'g', 'h'];
    for (let first = 2; first <= 6; first += 1) {
      const found = (await log.read(logIndex(first), 1e6)).flatMap((batch) => [...batch]);
      expect(found.map(({ payload }) => payload.toString())).toEqual(expected.slice(first - 2));
    }
  });
});
