import { deepEqual, equal } from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import {
  type Command,
  MemoryStoreHost,
  NodeStoreHost,
  QueueMachine,
  type StoreHost,
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
  someCommand,
  type TopicCommand,
} from './commands.ts';
import { tempFolder } from './temp-folder.ts';

type Step =
  | { readonly kind: 'command'; readonly command: TopicCommand }
  | { readonly kind: 'flush' | 'start-flush' | 'restart' | 'install' };

const someSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: someCommand.map((command) => ({ kind: 'command' as const, command })),
    },
    { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
    { weight: 2, arbitrary: fc.constant({ kind: 'start-flush' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'restart' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'install' as const }) },
  ),
  { maxLength: 150, size: 'max' },
);

/** A machine with its log: it can stop, and comes back from the store and the rest of the log. */
class Node {
  readonly #log: TopicCommand[] = [];
  readonly #host: () => StoreHost;
  #generation = 1;
  #flush: Promise<unknown> = Promise.resolve();
  machine: QueueMachine;

  private constructor(host: () => StoreHost) {
    this.#host = host;
    this.machine = new QueueMachine({ host: host(), producersMax: 3 });
  }

  static async start(host: () => StoreHost): Promise<Node> {
    const node = new Node(host);
    await node.machine.open(1);
    return node;
  }

  run(command: TopicCommand) {
    this.#log.push(command);
    return run(this.machine, command, this.#log.length);
  }

  async startFlush(): Promise<void> {
    await this.#flush;
    this.#flush = this.machine.flush();
  }

  async flush(): Promise<void> {
    await this.startFlush();
    await this.#flush;
    equal(this.machine.flushedIndex, this.machine.appliedIndex);
    equal(this.machine.dirtyBytes, 0);
  }

  /** What is not flushed is executed again. */
  async restart(stop: 'close' | 'crash'): Promise<void> {
    if (stop === 'close') await this.machine.close();
    this.#flush = Promise.resolve();
    this.machine = new QueueMachine({ host: this.#host(), producersMax: 3 });
    await this.machine.open(this.#generation);
    equal(this.machine.flushedIndex, this.machine.appliedIndex);
    deepEqual(this.machine.violations(), []);
    this.#replay();
  }

  /** Takes its own snapshot as if it came from elsewhere; the log after it is executed again. */
  async install(): Promise<void> {
    await this.#flush;
    const chunks = await chunksOf(this.machine);
    this.#generation += 1;
    await install(this.machine, chunks, this.#generation);
    this.#replay();
  }

  #replay(): void {
    for (let at = this.machine.appliedIndex + 1; at <= this.#log.length; at += 1) {
      const command = this.#log[at - 1];
      if (command !== undefined) run(this.machine, command, at);
    }
  }
}

async function behavesAsInMemory(steps: readonly Step[], node: Node, crash?: () => void) {
  const reference = await openMachine({ producersMax: 3 });
  let at = 0;
  for (const step of steps) {
    if (step.kind === 'command') {
      at += 1;
      deepEqual(node.run(step.command), run(reference, step.command, at));
    } else if (step.kind === 'start-flush') await node.startFlush();
    else if (step.kind === 'flush') await node.flush();
    else if (step.kind === 'install') await node.install();
    else {
      crash?.();
      await node.restart(crash === undefined ? 'close' : 'crash');
    }
    expect(portrait(node.machine)).toEqual(portrait(reference));
  }
  expect(node.machine.violations()).toEqual([]);
  await node.flush();
  await node.machine.close();
}

describe('write-back', () => {
  it('changes nothing that anybody sees, on disk: flushes, restarts and installs at any point', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, async (steps) => {
        const folder = tempFolder();
        await behavesAsInMemory(steps, await Node.start(() => new NodeStoreHost(folder)));
      }),
      { numRuns: 15 },
    );
  });

  it('changes nothing that anybody sees, in memory: crashes at any point of slow flushes', async () => {
    await fc.assert(
      fc.asyncProperty(someSteps, fc.infiniteStream(fc.nat({ max: 3 })), async (steps, delays) => {
        const delay = async () => {
          const turnsMax = Number(delays.next().value);
          for (let turns = 0; turns < turnsMax; turns += 1) await Promise.resolve();
        };
        const host = new MemoryStoreHost({ delay });
        const node = await Node.start(() => host.mount());
        await behavesAsInMemory(steps, node, () => host.crash());
      }),
      { numRuns: 80 },
    );
  });

  it('never brings a message to the store that was popped before the flush', async () => {
    const sizes: number[] = [];
    const host = new MemoryStoreHost({
      delay: ({ kind, changes }) => void (kind === 'commit' && sizes.push(changes)),
    });
    const machine = await openMachine({ host });
    const history: Command[] = [create('t')];
    for (let i = 0; i < 100; i += 1) history.push(publish('t', 'hi'), pop('t'));
    for (const command of history) run(machine, command);
    await machine.flush();
    expect(sizes).toEqual([2]); // the topic and the meta record
    expect(machine.stats('t')).toMatchObject({ ready: 0, bytes: 0, published: 100, acked: 100 });
  });

  it('writes only the topics and producers that have changed', async () => {
    const sizes: number[] = [];
    const host = new MemoryStoreHost({
      delay: ({ kind, changes }) => void (kind === 'commit' && sizes.push(changes)),
    });
    const machine = await openMachine({ host });
    for (let i = 0; i < 50; i += 1) {
      run(machine, create(`t${i}`));
      run(machine, publish(`t${i}`, 'hi', [`p${i}`, 0, 1]));
    }
    await machine.flush();
    run(machine, publish('t7', 'hi', ['p7', 0, 2]));
    await machine.flush();
    run(machine, pop('t9'));
    await machine.flush();
    expect(sizes).toEqual([151, 4, 3]);
  });

  it.each<['commit' | 'flush', 'crash' | 'kill', number]>([
    ['commit', 'crash', 2],
    ['commit', 'kill', 2],
    ['flush', 'crash', 2],
    ['flush', 'kill', 4],
  ])('stopped before the %s by a %s, it comes back at index %i', async (kind, end, index) => {
    let isSlow = false;
    const host = new MemoryStoreHost({
      delay: async (operation) =>
        isSlow && operation.kind === kind ? new Promise<void>(() => undefined) : undefined,
    });
    const machine = await machineAfter([create('t'), publish('t', 'one')], { host: host.mount() });
    await machine.flush();
    const history = [pop('t'), publish('t', 'two', ['p', 0, 1])];
    for (const command of history) run(machine, command);
    isSlow = true;
    void machine.flush();
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
    host[end]();
    isSlow = false;
    const again = await openMachine({ host: host.mount() });
    expect([again.appliedIndex, again.flushedIndex]).toEqual([index, index]);
    expect(again.violations()).toEqual([]);
    for (const command of history.slice(index - 2)) run(again, command);
    expect(portrait(again)).toEqual(portrait(machine));
    host.crash();
    const last = await openMachine({ host: host.mount() });
    expect(last.appliedIndex).toBe(index);
  });

  it('counts what is dirty until it is durable', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const host = new MemoryStoreHost({
      delay: async ({ kind }) => (kind === 'flush' ? gate : undefined),
    });
    const machine = await openMachine({ host });
    expect(machine.dirtyBytes).toBe(0);
    run(machine, create('t'));
    run(machine, publish('t', 'x'.repeat(1000)));
    const dirty = machine.dirtyBytes;
    expect(dirty).toBeGreaterThan(3000);
    const flushed = machine.flush();
    expect(machine.dirtyBytes).toBe(dirty);
    run(machine, publish('t', 'y'.repeat(1000)));
    expect(machine.dirtyBytes).toBeGreaterThan(dirty + 1000);
    release();
    await flushed;
    expect(machine.dirtyBytes).toBeLessThan(dirty + 1);
    run(machine, pop('t'));
    run(machine, pop('t'));
    await machine.flush();
    expect(machine.dirtyBytes).toBe(0);
  });

  it.each(['commit', 'flush'] as const)(
    'loses nothing when a %s finds the disk full',
    async (kind) => {
      const host = new MemoryStoreHost();
      const machine = await openMachine({ host });
      const reference = await openMachine();
      const both = (command: Command) =>
        expect(run(machine, command)).toEqual(run(reference, command));
      both(create('t'));
      for (let i = 0; i < 10; i += 1) both(publish('t', `${i}`, ['p', 0, i + 1]));
      await machine.flush();
      both(pop('t'));
      both(publish('t', 'more', ['p', 0, 11]));
      const dirty = machine.dirtyBytes;
      for (let again = 0; again < 3; again += 1) {
        host.failNext(kind, 'ENOSPC');
        const flush = machine.flush();
        both(pop('t'));
        both(publish('t', 'meanwhile', ['q', again, 1]));
        await expect(flush).rejects.toMatchObject({ code: 'ENOSPC' });
        expect(machine.dirtyBytes).toBeGreaterThan(dirty);
        expect(machine.violations()).toEqual([]);
      }
      await machine.flush();
      expect(machine.dirtyBytes).toBe(0);
      host.crash();
      const again = await openMachine({ host });
      expect(portrait(again)).toEqual(portrait(reference));
      expect(again.violations()).toEqual([]);
      while (reference.available('t') > 0)
        expect(run(again, pop('t'))).toEqual(run(reference, pop('t')));
    },
  );

  it('does not bring back what was committed by a flush that failed, and removed since', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineAfter([create('t')], { host });
    const messages = [
      { contentType: '', body: Buffer.from('delayed'), delayMs: 5 },
      { contentType: '', body: Buffer.from('ready') },
    ];
    run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
    host.failNext('flush', 'ENOSPC');
    await expect(machine.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(run(machine, pop('t'))).toMatchObject({ message: { sequence: 2 } });
    run(machine, { kind: 'advance' }, 5);
    expect(machine.violations()).toEqual([]);
    expect(run(machine, pop('t'), 5)).toMatchObject({ message: { sequence: 1 } });
    await machine.flush();
    run(machine, { kind: 'purge', topic: 't', state: 'all' }, 5);
    expect(machine.stats('t')).toMatchObject({ acked: 2, discarded: { purged: 0 } });
    expect(machine.violations()).toEqual([]);
  });

  it('knows producers after a restart, in the order in which they published', async () => {
    const host = new MemoryStoreHost();
    const history = [create('t'), publish('t', '1', ['a', 0, 1]), publish('t', '2', ['b', 3, 1])];
    const machine = await machineAfter([...history, publish('t', '3', ['a', 0, 2])], {
      host,
      producersMax: 2,
    });
    await machine.flush();
    await machine.close();
    const again = await openMachine({ host, producersMax: 2 });
    expect(run(again, publish('t', '3', ['a', 0, 2]))).toMatchObject({
      duplicate: true,
      firstSequence: 3,
    });
    expect(run(again, publish('t', '2', ['b', 3, 1]))).toMatchObject({ duplicate: true });
    expect(run(again, publish('t', '4', ['c', 0, 1]))).toMatchObject({ duplicate: false });
    expect(run(again, publish('t', '2', ['b', 3, 2]))).toMatchObject({ code: 'producer-gap' });
    expect(run(again, publish('t', '5', ['a', 0, 3]))).toMatchObject({ duplicate: false });
  });

  it('stops when the store has lost or changed a message', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineAfter([create('t'), publish('t', 'one'), publish('t', 'two')], {
      host,
    });
    await machine.flush();
    const key = Buffer.from(`03${'1'.padStart(16, '0')}${'2'.padStart(16, '0')}`, 'hex');
    host.damage(key, (value) => {
      value.writeUInt8(value.readUInt8(5) ^ 1, 5);
      return value;
    });
    expect(() => run(machine, pop('t'))).toThrow('wrong checksum');
    host.damage(key, () => undefined);
    const again = await openMachine({ host });
    run(again, pop('t'));
    expect(() => run(again, pop('t'))).toThrow('lost messages: 1 were ready');
  });

  it('refuses a store of a format that it does not know', async () => {
    const host = new MemoryStoreHost();
    const machine = await machineAfter([create('t')], { host });
    await machine.flush();
    const key = Buffer.from([1]);
    host.damage(key, (value) => {
      const end = value.length - 4;
      value.writeUInt16LE(9, 1);
      value.writeUInt32LE(crc32(value.subarray(0, end), crc32(key)), end);
      return value;
    });
    await expect(openMachine({ host })).rejects.toThrow('format 9; this release knows 1 and 2');
  });
});
