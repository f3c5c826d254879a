import { describe, expect, it } from '@jest/globals';
import {
  ANSWERS_PER_PRODUCER_MAX,
  type Command,
  QueueMachine,
  SnapshotRejected,
  messageId,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import * as fc from 'fast-check';
import { publish, run, runBytes, someCommand, someHistory } from './commands.ts';
import { ReferenceQueue } from './reference-queue.ts';

const create = (topic: string): Command => ({ kind: 'create-topic', topic });
const pop = (topic: string): Command => ({ kind: 'pop', topic });

function machineAfter(history: readonly Command[], options = {}): QueueMachine {
  const machine = new QueueMachine(options);
  for (const command of history) run(machine, command);
  return machine;
}

async function chunksOf(machine: QueueMachine): Promise<Buffer[]> {
  const snapshot = machine.openSnapshot();
  const chunks: Buffer[] = [];
  for await (const chunk of snapshot.chunks()) chunks.push(chunk);
  snapshot.close();
  return chunks;
}

async function* streamOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

/** All that can be told of a machine from outside. */
function portrait(machine: QueueMachine) {
  const stats = machine.topics().map((topic) => [topic, machine.stats(topic)]);
  return { index: machine.appliedIndex, hash: machine.stateHash, stats };
}

describe('a queue', () => {
  it('does what the reference does, for any history', () => {
    fc.assert(
      fc.property(someHistory, (history) => {
        const machine = new QueueMachine();
        const reference = new ReferenceQueue();
        const results = history.map((command, at) => run(machine, command, at));
        expect(results).toEqual(history.map((command, at) => reference.run(command, at)));
        expect(machine.topics()).toEqual(reference.topics());
        for (const topic of reference.topics()) {
          expect(machine.depth(topic)).toBe(reference.depth(topic));
        }
        expect(machine.violations()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('comes to the same hash by the same log, and to another by another', () => {
    fc.assert(
      fc.property(someHistory, someCommand, (history, last) => {
        const hash = machineAfter(history).stateHash;
        expect(machineAfter(history).stateHash).toBe(hash);
        expect(machineAfter([...history, last]).stateHash).not.toBe(hash);
      }),
    );
  });

  it('gives messages in the order in which they were published, over many chunks', () => {
    const machine = machineAfter([create('t')]);
    const texts = Array.from({ length: 5000 }, (_, i) => `message ${i}`);
    const popped: string[] = [];
    const popOne = (): void => {
      const result = run(machine, pop('t'));
      if (result.ok && result.kind === 'popped') popped.push(result.message.body.toString());
    };
    for (const [i, text] of texts.entries()) {
      run(machine, publish('t', text));
      if (i % 3 === 0) popOne();
    }
    expect(machine.violations()).toEqual([]);
    while (machine.depth('t') > 0) popOne();
    expect(popped).toEqual(texts.map((text) => JSON.stringify(text)));
    expect(machine.stats('t')).toEqual({ depth: 0, bytes: 0, published: 5000, popped: 5000 });
  });

  it('keeps topics of any name in creation order, numbered from 1', () => {
    const names = ['10', '__proto__', '9', 'constructor', '😀/ %2F', ' '];
    const machine = new QueueMachine();
    const numbers = names.map((name) => run(machine, create(name)));
    expect(machine.topics()).toEqual(names);
    expect(numbers).toEqual(
      names.map((_, i) => ({ ok: true, kind: 'topic-created', topicNumber: i + 1 })),
    );
    expect(machine.has('toString')).toBe(false);
    expect(messageId(2, 1041)).toBe('2-1041');
  });

  it('crashes when the log gives it an entry twice or goes back in time', () => {
    const machine = new QueueMachine();
    machine.termStart(logTime(5), 100, logIndex(3));
    const command = Buffer.alloc(0);
    expect(() => machine.apply(command, logTime(5), logIndex(3))).toThrow('each one once');
    expect(() => machine.apply(command, logTime(4), logIndex(4))).toThrow('never goes back');
  });
});

describe('publishes of a producer', () => {
  const first = { firstSequence: 1, count: 1 };

  it.each<[string, [string, number, number][], object]>([
    ['the first step is published', [['p', 0, 1]], { ...first, duplicate: false }],
    [
      'the next step is published',
      [
        ['p', 0, 1],
        ['p', 0, 2],
      ],
      { firstSequence: 2, duplicate: false },
    ],
    [
      'a repetition names the first message',
      [
        ['p', 0, 1],
        ['p', 0, 1],
      ],
      { ...first, duplicate: true },
    ],
    [
      'an old one, too',
      [
        ['p', 0, 1],
        ['p', 0, 2],
        ['p', 0, 1],
      ],
      { ...first, duplicate: true },
    ],
    ['an unknown producer begins with 1', [['p', 0, 2]], { code: 'producer-gap' }],
    [
      'a step is missing',
      [
        ['p', 0, 1],
        ['p', 0, 3],
      ],
      { code: 'producer-gap' },
    ],
    [
      'a new epoch begins with 1',
      [
        ['p', 0, 1],
        ['p', 5, 2],
      ],
      { code: 'producer-gap' },
    ],
    [
      'a new epoch starts over',
      [
        ['p', 0, 1],
        ['p', 5, 1],
      ],
      { firstSequence: 2, duplicate: false },
    ],
    [
      'a former epoch is over',
      [
        ['p', 5, 1],
        ['p', 4, 2],
      ],
      { code: 'stale-producer' },
    ],
    [
      'producers are apart',
      [
        ['p', 0, 1],
        ['q', 0, 1],
      ],
      { firstSequence: 2, duplicate: false },
    ],
  ])('%s', (_, steps, expected) => {
    const machine = machineAfter([create('t')]);
    const results = steps.map((step) => run(machine, publish('t', 'hi', step)));
    expect(results.at(-1)).toMatchObject(expected);
    expect(machine.violations()).toEqual([]);
  });

  it('count in each topic by themselves, and refusals use up no step', () => {
    const machine = machineAfter([create('t')]);
    expect(run(machine, publish('u', 'hi', ['p', 0, 1]))).toMatchObject({ code: 'unknown-topic' });
    run(machine, create('u'));
    expect(run(machine, publish('t', 'hi', ['p', 0, 1]))).toMatchObject({ topicNumber: 1 });
    expect(run(machine, publish('u', 'hi', ['p', 0, 1]))).toMatchObject({ duplicate: false });
  });

  it('are told from repetitions after the message was popped', () => {
    const machine = machineAfter([create('t'), publish('t', 'hi', ['p', 0, 1]), pop('t')]);
    expect(run(machine, publish('t', 'hi', ['p', 0, 1]))).toMatchObject({ duplicate: true });
    expect(machine.depth('t')).toBe(0);
  });

  it('keep the last answers; an older repetition is refused', () => {
    const machine = machineAfter([create('t')]);
    for (let sequence = 1; sequence <= ANSWERS_PER_PRODUCER_MAX + 1; sequence += 1) {
      run(machine, publish('t', 'hi', ['p', 0, sequence]));
    }
    const repeat = (sequence: number) => run(machine, publish('t', 'hi', ['p', 0, sequence]));
    expect(repeat(2)).toMatchObject({ duplicate: true, firstSequence: 2 });
    expect(repeat(1)).toEqual({ ok: false, code: 'stale-producer' });
    expect(machine.depth('t')).toBe(ANSWERS_PER_PRODUCER_MAX + 1);
  });

  it('are forgotten by the least recent publish, and the forgotten are refused', () => {
    const steps: [string, number, number][] = [
      ['a', 0, 1],
      ['b', 0, 1],
      ['a', 0, 2],
      ['c', 0, 1],
    ];
    const history = [create('t'), ...steps.map((step) => publish('t', 'hi', step))];
    const machine = machineAfter(history, { producersMax: 2 });
    expect(run(machine, publish('t', 'hi', ['a', 0, 2]))).toMatchObject({ duplicate: true });
    expect(run(machine, publish('t', 'hi', ['b', 0, 2]))).toMatchObject({ code: 'producer-gap' });
    expect(machine.violations()).toEqual([]);
  });
});

describe('a snapshot', () => {
  it('holds the whole state: after it, all goes on as without it', async () => {
    await fc.assert(
      fc.asyncProperty(someHistory, someHistory, async (before, after) => {
        const original = machineAfter(before);
        const copy = machineAfter(after);
        await copy.install(streamOf(await chunksOf(original)));
        expect(portrait(copy)).toEqual(portrait(original));
        const results = after.map((command) => run(copy, command));
        expect(results).toEqual(after.map((command) => run(original, command)));
        expect(portrait(copy)).toEqual(portrait(original));
        expect(copy.violations()).toEqual([]);
      }),
    );
  });

  it('stays as it was when commands go on', async () => {
    const machine = machineAfter([create('t'), publish('t', 'one', ['p', 0, 1])]);
    const then = portrait(machine);
    const snapshot = machine.openSnapshot();
    for (const command of [pop('t'), publish('t', 'two', ['p', 0, 2]), create('u')]) {
      run(machine, command);
    }
    const copy = new QueueMachine();
    await copy.install(snapshot.chunks());
    expect(snapshot.index).toBe(then.index);
    expect(portrait(copy)).toEqual(then);
    expect(run(copy, publish('t', 'two', ['p', 0, 2]))).toMatchObject({ duplicate: false });
  });

  it('comes in chunks of at most 1 MiB, bodies across them', async () => {
    const machine = machineAfter([create('t')]);
    const bodies = [3_000_000, 0, 1_048_560, 700_000, 700_000].map((n, i) => Buffer.alloc(n, i));
    const messages = bodies.map((body) => ({ contentType: 'x', body }));
    run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
    const chunks = await chunksOf(machine);
    expect(chunks.length).toBe(6);
    expect(Math.max(...chunks.map(({ length }) => length))).toBe(1024 * 1024);
    const copy = new QueueMachine();
    await copy.install(streamOf(chunks));
    const popped = bodies.map(() => run(copy, pop('t')));
    const same = popped.map((each, i) => 'message' in each && bodies[i]?.equals(each.message.body));
    expect(same).toEqual(bodies.map(() => true));
  });

  it('is rejected when any byte of it is damaged, and changes nothing', async () => {
    const chunks = await chunksOf(machineAfter([create('t'), publish('t', 'x', ['p', 0, 1])]));
    const whole = chunks[0] ?? Buffer.alloc(0);
    const target = machineAfter([create('mine'), publish('mine', 'y')]);
    const before = portrait(target);
    for (let place = 0; place < whole.length; place += 1) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(place) ^ 0x10, place);
      await expect(target.install(streamOf([damaged]))).rejects.toThrow(SnapshotRejected);
    }
    expect(portrait(target)).toEqual(before);
    expect(target.violations()).toEqual([]);
  });

  it('is rejected when chunks are missing, repeated, swapped or foreign', async () => {
    const machine = machineAfter([create('t')]);
    const messages = [{ contentType: 'x', body: Buffer.alloc(2_500_000) }];
    run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
    const [a, b, c] = await chunksOf(machine);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three chunks');
    const broken = [[], [a], [a, b], [b, c], [a, c], [a, c, b], [a, a, b, c], [a, b, c, c]];
    for (const chunks of [...broken, [Buffer.from('garbage')], [a.subarray(0, 100), b, c]]) {
      await expect(machine.install(streamOf(chunks))).rejects.toThrow(SnapshotRejected);
    }
    await machine.install(streamOf([a, b, c]));
    expect(machine.depth('t')).toBe(1);
  });

  it('of an empty machine can be installed', async () => {
    const copy = machineAfter([create('t')]);
    await copy.install(streamOf(await chunksOf(new QueueMachine())));
    expect(copy.topics()).toEqual([]);
    expect(runBytes(copy, Buffer.alloc(0))).toMatchObject({ code: 'malformed-command' });
  });
});
