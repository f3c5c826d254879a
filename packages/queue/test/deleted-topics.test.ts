import { describe, expect, it } from '@jest/globals';
import { type Command, MemoryStoreHost, QueueMachine, type StoreEntry } from '@rrmq/queue';
import { walkStore } from '../src/store/store-walk.ts';
import { chunksOf, create, install, openMachine, pop, portrait, publish, run } from './commands.ts';
import { machineWithEveryRow } from './every-row.ts';
import { START } from './histories.ts';

const remove = (topic: string): Command => ({ kind: 'delete-topic', topic });

const everything = { entries: Infinity, bytes: Infinity };

/** What the store holds; its machine goes on. */
async function entriesOf(host: MemoryStoreHost, machine: QueueMachine): Promise<StoreEntry[]> {
  await machine.close();
  const store = await host.open(1);
  const entries = store.range(Buffer.from([0]), Buffer.from([255]), everything);
  const { problem } = await walkStore(store, async () => undefined);
  expect(problem).toBeUndefined();
  await machine.adopt(1);
  return entries;
}

/** Something that changes the index only. */
async function flushAgain(machine: QueueMachine): Promise<void> {
  run(machine, pop('none'), START);
  await machine.flush();
}

/** Rows of a place, and its records; what is due stands among that of others. */
const isOf = ({ key }: StoreEntry, place: number): boolean =>
  key.length >= 9 && ![16, 17, 18].includes(key[0] ?? 0) && key.readUIntBE(3, 6) === place;

/** Of topic `t`, or of none. */
const isOther = (entry: StoreEntry): boolean =>
  isOf(entry, 2) || [16, 17, 18].includes(entry.key[0] ?? 0);

const areSame = (a: readonly StoreEntry[], b: readonly StoreEntry[]): boolean =>
  a.length === b.length &&
  a.every(({ key, value }, i) => b[i]?.key.equals(key) === true && b[i].value.equals(value));

describe('a deleted topic', () => {
  it('vanishes from the store bit by bit, and nothing of another one is touched', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineWithEveryRow({ host });
    const large = Array.from({ length: 1000 }, () => ({ contentType: '', body: 'x' }));
    for (let i = 0; i < 9; i += 1) {
      const command = {
        kind: 'publish',
        topic: 'u',
        producer: undefined,
        messages: large,
      } as const;
      run(machine, command, START);
    }
    run(machine, publish('u', 'x', ['p', 0, 1]), START);
    run(machine, publish('t', 'x', ['p', 0, 1]), START);
    await machine.flush();
    const before = await entriesOf(host, machine);
    const others = before.filter(isOther);
    run(machine, remove('u'), START);
    const counts = [before.filter((entry) => isOf(entry, 3)).length];
    expect(counts[0]).toBeGreaterThan(9000);
    for (let round = 0; round < 40 && counts.at(-1) !== 0; round += 1) {
      await flushAgain(machine);
      const entries = await entriesOf(host, machine);
      counts.push(entries.filter((entry) => isOf(entry, 3)).length);
      expect(areSame(entries.filter(isOther), others)).toBe(true);
      expect(machine.violations()).toEqual([]);
    }
    expect(counts.at(-1)).toBe(0);
    // The mark comes, and goes last.
    const steps = counts.slice(2).map((count, i) => (counts[i + 1] ?? 0) - count);
    expect(Math.max(...steps)).toBe(4096);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(0);
  });

  it('vanishes after a restart in between, too, and is in no snapshot', async () => {
    const host = new MemoryStoreHost();
    let machine = await machineWithEveryRow({ host });
    run(machine, remove('t'), START);
    run(machine, create('t'), START);
    run(machine, publish('t', 'new', ['p', 0, 1]), START);
    const then = portrait(machine);
    await machine.flush();
    for (let round = 0; round < 30; round += 1) {
      const copy = await openMachine();
      await install(copy, await chunksOf(machine), 2);
      expect(portrait(copy).stats).toEqual(then.stats);
      expect(copy.violations()).toEqual([]);
      await machine.close();
      machine = new QueueMachine({ host });
      await machine.open(1);
      expect(portrait(machine).stats).toEqual(then.stats);
      await flushAgain(machine);
    }
    const left = (await entriesOf(host, machine)).filter((entry) => isOf(entry, 2));
    expect(left.length).toBe(0);
    expect(run(machine, pop('t'), START)).toMatchObject({ topicNumber: 4 });
    expect(run(machine, publish('t', 'new', ['p', 0, 1]), START)).toMatchObject({
      duplicate: true,
      topicNumber: 4,
    });
  });

  it('that was never flushed leaves nothing', async () => {
    const host = new MemoryStoreHost();
    const machine = await openMachine({ host });
    for (const command of [create('t'), publish('t', 'x'), remove('t')]) run(machine, command);
    for (let round = 0; round < 3; round += 1) await flushAgainAtZero(machine);
    expect((await entriesOf(host, machine)).map(({ key }) => key[0])).toEqual([1]);
  });

  it('that is deleted while a flush is on its way vanishes, whether that succeeds or fails', async () => {
    for (const fails of [false, true]) {
      const host = new MemoryStoreHost();
      const machine = await openMachine({ host });
      for (const command of [create('t'), publish('t', 'x', ['p', 0, 1])]) run(machine, command);
      if (fails) host.failNext('commit', 'ENOSPC');
      const flush = machine.flush().catch(() => undefined);
      run(machine, remove('t'));
      await flush;
      for (let round = 0; round < 8; round += 1) await flushAgainAtZero(machine);
      expect((await entriesOf(host, machine)).map(({ key }) => key[0])).toEqual([1]);
      expect(machine.violations()).toEqual([]);
    }
  });

  it('leaves what was due, which is thrown away in the same way on a node that got a snapshot', async () => {
    const machine = await openMachine();
    run(machine, create('t'), START);
    run(machine, create('u'), START);
    const messages = Array.from({ length: 1000 }, () => ({
      contentType: '',
      body: '',
      delayMs: 1,
    }));
    for (let i = 0; i < 2; i += 1) {
      run(machine, { kind: 'publish', topic: 't', producer: undefined, messages }, START);
    }
    const late = [{ contentType: '', body: 'late', delayMs: 2 }];
    run(machine, { kind: 'publish', topic: 'u', producer: undefined, messages: late }, START);
    run(machine, remove('t'), START);
    await machine.flush();
    const copy = await openMachine();
    await install(copy, await chunksOf(machine), 2);
    for (let i = 0; i < 4; i += 1) {
      const advance: Command = { kind: 'advance' };
      expect(run(copy, advance, START + 5)).toEqual(run(machine, advance, START + 5));
      expect(portrait(copy)).toEqual(portrait(machine));
    }
    expect(machine.stats('u')).toMatchObject({ ready: 1, delayed: 0 });
    expect(machine.nextDue()).toBeUndefined();
  });
});

async function flushAgainAtZero(machine: QueueMachine): Promise<void> {
  run(machine, pop('none'));
  await machine.flush();
}
