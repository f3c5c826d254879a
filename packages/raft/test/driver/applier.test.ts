import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import { type LogIndex, type Term, logIndex, logTime, term } from '../../src/core/numbers.ts';
import { Applier } from '../../src/driver/applier.ts';

/** Entries `first` … `last` of a term; the command of each says its term and index. */
function batchOf(first: number, last: number, inTerm: number): EntryBatch {
  const header = {
    groupId: 1,
    first: logIndex(first),
    term: term(inTerm),
    at: logTime(0),
    type: EntryType.command,
  };
  const commands = Array.from({ length: last - first + 1 }, (_, i) =>
    Buffer.from(`${inTerm}:${first + i}`),
  );
  return EntryBatch.encode(header, commands);
}

/** An applier over a log of which `inMemory` is in memory, otherwise nothing. */
function bench(inMemory?: readonly EntryBatch[]) {
  const log: Term[] = [];
  const core = {
    applied: logIndex(0),
    committed: logIndex(0),
    installing: undefined as LogIndex | undefined,
    termAt: (index: LogIndex) => log[index],
    entriesFrom: () => inMemory && [...inMemory],
    appliedThrough: (index: LogIndex) => void (core.applied = index),
  };
  const executed: string[] = [];
  const held = { isHeld: false };
  const turns: (() => void)[] = [];
  const reads: { answer: (batches: EntryBatch[]) => void; fail: (error: Error) => void }[] = [];
  const failures: Error[] = [];
  const applier = new Applier<void>({
    core,
    machine: {
      apply: (command) => void executed.push(command.toString()),
      termStart: () => undefined,
    },
    isHeld: () => held.isHeld,
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    timers: { after: () => () => undefined, afterIo: (turn) => void turns.push(turn) },
    read: () => new Promise((answer, fail) => void reads.push({ answer, fail })),
    onResult: () => undefined,
    onApplied: () => undefined,
    onFailure: (error) => void failures.push(error),
  });
  return {
    core,
    executed,
    applier,
    failures,
    /** From `first` to `last` the log holds entries of this term. */
    write: (first: number, last: number, inTerm: number) => {
      log.length = first;
      for (let index = first; index <= last; index += 1) log[index] = term(inTerm);
    },
    /** What was asked of the disk is answered. */
    disk: async (...batches: EntryBatch[]) => {
      reads.shift()?.answer(batches);
      await setImmediate();
    },
    failRead: async () => {
      reads.shift()?.fail(new Error('not in the log'));
      await setImmediate();
    },
    held,
    turn: () => turns.shift()?.(),
  };
}

describe('the applier', () => {
  it('executes each entry of a batch once, though it takes several turns and begins in its midst', () => {
    const { core, executed, applier, turn } = bench([batchOf(1, 600, 1), batchOf(601, 650, 1)]);
    core.applied = logIndex(10);
    core.committed = logIndex(620);
    applier.poke();
    expect(core.applied).toBe(266);
    turn();
    turn();
    expect(executed).toEqual(Array.from({ length: 610 }, (_, i) => `1:${i + 11}`));
    expect(core.applied).toBe(620);
  });

  it('does not execute what was truncated between two of its turns', async () => {
    const { core, executed, applier, failures, write, disk, turn } = bench();
    write(1, 600, 1);
    core.committed = logIndex(300);
    applier.poke();
    await disk(batchOf(1, 600, 1));
    expect(executed).toHaveLength(256);
    // Another leader replaces what is not committed, and commits its own.
    write(301, 400, 2);
    core.committed = logIndex(400);
    turn();
    expect(executed.at(-1)).toBe('1:300');
    await disk(batchOf(301, 400, 2));
    expect(executed.slice(299, 302)).toEqual(['1:300', '2:301', '2:302']);
    expect(core.applied).toBe(400);
    expect(failures).toEqual([]);
  });

  it('does not execute what the disk still shows though its truncation is under way', async () => {
    const { core, executed, applier, write, disk } = bench();
    write(1, 10, 1);
    write(6, 10, 2);
    core.committed = logIndex(10);
    applier.poke();
    await disk(batchOf(1, 10, 1));
    expect(executed.at(-1)).toBe('1:5');
    await disk(batchOf(6, 10, 2));
    expect(executed.slice(4)).toEqual(['1:5', '2:6', '2:7', '2:8', '2:9', '2:10']);
  });

  it('executes nothing more once it is stopped, and asks the disk once at a time', async () => {
    const { core, executed, applier, write, disk } = bench();
    write(1, 10, 1);
    core.committed = logIndex(10);
    applier.poke();
    applier.poke();
    applier.stop();
    await disk(batchOf(1, 10, 1));
    await disk(batchOf(1, 10, 1));
    expect(executed).toEqual([]);
  });

  it('executes nothing while the state waits for its store, and goes on where it was', async () => {
    const { core, executed, applier, held, write, disk } = bench();
    write(1, 10, 1);
    core.committed = logIndex(10);
    applier.poke();
    held.isHeld = true;
    await disk(batchOf(1, 10, 1));
    applier.poke();
    expect(executed).toEqual([]);
    held.isHeld = false;
    applier.poke();
    expect(executed).toHaveLength(10);
    expect(applier.executed).toEqual({ index: 10, at: 0 });
  });

  it('goes on behind a snapshot, whatever was being read or waited before it', async () => {
    const { core, executed, applier, failures, write, disk, failRead } = bench();
    write(1, 300, 1);
    core.committed = logIndex(300);
    applier.poke();
    // The log is replaced while it is being read: the read comes to nothing, which is no failure.
    core.installing = logIndex(500);
    await failRead();
    applier.poke();
    write(501, 510, 1);
    core.applied = logIndex(500);
    core.committed = logIndex(510);
    core.installing = undefined;
    applier.replaced(logIndex(500), logTime(7));
    expect(applier.executed).toEqual({ index: 500, at: 7 });
    applier.poke();
    await disk(batchOf(501, 510, 1));
    expect(executed).toEqual(Array.from({ length: 10 }, (_, i) => `1:${501 + i}`));
    expect(failures).toEqual([]);
  });
});
