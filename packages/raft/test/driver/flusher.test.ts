import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type LogIndex, logIndex, logTime, term } from '../../src/core/numbers.ts';
import type { SnapshotMark } from '../../src/core/ready.ts';
import { Flusher } from '../../src/driver/flusher.ts';

/** A flusher whose machine flushes when told to. */
function bench() {
  const core = {
    applied: logIndex(0),
    durable: logIndex(0),
    installing: undefined as LogIndex | undefined,
    markAt: (index: LogIndex) => ({
      index,
      term: term(1),
      configuration: { index: logIndex(1), payload: Buffer.from('who') },
    }),
  };
  const flushes: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const machine = {
    flushedIndex: logIndex(0),
    dirtyBytes: 0,
    flush: () => {
      const index = core.applied;
      return new Promise<LogIndex>((resolve, reject) => {
        flushes.push({
          resolve: () => {
            machine.flushedIndex = index;
            resolve(index);
          },
          reject,
        });
      });
    },
  };
  const marks: SnapshotMark[] = [];
  const events: string[] = [];
  const state = { generation: 1 };
  const flusher = new Flusher({
    machine,
    core,
    log: {
      mark: (mark, done) => {
        marks.push(mark);
        done();
      },
      releaseBallast: async () => {
        events.push('ballast released');
        return true;
      },
    },
    limits: {
      flushBytes: 1_000,
      flushEntries: 100,
      flushLogBytes: 10_000,
      flushAfterMs: 5_000,
      dirtyBytesMax: 4_000,
    },
    executed: () => ({ index: core.applied, at: logTime(9) }),
    generation: () => state.generation,
    onFlushed: (index) => events.push(`flushed ${index}`),
    onStoreFull: () => events.push('full'),
    onFailure: (error) => events.push(`failed: ${String(error)}`),
  });
  return {
    core,
    machine,
    flusher,
    marks,
    events,
    state,
    flushes,
    /** Entries through `index` were executed, and are durable here through `durable`. */
    execute: (index: number, durable = index) => {
      core.applied = logIndex(index);
      core.durable = logIndex(durable);
    },
    ends: async (how: (flush: { resolve: () => void; reject: (error: Error) => void }) => void) => {
      const flush = flushes.shift();
      if (flush === undefined) throw new Error('nothing is being flushed');
      how(flush);
      await setImmediate();
    },
  };
}

describe('when the state is written into its store', () => {
  it('a flush begins when enough bytes, entries or log have come, or enough time has passed', () => {
    for (const cause of ['bytes', 'entries', 'log', 'time'] as const) {
      const { flusher, machine, flushes, execute } = bench();
      execute(10);
      flusher.poke(0);
      expect(flushes).toHaveLength(0);
      if (cause === 'bytes') machine.dirtyBytes = 1_000;
      if (cause === 'entries') flusher.wrote(100, 0);
      if (cause === 'log') flusher.wrote(1, 10_000);
      flusher.poke(cause === 'time' ? 5_000 : 4_999);
      expect([cause, flushes.length]).toEqual([cause, 1]);
      flusher.poke(6_000);
      expect(flushes).toHaveLength(1);
    }
  });

  it('W13 leader commits ahead of its own disk, flushes nothing beyond it', async () => {
    const { flusher, machine, marks, events, flushes, execute, ends } = bench();
    machine.dirtyBytes = 2_000;
    execute(10, 9);
    flusher.poke(0);
    expect(flushes).toHaveLength(0);
    execute(10, 10);
    flusher.poke(1);
    await ends(({ resolve }) => resolve());
    expect(marks).toMatchObject([{ index: 10, term: 1, at: 9, generation: 1 }]);
    expect(events).toEqual(['flushed 10']);
  });

  it('nothing executed means nothing to flush, for ever', () => {
    const { flusher, flushes } = bench();
    flusher.poke(0);
    flusher.poke(1_000_000);
    expect(flushes).toHaveLength(0);
  });

  it('nothing more may be executed while too much waits for the store', () => {
    const { flusher, machine } = bench();
    machine.dirtyBytes = 3_999;
    expect(flusher.isFull).toBe(false);
    machine.dirtyBytes = 4_000;
    expect(flusher.isFull).toBe(true);
  });

  it('a store without room gets the ballast, and is tried again a second later', async () => {
    const { flusher, machine, marks, events, flushes, execute, ends } = bench();
    machine.dirtyBytes = 2_000;
    execute(10);
    flusher.poke(0);
    await ends(({ reject }) => reject(Object.assign(new Error('no room'), { code: 'ENOSPC' })));
    expect(events).toEqual(['full', 'ballast released']);
    flusher.poke(999);
    expect(flushes).toHaveLength(0);
    flusher.poke(1_000);
    await ends(({ resolve }) => resolve());
    expect(marks).toHaveLength(1);
  });

  it('any other failure of the store ends the node', async () => {
    const { flusher, machine, marks, events, execute, ends } = bench();
    machine.dirtyBytes = 2_000;
    execute(10);
    flusher.poke(0);
    await ends(({ reject }) => reject(new Error('the disk is gone')));
    expect(events).toEqual(['failed: Error: the disk is gone']);
    expect(marks).toEqual([]);
  });

  it('a flush that a snapshot overtook leaves no mark', async () => {
    const { core, flusher, machine, marks, state, execute, ends } = bench();
    machine.dirtyBytes = 2_000;
    execute(10);
    flusher.poke(0);
    core.installing = logIndex(50);
    await ends(({ resolve }) => resolve());
    core.installing = undefined;
    execute(60);
    flusher.poke(1);
    state.generation = 2;
    await ends(({ resolve }) => resolve());
    expect(marks).toEqual([]);
  });

  it('a machine that keeps nothing is asked once', async () => {
    const { flusher, machine, events, flushes, execute } = bench();
    const asked: number[] = [];
    machine.flush = async () => {
      asked.push(1);
      return logIndex(0);
    };
    execute(10);
    flusher.wrote(100, 0);
    flusher.poke(0);
    await setImmediate();
    flusher.wrote(100, 0);
    flusher.poke(10_000);
    expect([asked.length, flushes.length, events]).toEqual([1, 0, []]);
  });

  it('on stopping, what can be flushed is flushed', async () => {
    const { flusher, marks, execute, flushes } = bench();
    execute(10);
    const finished = flusher.finish();
    await setImmediate();
    flushes.shift()?.resolve();
    await finished;
    expect(marks).toMatchObject([{ index: 10 }]);
    execute(20);
    flusher.wrote(1_000, 0);
    flusher.poke(0);
    expect(flushes).toHaveLength(0);
  });
});
