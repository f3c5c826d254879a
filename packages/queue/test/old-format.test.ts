import { describe, expect, it } from '@jest/globals';
import {
  type Command,
  MemoryStoreHost,
  NodeStoreHost,
  type StoreHost,
  verifyStore,
} from '@rrmq/queue';
import {
  chunksOf,
  create,
  install,
  machineAfter,
  openMachine,
  pop,
  publish,
  run,
} from './commands.ts';
import { tempFolder } from './temp-folder.ts';

/*
 * Stores and a snapshot of release 0.1.0, byte by byte as it wrote them (format 1, topics and messages of version 1):
 * they must be read for ever. Written by that release, at the time 1,700,000,000,000; `key: value`, in hex.
 */

const AT = 1_700_000_000_000;

/** Topic "é": published "one", "two", "three" (producer p, epoch 7, step 1) and "four" (step 2), popped "one". */
const plain = `
  01:
    01010009000000000000000568e5cf8b0100006c7092d283540c000300000000000000030000000000000000000000000000
    0002000000000000006bbcb215
  020000000000000001:
    01010000000000000002000000c3a9040000000000000001000000000000000c00000000000000010000000000000046e326
    df
  020000000000000002:
    01020000000000000005000000656d7074790000000000000000000000000000000000000000000000000000000000000000
    aa2cad0e
  020000000000000003:
    01030000000000000007000000647261696e6564010000000000000001000000000000000000000000000000010000000000
    00003e281d60
  0300000000000000010000000000000002:
    010068e5cf8b0100000a000000746578742f706c61696e74776fd4909195
  0300000000000000010000000000000003:
    010068e5cf8b0100000a000000746578742f706c61696e7468726565cab0530e
  0300000000000000010000000000000004:
    010568e5cf8b0100000a000000746578742f706c61696e666f7572c0d11f7d
  04000000000000000170:
    0107000000000000000200000000000000020000000000000002000000010000000000000003000000040000000000000001
    0000009ceea319`;
const PLAIN_HASH = 3_470_624_870_789_228;

/** The same, as a snapshot and as a backup. */
const plainChunk = `
  020100000000000011020000bb1a648101003f0000000101010009000000000000000568e5cf8b0100006c7092d283540c00
  03000000000000000300000000000000000000000000000002000000000000006bbcb2150900330000000200000000000000
  0101010000000000000002000000c3a9040000000000000001000000000000000c00000000000000010000000000000046e3
  26df09003600000002000000000000000201020000000000000005000000656d707479000000000000000000000000000000
  0000000000000000000000000000000000aa2cad0e0900380000000200000000000000030103000000000000000700000064
  7261696e656401000000000000000100000000000000000000000000000001000000000000003e281d6011001e0000000300
  000000000000010000000000000002010068e5cf8b0100000a000000746578742f706c61696e74776fd49091951100200000
  000300000000000000010000000000000003010068e5cf8b0100000a000000746578742f706c61696e7468726565cab0530e
  11001f0000000300000000000000010000000000000004010568e5cf8b0100000a000000746578742f706c61696e666f7572
  c0d11f7d0a003900000004000000000000000170010700000000000000020000000000000002000000000000000200000001
  00000000000000030000000400000000000000010000009ceea31900000c0000000800000000000000c531f569`;

/** Of 16,390 messages 16,387 were popped, and a flush has removed 16,384 of them: three are leftovers. */
const leftovers = `
  01:
    01010015400000000000000068e5cf8b01000074fcd66a15de02000100000000000000010000000000000000000000000000
    0000000000000000000769aff2
  020000000000000001:
    01010000000000000001000000740640000000000000034000000000000003000000000000000040000000000000bb1682ad
  0300000000000000010000000000004001:
    010068e5cf8b0100000000000062346d4691
  0300000000000000010000000000004002:
    010068e5cf8b01000000000000624d073b80
  0300000000000000010000000000004003:
    010068e5cf8b0100000000000062a5dcc039
  0300000000000000010000000000004004:
    010068e5cf8b0100000000000062bfd3c1a2
  0300000000000000010000000000004005:
    010068e5cf8b010000000000006257083a1b
  0300000000000000010000000000004006:
    010068e5cf8b01000000000000622e62470a`;

/** A restore that was begun, and all that it brought but its end. */
const restoring = `
  01:
    01010002000000000000000068e5cf8b0100003c201ab8e3f91f000000000000000000010000000000000000000000000000
    000000000000000000664b99c3
  020000000000000001:
    01010000000000000001000000740100000000000000000000000000000001000000000000000000000000000000eedc7084
  0300000000000000010000000000000001:
    010068e5cf8b0100000000000062ce9b38bf
  05:
    01010000006201000000780000000000000000010000000300000000000000e52a92f2010100000000000000010000000000
    0000000000000000000001000000000000000000000000000000000000003ea76358`;

/** A restore was thrown away, which had brought place 1; then another one ended. */
const discarded = `
  01:
    01010005000000000000000068e5cf8b010000539f435f7e6209000100000000000000020000000000000001000000000000
    0000000000000000003ab70af3
  020000000000000001:
    01010000000000000001000000740100000000000000000000000000000001000000000000000000000000000000eedc7084
  020000000000000002:
    0101000000000000000100000074010000000000000000000000000000000100000000000000000000000000000041c1fb3f
  0300000000000000020000000000000001:
    010068e5cf8b0100000000000062f3a2ddc9`;

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');

/** Fills a store with an old one. */
async function fill<Host extends StoreHost>(host: Host, text: string): Promise<Host> {
  const parts = text.split(/\s+(?=[0-9a-f]+:)/).filter((part) => part !== '');
  const store = await host.open(1);
  const changes = parts.map((part) => {
    const [key = '', value = ''] = part.split(':');
    return { key: bytesOf(key), value: bytesOf(value) };
  });
  await store.write(changes).flushed;
  await store.close();
  return host;
}

async function reopened(host: StoreHost) {
  const machine = await openMachine({ host });
  expect(machine.violations()).toEqual([]);
  return machine;
}

const everything = { entries: Infinity, bytes: Infinity };

async function keysOf(host: StoreHost): Promise<string[]> {
  const store = await host.open(1);
  const entries = store.range(Buffer.from([0]), Buffer.from([255]), everything);
  await store.close();
  return entries.map(({ key }) => key.toString('hex'));
}

/** What a message of the old release is now. */
const old = (sequence: number, text: string, at = AT) => ({
  sequence,
  contentType: 'text/plain',
  body: Buffer.from(text),
  publishedAt: at,
  key: undefined,
  priority: 4,
  attributes: [],
  expiresAt: undefined,
  dedupId: undefined,
});

const popped = (sequence: number, text: string, at?: number) => ({
  ok: true,
  kind: 'popped',
  topicNumber: 1,
  message: old(sequence, text, at),
});

const LATER = AT + 1000;

/** The contents of `plain`, to the end. */
function expectPlain(machine: Awaited<ReturnType<typeof openMachine>>): void {
  expect(machine.topics()).toEqual(['é', 'empty', 'drained']);
  expect(machine.stats('é')).toMatchObject({ ready: 3, bytes: 12, published: 4, acked: 1 });
  expect(machine.stats('empty')).toMatchObject({ ready: 0, published: 0 });
  expect(machine.stats('drained')).toMatchObject({ ready: 0, published: 1, delivered: 1 });
  expect(machine.topic('drained')).toMatchObject({ number: 3, version: 1, createdAt: 0 });
  const step: [string, number, number] = ['p', 7, 2];
  const repeated = { duplicate: true, firstSequence: 4, count: 1 };
  expect(run(machine, publish('é', 'four', step), LATER)).toMatchObject(repeated);
  const first = { duplicate: true, firstSequence: 1, count: 3 };
  expect(run(machine, publish('é', 'one', ['p', 7, 1]), LATER)).toMatchObject(first);
  expect(run(machine, pop('é'), LATER)).toEqual(popped(2, 'two'));
  const secret = Buffer.alloc(16, 7);
  const receive: Command = { kind: 'receive', topic: 'é', max: 1, settle: [], secret };
  const delivery = { message: old(3, 'three'), deliveries: 1, failures: 0 };
  expect(run(machine, receive, LATER)).toMatchObject({ deliveries: [delivery] });
  expect(run(machine, pop('é'), LATER)).toEqual(popped(4, 'four', AT + 5));
  expect(run(machine, pop('é'), LATER)).toMatchObject({ code: 'no-message' });
  expect(run(machine, publish('é', 'x', ['p', 7, 3]), LATER)).toMatchObject({ firstSequence: 5 });
  expect(run(machine, create('new'), LATER)).toMatchObject({ topicNumber: 4 });
  expect(machine.violations()).toEqual([]);
}

describe('a store of release 0.1.0', () => {
  it('opens with its index and hash, and is served in order', async () => {
    const machine = await reopened(await fill(new MemoryStoreHost(), plain));
    expect([machine.appliedIndex, machine.stateHash]).toEqual([9, PLAIN_HASH]);
    expectPlain(machine);
  });

  it('is flushed into the format of today, and then is what it was', async () => {
    const host = await fill(new MemoryStoreHost(), plain);
    const machine = await reopened(host);
    run(machine, create('empty'), LATER);
    await machine.flush();
    const again = await reopened(host);
    expect(again.stateHash).toBe(machine.stateHash);
    expectPlain(again);
    await again.flush();
    const store = await host.open(1);
    expect(store.get(Buffer.from([1]))?.readUInt16LE(1)).toBe(2);
    expect((await openMachine({ host })).violations()).toEqual([]);
  });

  it.each([false, true])('is sent as a snapshot, flushed by this release: %p', async (flushes) => {
    const machine = await reopened(await fill(new MemoryStoreHost(), plain));
    if (flushes) {
      run(machine, create('empty'), LATER);
      await machine.flush();
    }
    const copy = await openMachine();
    await install(copy, await chunksOf(machine), 2);
    expect([copy.appliedIndex, copy.stateHash]).toEqual([machine.appliedIndex, machine.stateHash]);
    expectPlain(copy);
  });

  it('is verified, before and after the first flush', async () => {
    const folder = tempFolder();
    const host = await fill(new NodeStoreHost(folder), leftovers);
    const counts = { topics: 1, messages: 3, bytes: 3, producers: 0 };
    const sound = { ...counts, hash: expect.any(Number), problem: undefined };
    expect(await verifyStore(folder, 1)).toEqual({ index: 16_405, at: AT, ...sound, leftovers: 3 });
    const machine = await reopened(host);
    run(machine, create('t'), LATER);
    await machine.flush();
    await machine.close();
    const hash = machine.stateHash;
    const after = { index: 16_406, at: LATER, ...sound, hash, leftovers: 0 };
    expect(await verifyStore(folder, 1)).toEqual(after);
  });

  it('with leftovers serves what is left, and loses the leftovers by the next flush', async () => {
    const host = await fill(new MemoryStoreHost(), leftovers);
    const machine = await reopened(host);
    const copy = await openMachine();
    await install(copy, await chunksOf(machine), 2);
    const leftover = bytesOf('0300000000000000010000000000004001');
    expect(Buffer.concat(await chunksOf(machine)).includes(leftover)).toBe(false);
    const three = [16_388, 16_389, 16_390];
    for (const each of [machine, copy]) {
      expect(each.stats('t')).toMatchObject({ ready: 3, bytes: 3, acked: 16_387 });
      for (const sequence of three.slice(0, 2)) {
        expect(run(each, pop('t'), LATER)).toMatchObject({ message: { sequence } });
      }
      await each.flush();
      expect(each.violations()).toEqual([]);
    }
    await machine.close();
    expect(await keysOf(host)).toEqual([
      '01',
      '020000000000000001',
      '0300000000000000010000000000004006',
    ]);
    const again = await reopened(host);
    expect(run(again, pop('t'), LATER)).toMatchObject({ message: { sequence: three.at(-1) } });
  });

  it('with a restore that was begun is refused in plain words', async () => {
    const host = await fill(new MemoryStoreHost(), restoring);
    await expect(openMachine({ host })).rejects.toThrow('an earlier release has begun a restore');
  });

  it('with what a discarded restore has left loses it bit by bit', async () => {
    const host = await fill(new MemoryStoreHost(), discarded);
    const machine = await reopened(host);
    expect(machine.stats('t')).toMatchObject({ ready: 1, published: 1 });
    for (const name of ['a', 'b', 'c']) {
      run(machine, create(name), LATER);
      await machine.flush();
    }
    await machine.close();
    const keys = await keysOf(host);
    expect(keys.filter((key) => key.endsWith('0000000000000001'))).toEqual([
      '0300000000000000020000000000000001',
    ]);
    expect(run(await reopened(host), pop('t'), LATER)).toMatchObject({ message: { sequence: 1 } });
  });
});

describe('a snapshot of release 0.1.0', () => {
  it('is installed', async () => {
    const machine = await openMachine();
    await install(machine, [bytesOf(plainChunk)], 2);
    expect([machine.appliedIndex, machine.stateHash]).toEqual([9, PLAIN_HASH]);
    expectPlain(machine);
  });

  it('is restored as a backup', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineAfter(
      [
        { kind: 'restore-begin', backupId: 'b', text: '' },
        { kind: 'restore-chunk', number: 0, chunk: bytesOf(plainChunk) },
      ],
      { host },
    );
    const restored = { ok: true, kind: 'restored', topics: 3, messages: 3 };
    expect(run(machine, { kind: 'restore-end' })).toEqual(restored);
    await machine.flush();
    expectPlain(await reopened(host));
    expectPlain(machine);
  });
});
