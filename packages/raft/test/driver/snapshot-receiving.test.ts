import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { incarnation, logIndex, logTime, nodeId, term } from '../../src/core/numbers.ts';
import type { SnapshotMark } from '../../src/core/ready.ts';
import type { InstallSnapshot } from '../../src/core/rpc.ts';
import { SnapshotReceiving } from '../../src/driver/snapshot-receiving.ts';

interface ChunkOf {
  readonly id?: number;
  readonly boot?: number;
  readonly index?: number;
}

function chunk(number: number, text: string, last = false, of: ChunkOf = {}): InstallSnapshot {
  const { id = 1, boot = 1, index = 50 } = of;
  return {
    kind: 'install-snapshot',
    from: nodeId(1),
    to: nodeId(2),
    term: term(3),
    incarnation: incarnation(boot),
    snapshot: {
      id,
      index: logIndex(index),
      term: term(2),
      at: logTime(9),
      configuration: Buffer.from('who'),
      configurationIndex: logIndex(1),
    },
    chunk: number,
    last,
    data: Buffer.from(text),
  };
}

/** A node that receives; the check of a whole snapshot ends when told to. */
function bench() {
  const answers: string[] = [];
  const received: string[][] = [];
  const aborted: number[] = [];
  const failures: string[] = [];
  const marks: SnapshotMark[] = [];
  const world = { room: true, committed: logIndex(10), finish: (): void => undefined };
  const receiving = new SnapshotReceiving({
    core: {
      get committed() {
        return world.committed;
      },
      answerChunk: (_, status, next) => void answers.push(`${status} ${next}`),
      restore: (mark) => {
        marks.push(mark);
        return true;
      },
    },
    machine: {
      receive: async () => {
        const chunks: string[] = [];
        const place = received.push(chunks) - 1;
        return {
          write: async (data: Buffer) => {
            if (data.toString() === 'damaged') throw new Error('this is no chunk');
            chunks.push(data.toString());
          },
          finish: () =>
            new Promise((resolve) => {
              world.finish = () => resolve({ index: logIndex(50), at: logTime(9) });
            }),
          abort: async () => void aborted.push(place),
        };
      },
    },
    timers: { after: () => () => undefined, afterIo: () => undefined },
    patienceMs: 10_000,
    generation: () => 4,
    hasRoom: () => world.room,
    onQueued: () => undefined,
    onStarted: () => undefined,
    onFailed: (_from, _index, error) => void failures.push(String(error)),
  });
  return {
    answers,
    received,
    aborted,
    failures,
    marks,
    world,
    receiving,
    take: async (...rpcs: InstallSnapshot[]) => {
      for (const rpc of rpcs) receiving.received(rpc);
      await setImmediate();
    },
  };
}

describe('a snapshot that comes in', () => {
  it('is put in force by a record of the log when it is whole, and then the leader hears of it', async () => {
    const { receiving, answers, received, marks, world, take } = bench();
    await take(chunk(0, 'a'), chunk(1, 'b', true));
    expect(answers).toEqual(['more 1']);
    world.finish();
    await setImmediate();
    expect(received).toEqual([['a', 'b']]);
    expect(marks).toMatchObject([{ index: 50, term: 2, at: 9, generation: 5 }]);
    receiving.installed();
    expect(answers).toEqual(['more 1', 'installed 2']);
  });

  it('S11 the leader hears that a large state is being checked, and waits', async () => {
    const { answers, world, take } = bench();
    await take(chunk(0, 'a', true));
    expect(answers).toEqual([]);
    await take(chunk(1, ''));
    expect(answers).toEqual(['more 1']);
    world.finish();
    await setImmediate();
    await take(chunk(1, ''));
    expect(answers).toEqual(['more 1', 'more 1']);
  });

  it('S01 goes on where it was, and from the start when it is another transfer', async () => {
    const { answers, received, aborted, take } = bench();
    await take(chunk(0, 'a'), chunk(0, 'a'), chunk(1, ''));
    expect(answers).toEqual(['more 1', 'more 1', 'more 1']);
    await take(chunk(3, 'd'));
    expect(answers.at(-1)).toBe('more 1');
    for (const other of [{ id: 2 }, { id: 2, boot: 2 }]) await take(chunk(1, 'x', false, other));
    expect(answers.slice(-2)).toEqual(['more 0', 'more 0']);
    expect(received).toEqual([['a'], [], []]);
    expect(aborted).toEqual([0, 1]);
  });

  it('S01 is not disturbed by what is left of an earlier transfer', async () => {
    const { answers, received, aborted, take } = bench();
    await take(chunk(0, 'a', false, { id: 2 }), chunk(0, 'late'), chunk(1, 'b', false, { id: 2 }));
    expect(answers).toEqual(['more 1', 'more 2']);
    expect([received, aborted]).toEqual([[['a', 'b']], []]);
  });

  it('S08 a corrupt snapshot is refused and fetched again, nothing deleted', async () => {
    const { answers, aborted, failures, received, take } = bench();
    await take(chunk(0, 'a'), chunk(1, 'damaged'));
    expect(answers).toEqual(['more 1', 'refused 0']);
    expect(failures).toEqual(['Error: this is no chunk']);
    expect(aborted).toEqual([0]);
    await take(chunk(0, 'a', false, { id: 2 }));
    expect(answers.at(-1)).toBe('more 1');
    expect(received).toHaveLength(2);
  });

  it('brings nothing to a node that has it all, and nothing to one without room', async () => {
    const { answers, received, world, take } = bench();
    world.committed = logIndex(50);
    await take(chunk(0, 'a'));
    expect([answers, received]).toEqual([['installed 1'], []]);
    world.committed = logIndex(10);
    world.room = false;
    await take(chunk(0, 'a'));
    expect([answers.at(-1), received]).toEqual(['refused 0', []]);
  });
});
