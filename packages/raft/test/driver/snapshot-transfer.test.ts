import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { logIndex, logTime, term } from '../../src/core/numbers.ts';
import { SnapshotTransfer } from '../../src/driver/snapshot-transfer.ts';

/** A transfer of `count` chunks; timers ring by hand. */
function bench(count: number) {
  const sent: string[] = [];
  const ended: string[] = [];
  const timers: { delayMs: number; ring: () => void }[] = [];
  const view = { closed: 0, read: 0 };
  const needed = { isNeeded: true };
  const transfer = new SnapshotTransfer({
    name: {
      id: 1,
      index: logIndex(10),
      term: term(1),
      at: logTime(0),
      configuration: Buffer.from('who'),
      configurationIndex: logIndex(1),
    },
    view: {
      index: logIndex(10),
      at: logTime(0),
      async *chunks() {
        for (let i = 0; i < count; i += 1) {
          view.read += 1;
          yield Buffer.from(`chunk ${i}`);
        }
      },
      close: () => void (view.closed += 1),
    },
    timers: {
      after: (delayMs, ring) => {
        const timer = { delayMs, ring };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
      afterIo: () => undefined,
    },
    patienceMs: 10_000,
    askAgainMs: 100,
    send: ({ chunk, last, data }) => {
      if (needed.isNeeded)
        sent.push(data.length === 0 ? `? ${chunk}` : `${chunk}${last ? '.' : ''}`);
      return needed.isNeeded;
    },
    onEnded: (installed, why) => void ended.push(installed ? 'installed' : why),
  });
  const answer = async (status: 'more' | 'installed' | 'refused', next: number): Promise<void> => {
    const envelope = { from: 2, to: 1, term: 1, incarnation: 1 } as never;
    transfer.received({
      ...(envelope as object),
      kind: 'install-reply',
      snapshotId: 1,
      status,
      next,
    } as never);
    await setImmediate();
  };
  return {
    transfer,
    sent,
    ended,
    view,
    needed,
    answer,
    start: async () => {
      transfer.start();
      await setImmediate();
    },
    ring: (delayMs: number) => timers.find((timer) => timer.delayMs === delayMs)?.ring(),
  };
}

describe('a snapshot on its way to a peer', () => {
  it('has two chunks on their way, and reads the next one when the peer has taken one', async () => {
    const { sent, view, start, answer, ended } = bench(5);
    await start();
    expect(sent).toEqual(['0', '1']);
    expect(view.read).toBe(3);
    await answer('more', 1);
    expect(sent).toEqual(['0', '1', '2']);
    await answer('more', 3);
    expect(sent).toEqual(['0', '1', '2', '3', '4.']);
    await answer('more', 5);
    await answer('installed', 5);
    expect(ended).toEqual(['installed']);
    expect(view.closed).toBe(1);
  });

  it('S01 interrupted and resumed by the same leader: what the peer has not taken is sent again', async () => {
    const { transfer, sent, start, answer } = bench(4);
    await start();
    await answer('more', 1);
    sent.length = 0;
    transfer.ask();
    expect(sent).toEqual(['? 1']);
    await answer('more', 1);
    expect(sent).toEqual(['? 1', '1', '2']);
  });

  it('a chunk that came twice brings nothing more on its way', async () => {
    const { sent, start, answer } = bench(9);
    await start();
    await answer('more', 1);
    const before = sent.length;
    await answer('more', 1);
    await answer('more', 1);
    expect(sent).toHaveLength(before);
  });

  it('asks again when no answer comes, and gives up without progress', async () => {
    const { sent, ended, view, start, ring } = bench(4);
    await start();
    ring(100);
    ring(100);
    expect(sent).toEqual(['0', '1', '? 0', '? 0']);
    ring(10_000);
    expect(ended).toEqual(['no progress']);
    expect(view.closed).toBe(1);
  });

  it('a peer that has lost what it had, or cannot take it, gets another snapshot later', async () => {
    const lost = bench(4);
    await lost.start();
    await lost.answer('more', 2);
    await lost.answer('more', 0);
    expect(lost.ended).toEqual(['the peer wants chunk 0 after 2']);
    const refused = bench(4);
    await refused.start();
    await refused.answer('refused', 0);
    expect(refused.ended).toEqual(['the peer cannot take it now']);
  });

  it('ends when the core needs it no more', async () => {
    const { needed, ended, view, start, answer } = bench(9);
    await start();
    needed.isNeeded = false;
    await answer('more', 1);
    expect(ended).toEqual(['no longer needed']);
    expect(view.closed).toBe(1);
  });
});
