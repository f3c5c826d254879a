import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { NodeStoreHost, type Store, verifyStore } from '@rrmq/queue';
import { create, machineAfter, openMachine, pop, publish, run } from './commands.ts';
import { tempFolder } from './temp-folder.ts';

/** A store with two topics, three messages and a producer, changed afterwards. */
async function verifyAfter(change: (store: Store) => Promise<void>) {
  const folder = tempFolder();
  const host = new NodeStoreHost(folder);
  const history = [
    create('t'),
    create('u'),
    ...['one', 'two', 'three'].map((text) => publish('t', text)),
  ];
  const machine = await machineAfter([...history, publish('u', 'hi', ['p', 0, 1]), pop('t')], {
    host,
  });
  await machine.flush();
  await machine.close();
  const store = await host.open(1);
  await change(store);
  await store.close();
  return verifyStore(folder, 1);
}

const message = (place: number, sequence: number): Buffer => {
  const key = Buffer.alloc(17);
  key.writeUInt8(3, 0);
  key.writeUInt32BE(place, 5);
  key.writeUInt32BE(sequence, 13);
  return key;
};

const put = async (store: Store, key: Buffer, value: Buffer | undefined) =>
  store.write([{ key, value }]).flushed;

describe('verification of a store', () => {
  it('counts what is there', async () => {
    const report = await verifyAfter(async () => undefined);
    expect(report).toEqual({
      index: 7,
      at: 0,
      hash: expect.any(Number),
      topics: 2,
      messages: 3,
      bytes: 5 + 7 + 4,
      producers: 1,
      leftovers: 0,
      problem: undefined,
    });
  });

  it('knows nothing of a store that is not there, and finds an empty one sound', async () => {
    const folder = tempFolder();
    expect(await verifyStore(folder, 1)).toBeUndefined();
    const machine = await openMachine({ host: new NodeStoreHost(folder) });
    await machine.close();
    expect(await verifyStore(folder, 1)).toMatchObject({ index: 0, problem: undefined });
    expect(await verifyStore(folder, 2)).toBeUndefined();
  });

  it.each<[string, (store: Store) => Promise<void>, string]>([
    [
      'a lost message',
      async (store) => put(store, message(1, 2), undefined),
      'counts 2 messages and holds 1',
    ],
    [
      'a lost last message',
      async (store) => put(store, message(1, 3), undefined),
      'counts 2 messages and holds 1',
    ],
    [
      'a message under the key of another one',
      async (store) => put(store, message(1, 3), store.get(message(1, 2))),
      'wrong checksum',
    ],
    [
      'a key that is none',
      async (store) => put(store, Buffer.from([3, 3]), Buffer.alloc(9)),
      'none of a queue',
    ],
    [
      'a lost meta record',
      async (store) => put(store, Buffer.from([1]), undefined),
      'one meta record',
    ],
    [
      'a lost topic',
      async (store) => put(store, Buffer.from('020000000000000002', 'hex'), undefined),
      'message 1 at place 2 has a topic',
    ],
  ])('tells of %s', async (_, change, words) => {
    const report = await verifyAfter(change);
    expect(report?.problem).toContain(words);
    expect(report?.index).toBe(words.includes('meta') ? 0 : 7);
  });

  it('tells of a file that is no store, or was cut down to its first pages', async () => {
    const folder = tempFolder();
    const file = join(folder, 'state-1.mdb');
    writeFileSync(file, Buffer.alloc(100_000, 'rrmq'));
    expect((await verifyStore(folder, 1))?.problem).toContain('no LMDB file');
    const other = tempFolder();
    const machine = await machineAfter([create('t')], { host: new NodeStoreHost(other) });
    for (let i = 0; i < 2000; i += 1) run(machine, publish('t', `message ${i}`));
    await machine.flush();
    await machine.close();
    truncateSync(join(other, 'state-1.mdb'), 3 * 4096);
    expect((await verifyStore(other, 1))?.problem).toBeDefined();
  });
});
