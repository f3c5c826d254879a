import { expect, it } from '@jest/globals';
import type { PlainCommand } from '@rrmq/queue';
import { type Script, describeRules, publishOf, receiveOf } from './script.ts';

const once = (t: Script, key: string, command: PlainCommand) =>
  t.run({ kind: 'once', key, command });

const publishA = publishOf('t', ['a']);

describeRules('a command under an idempotency key', (start) => {
  it('Q02 is executed once, and sent again gets the result that it had', async () => {
    const t = await start();
    const first = once(t, 'i', publishA);
    expect(first).toMatchObject({ ok: true, firstSequence: 1, duplicate: false });
    t.publish('b');
    expect(once(t, 'i', publishA)).toEqual(first);
    expect(t.states()).toEqual({ a: 'ready', b: 'ready' });
  });

  it('Q02 gets bodies and tokens again, also when the message is gone', async () => {
    const t = await start();
    t.publish('a', 'b');
    const received = once(t, 'i', receiveOf(1));
    expect(received).toMatchObject({ deliveries: [{ message: { body: Buffer.from('a') } }] });
    const popped = once(t, 'j', { kind: 'pop', topic: 't' });
    t.run({ kind: 'purge', topic: 't', state: 'all' });
    expect(once(t, 'i', receiveOf(1))).toEqual(received);
    expect(once(t, 'j', { kind: 'pop', topic: 't' })).toEqual(popped);
  });

  it('is refused when another one was executed under it', async () => {
    const t = await start();
    once(t, 'i', publishA);
    expect(once(t, 'i', publishOf('t', ['b']))).toEqual({ ok: false, code: 'key-reused' });
    expect(once(t, 'j', publishOf('t', ['b']))).toMatchObject({ firstSequence: 2 });
  });

  it('is not remembered when it was refused', async () => {
    const t = await start();
    expect(once(t, 'i', { kind: 'pop', topic: 't' })).toEqual({ ok: false, code: 'no-message' });
    expect(t.nextDue()).toBeUndefined();
    t.publish('a');
    expect(once(t, 'i', { kind: 'pop', topic: 't' })).toMatchObject({ kind: 'popped' });
  });

  it.each([
    ['one ms before', 299_999, true, 1],
    ['at the end of', 300_000, true, 2],
    ['at the end of, without an advance,', 300_000, false, 2],
  ])('Q03 is executed anew from 5 minutes on: %s them', async (_, ms, isAdvanced, sequence) => {
    const t = await start();
    once(t, 'i', publishA);
    t.pass(ms);
    if (isAdvanced) t.advance();
    expect(once(t, 'i', publishA)).toMatchObject({ firstSequence: sequence });
  });

  it('is forgotten by an advance: one step each, the oldest first', async () => {
    const t = await start();
    const { at } = t;
    once(t, 'i', publishA);
    t.pass(10);
    once(t, 'j', publishA);
    expect(t.nextDue()).toBe(at + 300_000);
    t.pass(299_990);
    expect(t.advance()).toBe(1);
    expect(t.nextDue()).toBe(at + 300_010);
    expect(t.pass(10).advance()).toBe(1);
    expect(t.nextDue()).toBeUndefined();
  });

  it('that was executed anew is forgotten twice', async () => {
    const t = await start();
    once(t, 'i', publishA);
    const again = t.pass(300_000) && once(t, 'i', publishA);
    expect(t.nextDue()).toBe(t.at);
    expect(t.advance()).toBe(1);
    expect(once(t, 'i', publishA)).toEqual(again);
    expect(t.nextDue()).toBe(t.at + 300_000);
  });

  it('may be any plain command, for the whole group', async () => {
    const t = await start();
    const create = { kind: 'create-topic', topic: 'u' } as const;
    expect(once(t, '__proto__', create)).toMatchObject({ topicNumber: 2 });
    expect(once(t, '__proto__', create)).toMatchObject({ topicNumber: 2 });
    const remove = { kind: 'delete-topic', topic: 'u' } as const;
    expect(once(t, 'x', remove)).toMatchObject({ ok: true });
    expect(once(t, 'x', remove)).toMatchObject({ ok: true, topicNumber: 2 });
    expect(once(t, 'y', { kind: 'advance' })).toMatchObject({ steps: 0 });
  });
});
