import { describe, expect, it } from '@jest/globals';
import {
  CHUNK_BYTES_MAX,
  MemoryStoreHost,
  NodeStoreHost,
  RECORDS_PER_CHUNK_MAX,
  SnapshotRejected,
} from '@rrmq/queue';
import * as fc from 'fast-check';
import {
  chunksOf,
  create,
  install,
  machineAfter,
  openMachine,
  pop,
  portrait,
  publish,
  run,
  someHistory,
} from './commands.ts';
import { tempFolder } from './temp-folder.ts';

/** Format 2 of the store in version 2 of chunks: these bytes must be read for ever. Format 1: `old-format.test.ts`. */
const golden = `
  020100000000000036020000c74f578d01005b0000000101020003000000000000000068e5cf8b0100001a9cb103d9081d00010000000000
  0000010000000000000000000000000000000100000000000000000000000000000000000000000000000000000000000000000000009040
  9c9809004901000002000000000000000102010000000000000002000000c3a90068e5cf8b01000001000000000000000000000030750000
  0a000000e80300000000000060ea00000000000000e093040000000000204e00000000020000000000000002000000000000000200000000
  0000000100000000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
  0000000000000000000000020000000000000002000000000000000104020000000000000001000000000000000000000000000000000000
  0000000000020000000000000002000000000000000200000000000000020000000000000000000000000000000000000000000000000000
  0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
  000000000000bb83035411001600000003000000000000000100000000000000020200000068e5cf8b010000000000000400ff8d1bcc220a
  002d000000040000000000000001700107000000000000000100000000000000010000000000000001000000010000000000000002000000
  a3698a7500000c00000004000000000000007256f510`;

describe('a snapshot', () => {
  it('stays in the format in which it was', async () => {
    const chunk = Buffer.from(golden.replaceAll(/\s/g, ''), 'hex');
    const bodies = [Buffer.from('one'), Buffer.from([0, 255])];
    const messages = bodies.map((body, i) => ({ contentType: i === 0 ? 'a' : '', body }));
    const producer = { id: 'p', epoch: 7, sequence: 1 };
    const machine = await openMachine();
    run(machine, create('é'), 1_700_000_000_000);
    run(machine, { kind: 'publish', topic: 'é', producer, messages }, 1_700_000_000_000);
    run(machine, pop('é'), 1_700_000_000_000);
    await machine.flush();
    expect((await chunksOf(machine)).map((each) => each.toString('hex'))).toEqual([
      chunk.toString('hex'),
    ]);
    const copy = await openMachine();
    await install(copy, [chunk], 2);
    expect(portrait(copy)).toEqual(portrait(machine));
  });

  it('holds the whole state: after it, all goes on as without it', async () => {
    await fc.assert(
      fc.asyncProperty(someHistory, someHistory, async (before, after) => {
        const original = await machineAfter(before);
        await original.flush();
        const copy = await machineAfter(after);
        await install(copy, await chunksOf(original), 2);
        expect(portrait(copy)).toEqual(portrait(original));
        expect(copy.flushedIndex).toBe(original.flushedIndex);
        const results = after.map((command) => run(copy, command));
        expect(results).toEqual(after.map((command) => run(original, command)));
        expect(portrait(copy)).toEqual(portrait(original));
        expect(copy.violations()).toEqual([]);
      }),
    );
  });

  it('shows what was flushed, and stays as it was when all goes on', async () => {
    const machine = await machineAfter([create('t'), publish('t', 'one', ['p', 0, 1])]);
    await machine.flush();
    const then = portrait(machine);
    run(machine, publish('t', 'not flushed'));
    const snapshot = machine.openSnapshot();
    for (const command of [pop('t'), publish('t', 'two', ['p', 0, 2]), create('u')]) {
      run(machine, command);
    }
    await machine.flush();
    const copy = await openMachine();
    const sink = await copy.receive(2);
    for await (const chunk of snapshot.chunks()) await sink.write(chunk);
    expect(await sink.finish()).toEqual({ index: then.index, at: 0 });
    snapshot.close();
    await copy.adopt(2);
    expect(snapshot.index).toBe(then.index);
    expect(portrait(copy)).toEqual(then);
    expect(run(copy, publish('t', 'two', ['p', 0, 2]))).toMatchObject({ duplicate: false });
  });

  it('comes in chunks of limited bytes, bodies across them', async () => {
    const machine = await machineAfter([create('t')]);
    const bodies = [3_000_000, 0, 262_000, 700_000, 100].map((n, i) => Buffer.alloc(n, i));
    const messages = bodies.map((body) => ({ contentType: 'x', body }));
    run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
    await machine.flush();
    const chunks = await chunksOf(machine);
    expect(chunks.length).toBe(16);
    expect(Math.max(...chunks.map(({ length }) => length))).toBe(CHUNK_BYTES_MAX);
    const copy = await openMachine();
    await install(copy, chunks, 2);
    const popped = bodies.map(() => run(copy, pop('t')));
    const same = popped.map((each, i) => 'message' in each && bodies[i]?.equals(each.message.body));
    expect(same).toEqual(bodies.map(() => true));
  });

  it('comes in chunks of limited records, without what was popped', async () => {
    const machine = await machineAfter([create('t')]);
    const messages = Array.from({ length: 1000 }, () => ({ contentType: '', body: 'x' }));
    for (let i = 0; i < 5; i += 1) {
      run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
    }
    await machine.flush();
    for (let i = 0; i < 1500; i += 1) run(machine, pop('t'));
    await machine.flush();
    const chunks = await chunksOf(machine);
    expect(chunks.length).toBe(Math.ceil((3500 + 2 + 1) / RECORDS_PER_CHUNK_MAX));
    const copy = await openMachine();
    await install(copy, chunks, 2);
    expect(portrait(copy)).toEqual(portrait(machine));
    expect(run(copy, pop('t'))).toMatchObject({ message: { sequence: 1501 } });
  });

  it('is rejected when any byte of it is damaged, and nothing has changed then', async () => {
    const machine = await machineAfter([create('t'), publish('t', 'x', ['p', 0, 1])]);
    await machine.flush();
    const whole = (await chunksOf(machine))[0] ?? Buffer.alloc(0);
    const target = await machineAfter([create('mine'), publish('mine', 'y')]);
    const before = portrait(target);
    for (let place = 0; place < whole.length; place += 1) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(place) ^ 0x10, place);
      await expect(install(target, [damaged], 2)).rejects.toThrow(SnapshotRejected);
    }
    expect(portrait(target)).toEqual(before);
    expect(target.violations()).toEqual([]);
  });

  it('is rejected when chunks are missing, repeated, swapped or foreign', async () => {
    const machine = await machineAfter([create('t')]);
    const messages = [{ contentType: 'x', body: Buffer.alloc(600_000) }];
    run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
    await machine.flush();
    const [a, b, c] = await chunksOf(machine);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three chunks');
    const broken = [[], [a], [a, b], [b, c], [a, c], [a, c, b], [a, a, b, c], [a, b, c, c]];
    for (const chunks of [...broken, [Buffer.from('garbage')], [a.subarray(0, 100), b, c]]) {
      await expect(install(machine, chunks, 2)).rejects.toThrow(SnapshotRejected);
    }
    await install(machine, [a, b, c], 2);
    expect(machine.available('t')).toBe(1);
  });

  it('of an empty machine can be installed', async () => {
    const copy = await machineAfter([create('t')]);
    await install(copy, await chunksOf(await openMachine()), 2);
    expect(copy.topics()).toEqual([]);
    expect(run(copy, create('t'))).toMatchObject({ topicNumber: 1 });
  });

  it('survives a crash once it is finished, and is gone when it was not', async () => {
    const machine = await machineAfter([create('t'), publish('t', 'x')]);
    await machine.flush();
    const host = new MemoryStoreHost();
    const receiver = await openMachine({ host: host.mount() });
    const sink = await receiver.receive(2);
    for (const chunk of await chunksOf(machine)) await sink.write(chunk);
    const half = await receiver.receive(3);
    await half.write((await chunksOf(machine))[0] ?? Buffer.alloc(0));
    await sink.finish();
    host.crash();
    const again = await machineAfter([], { host: host.mount() });
    expect(again.topics()).toEqual([]);
  });

  it('comes from disk to disk, while the sender goes on and an older view is open', async () => {
    const sender = await machineAfter([create('t')], { host: new NodeStoreHost(tempFolder()) });
    const receiver = await openMachine({ host: new NodeStoreHost(tempFolder()) });
    for (let i = 0; i < 3000; i += 1) run(sender, publish('t', `message ${i}`, ['p', 0, i + 1]));
    await sender.flush();
    const then = portrait(sender);
    const snapshot = sender.openSnapshot();
    const sink = await receiver.receive(2);
    for await (const chunk of snapshot.chunks()) {
      for (let i = 0; i < 500; i += 1) run(sender, pop('t'));
      await sender.flush();
      await sink.write(chunk);
    }
    await sink.finish();
    await receiver.adopt(2);
    expect(portrait(receiver)).toEqual(then);
    expect(receiver.violations()).toEqual([]);
    await sender.close();
    await receiver.close();
  });
});
