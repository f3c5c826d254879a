import { deepEqual } from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { type Command, MemoryStoreHost, QueueMachine, type QueueResult } from '@rrmq/queue';
import * as fc from 'fast-check';
import { RowKind } from '../src/store/row-keys.ts';
import { walkStore } from '../src/store/store-walk.ts';
import { chunkOf, recordsOf } from './chunk-records.ts';
import { chunksOf, install, openMachine, portrait, run } from './commands.ts';
import { machineWithEveryRow, playOut } from './every-row.ts';
import { HistoryRun, START, firstStep, someHistoryStep } from './histories.ts';

const begin: Command = { kind: 'restore-begin', backupId: 'b', text: '' };

const restoreOf = (chunk: Buffer): Command[] => [
  begin,
  { kind: 'restore-chunk', number: 0, chunk },
  { kind: 'restore-end' },
];

function runAll(machine: QueueMachine, commands: readonly Command[]): QueueResult[] {
  return commands.map((command) => run(machine, command, START));
}

async function recordsOfEveryRow() {
  const [chunk = Buffer.alloc(0)] = await chunksOf(await machineWithEveryRow());
  return recordsOf(chunk);
}

const everything = { entries: Infinity, bytes: Infinity };

describe('a store with every kind of row', () => {
  it('has every kind of row', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineWithEveryRow({ host });
    expect(machine.violations()).toEqual([]);
    await machine.close();
    const store = await host.open(1);
    const entries = store.range(Buffer.from([0]), Buffer.from([255]), everything);
    const kinds = new Set(entries.map(({ key }) => key[0]));
    expect(Object.values(RowKind).filter((kind) => !kinds.has(kind))).toEqual([]);
    expect(await walkStore(store, async () => undefined)).toMatchObject({ problem: undefined });
  });

  it('is the same after a restart, and in a snapshot, to the end', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineWithEveryRow({ host });
    const again = await openMachine({ host });
    const copy = await openMachine({ chunkPayloadBytes: 100 });
    await install(copy, await chunksOf(machine), 2);
    const second = await openMachine();
    await install(second, await chunksOf(copy), 2);
    const expected = playOut(machine);
    for (const each of [again, copy, second]) {
      expect(playOut(each)).toEqual(expected);
      expect(portrait(each)).toEqual(portrait(machine));
      expect(each.violations()).toEqual([]);
    }
  });

  it('is restored from a backup, and comes to the same end', async () => {
    const machine = await machineWithEveryRow();
    const [chunk = Buffer.alloc(0)] = await chunksOf(machine);
    const host = new MemoryStoreHost();
    const restored = await openMachine({ host });
    const results = runAll(restored, restoreOf(chunk));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
    await restored.flush();
    const again = await openMachine({ host });
    const [first, second, third] = [restored, again, machine].map((each) => playOut(each));
    expect(first).toEqual(second);
    expect(portrait(again)).toEqual(portrait(restored));
    expect(portrait(restored).stats).toEqual(portrait(machine).stats);
    expect(JSON.stringify(first).length).toBeGreaterThan(1000);
    expect(JSON.stringify(third).length).toBeGreaterThan(1000);
  });

  it('is the same wherever its restore was cut by restarts and snapshots', async () => {
    const machine = await machineWithEveryRow({ chunkPayloadBytes: 400 });
    const chunks = await chunksOf(machine);
    const commands: Command[] = [
      begin,
      ...chunks.map((chunk, number) => ({ kind: 'restore-chunk' as const, number, chunk })),
      { kind: 'restore-end' },
    ];
    const reference = await openMachine();
    for (const { ok } of runAll(reference, commands)) expect(ok).toBe(true);
    const host = new MemoryStoreHost();
    let generation = 1;
    let cut = await openMachine({ host });
    for (const [i, command] of commands.entries()) {
      run(cut, command, START);
      await cut.flush();
      if (i % 3 === 0) {
        generation += 1;
        await install(cut, await chunksOf(cut), generation);
      } else if (i % 3 === 1) {
        await cut.close();
        cut = new QueueMachine({ host });
        await cut.open(generation);
      }
    }
    expect(portrait(cut)).toEqual(portrait(reference));
    expect(playOut(cut)).toEqual(playOut(reference));
  });
});

describe('a backup with every kind of row', () => {
  it('is taken, whatever history it comes from, and comes to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someHistoryStep, { maxLength: 80, size: 'max' }), async (steps) => {
        const machine = await openMachine();
        const history = new HistoryRun(machine);
        for (const step of [firstStep, ...steps]) history.step(step);
        await machine.flush();
        const [chunk = Buffer.alloc(0)] = await chunksOf(machine);
        const host = new MemoryStoreHost();
        const restored = await openMachine({ host });
        const codes = runAll(restored, restoreOf(chunk)).map((each) => each.ok || each.code);
        expect(codes).toEqual([true, true, true]);
        expect(portrait(restored).stats).toEqual(portrait(machine).stats);
        expect(restored.violations()).toEqual([]);
        await restored.flush();
        const again = await openMachine({ host });
        expect(again.violations()).toEqual([]);
        for (const at of [0, 1000, 5000, 500_000]) {
          const command: Command = { kind: 'advance' };
          for (const each of [machine, restored, again]) run(each, command, history.at + at);
          expect(portrait(restored).stats).toEqual(portrait(machine).stats);
          expect(portrait(again)).toEqual(portrait(restored));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is rejected when a record is missing, and the next one is taken', async () => {
    const records = await recordsOfEveryRow();
    const machine = await openMachine();
    const taken: string[] = [];
    for (const [i, { key }] of records.entries()) {
      const changed = records.filter((_, each) => each !== i);
      const results = runAll(machine, restoreOf(chunkOf(changed)));
      if (results.every(({ ok }) => ok)) {
        taken.push(`${key[0]}`);
        for (const topic of machine.topics()) run(machine, { kind: 'delete-topic', topic }, START);
      } else deepEqual(results[2]?.ok, false);
    }
    // Answers to requests are not taken; ids are forgotten with their rows; what was due in a deleted topic is nothing.
    const free = [RowKind.dedup, RowKind.due, RowKind.request, RowKind.requestOrder];
    expect(taken.filter((kind) => !free.some((each) => `${each}` === kind))).toEqual([]);
    const results = runAll(machine, restoreOf(chunkOf(records)));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  it('is rejected when records come twice or out of order', async () => {
    const records = await recordsOfEveryRow();
    const machine = await openMachine();
    for (const [i, record] of records.entries()) {
      const twice = records.toSpliced(i, 0, record);
      expect(runAll(machine, restoreOf(chunkOf(twice)))).toContainEqual({
        ok: false,
        code: 'backup-rejected',
      });
      const next = records[i + 1];
      if (next === undefined) continue;
      const swapped = records.toSpliced(i, 2, next, record);
      expect(runAll(machine, restoreOf(chunkOf(swapped)))).toContainEqual({
        ok: false,
        code: 'backup-rejected',
      });
    }
  });

  it('of wrong contents is rejected or taken, and never throws', async () => {
    const records = await recordsOfEveryRow();
    const someChange = fc.tuple(
      fc.nat({ max: records.length - 1 }),
      fc.nat(),
      fc.constantFrom(0, 1, 2, 3, 0x20, 0x80, 0xff),
    );
    let [taken, rejected] = [0, 0];
    await fc.assert(
      fc.asyncProperty(someChange, async ([record, place, value]) => {
        const changed = records.map(({ key, fields }) => ({ key, fields: Buffer.from(fields) }));
        const { fields } = changed[record] ?? { fields: Buffer.alloc(1) };
        fields[place % fields.length] = value;
        const host = new MemoryStoreHost();
        const machine = await openMachine({ host });
        const results = runAll(machine, restoreOf(chunkOf(changed)));
        if (results.every(({ ok }) => ok)) taken += 1;
        else rejected += 1;
        await machine.flush();
        await machine.close();
        const again = await openMachine({ host });
        await again.close();
      }),
      { numRuns: 200 },
    );
    expect(Math.min(taken, rejected)).toBeGreaterThan(3);
  });
});
