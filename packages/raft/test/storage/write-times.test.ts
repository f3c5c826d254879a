import { describe, expect, it } from '@jest/globals';
import { SimDisk } from '../../src/testing/sim-disk.ts';
import { WriteTimes } from '../../src/storage/write-times.ts';
import { append, commands, openLog, seeded, writeOf } from './log-kit.ts';

/** Times on a clock that only writes move. */
function timesOnOwnClock() {
  let nowMs = 0;
  const slow: number[] = [];
  const times = new WriteTimes(
    () => nowMs,
    (ms) => slow.push(ms),
  );
  const write = async (ms: number) =>
    times.measure(async () => {
      nowMs += ms;
    });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { times, slow, write, pass };
}

describe('the times of writes', () => {
  it('are those of the last write and of the longest one in about a minute', async () => {
    const { times, write, pass } = timesOnOwnClock();
    expect([times.lastMs, times.maxMs]).toEqual([0, 0]);
    for (const ms of [3, 40, 5]) await write(ms);
    expect([times.lastMs, times.maxMs]).toEqual([5, 40]);
    for (let passed = 0; passed < 45_000; passed += 5000) {
      pass(5000);
      await write(2);
      expect(times.maxMs).toBe(40);
    }
    pass(20_000);
    expect(times.maxMs).toBe(2);
    await write(4);
    expect([times.lastMs, times.maxMs]).toEqual([4, 4]);
    pass(60_000);
    expect(times.maxMs).toBe(0);
  });

  it('beyond half a second are told, once a second at most (W10)', async () => {
    const { slow, write } = timesOnOwnClock();
    for (const ms of [499, 500, 501, 600, 700, 20, 800]) await write(ms);
    expect(slow).toEqual([501, 700]);
  });

  it('are measured by the log', async () => {
    let nowMs = 0;
    const slow: number[] = [];
    const disk = new SimDisk({
      random: seeded(1),
      delay: ({ kind }) => {
        if (kind === 'write') nowMs += 700;
      },
    });
    const pace = { nowMs: () => nowMs, rest: async () => undefined };
    const log = await openLog(disk, { pace, onSlowWrite: (ms) => slow.push(ms) });
    await append(log, writeOf({ batches: [commands(2, ['a'])] }));
    expect(log.stats()).toMatchObject({ syncMs: 700, syncMsMax: 700 });
    expect(slow).toEqual([700]);
  });
});
