import { describe, expect, it } from '@jest/globals';
import { ANSWERS_PER_PRODUCER_MAX, commandEffect, messageId } from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import * as fc from 'fast-check';
import {
  type TopicCommand,
  create,
  machineAfter,
  openMachine,
  pop,
  publish,
  run,
  someCommand,
  someHistory,
} from './commands.ts';
import { ReferenceQueue } from './reference-queue.ts';

describe('a queue', () => {
  it('does what the reference does, for any history', async () => {
    await fc.assert(
      fc.asyncProperty(someHistory, async (history) => {
        const machine = await openMachine();
        const reference = new ReferenceQueue();
        const results = history.map((command, at) => run(machine, command, at));
        expect(results).toEqual(history.map((command, at) => reference.run(command, at)));
        expect(machine.topics()).toEqual(reference.topics());
        for (const topic of reference.topics()) {
          expect(machine.available(topic)).toBe(reference.depth(topic));
        }
        expect(machine.violations()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('comes to the same hash by the same log, and to another by another', async () => {
    const hashOf = async (history: readonly TopicCommand[]) =>
      (await machineAfter(history)).stateHash;
    await fc.assert(
      fc.asyncProperty(someHistory, someCommand, async (history, last) => {
        const hash = await hashOf(history);
        expect(await hashOf(history)).toBe(hash);
        expect(await hashOf([...history, last])).not.toBe(hash);
      }),
    );
  });

  it('gives messages in the order in which they were published, over many chunks', async () => {
    const machine = await machineAfter([create('t')]);
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
    while (machine.available('t') > 0) popOne();
    expect(popped).toEqual(texts.map((text) => JSON.stringify(text)));
    expect(machine.stats('t')).toMatchObject({ ready: 0, bytes: 0, published: 5000, acked: 5000 });
  });

  it('keeps topics of any name in creation order, numbered from 1', async () => {
    const names = ['10', '__proto__', '9', 'constructor', '😀/ %2F', ' '];
    const machine = await openMachine();
    const numbers = names.map((name) => run(machine, create(name)));
    expect(machine.topics()).toEqual(names);
    expect(numbers).toEqual(
      names.map((_, i) => ({ ok: true, kind: 'topic-created', topicNumber: i + 1 })),
    );
    expect(machine.has('toString')).toBe(false);
    expect(messageId(2, 1041)).toBe('2-1041');
  });

  it('gives room back by pops, and takes room by all else', () => {
    const effects = [pop('t'), create('t'), publish('t', 'x')].map((each) => commandEffect(each));
    expect(effects).toEqual(['shrinks', 'grows', 'grows']);
  });

  it('crashes when the log gives it an entry twice or goes back in time', async () => {
    const machine = await openMachine();
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
  ])('%s', async (_, steps, expected) => {
    const machine = await machineAfter([create('t')]);
    const results = steps.map((step) => run(machine, publish('t', 'hi', step)));
    expect(results.at(-1)).toMatchObject(expected);
    expect(machine.violations()).toEqual([]);
  });

  it('count in each topic by themselves, and refusals use up no step', async () => {
    const machine = await machineAfter([create('t')]);
    expect(run(machine, publish('u', 'hi', ['p', 0, 1]))).toMatchObject({ code: 'unknown-topic' });
    run(machine, create('u'));
    expect(run(machine, publish('t', 'hi', ['p', 0, 1]))).toMatchObject({ topicNumber: 1 });
    expect(run(machine, publish('u', 'hi', ['p', 0, 1]))).toMatchObject({ duplicate: false });
  });

  it('are told from repetitions after the message was popped', async () => {
    const machine = await machineAfter([create('t'), publish('t', 'hi', ['p', 0, 1]), pop('t')]);
    expect(run(machine, publish('t', 'hi', ['p', 0, 1]))).toMatchObject({ duplicate: true });
    expect(machine.available('t')).toBe(0);
  });

  it('keep the last answers; an older repetition is refused', async () => {
    const machine = await machineAfter([create('t')]);
    for (let sequence = 1; sequence <= ANSWERS_PER_PRODUCER_MAX + 1; sequence += 1) {
      run(machine, publish('t', 'hi', ['p', 0, sequence]));
    }
    const repeat = (sequence: number) => run(machine, publish('t', 'hi', ['p', 0, sequence]));
    expect(repeat(2)).toMatchObject({ duplicate: true, firstSequence: 2 });
    expect(repeat(1)).toEqual({ ok: false, code: 'stale-producer' });
    expect(machine.available('t')).toBe(ANSWERS_PER_PRODUCER_MAX + 1);
  });

  it('are forgotten by the least recent publish, and the forgotten are refused', async () => {
    const steps: [string, number, number][] = [
      ['a', 0, 1],
      ['b', 0, 1],
      ['a', 0, 2],
      ['c', 0, 1],
    ];
    const history = [create('t'), ...steps.map((step) => publish('t', 'hi', step))];
    const machine = await machineAfter(history, { producersMax: 2 });
    expect(run(machine, publish('t', 'hi', ['a', 0, 2]))).toMatchObject({ duplicate: true });
    expect(run(machine, publish('t', 'hi', ['b', 0, 2]))).toMatchObject({ code: 'producer-gap' });
    expect(machine.violations()).toEqual([]);
  });
});
