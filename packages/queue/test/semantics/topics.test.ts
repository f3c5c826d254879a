import { expect, it } from '@jest/globals';
import { describeRules, settingsWith } from './script.ts';

describeRules('topics', (start) => {
  it('are numbered from 1 and listed in creation order', async () => {
    const t = await start();
    expect(t.create('9')).toEqual({ ok: true, kind: 'topic-created', topicNumber: 2 });
    expect(t.create('__proto__')).toMatchObject({ topicNumber: 3 });
    expect(t.topics()).toEqual(['t', '9', '__proto__']);
    expect(t.create('9')).toEqual({ ok: false, code: 'topic-exists' });
  });

  it('count their settings, and not those that were in force already', async () => {
    const t = await start();
    expect(t.update({ leaseMs: 5000 })).toMatchObject({ kind: 'topic-updated', version: 2 });
    expect(t.update({ leaseMs: 5000 })).toMatchObject({ version: 2 });
    expect(t.update({})).toMatchObject({ version: 3 });
  });

  it('are updated and deleted at the version asked for only', async () => {
    const t = await start();
    const settings = settingsWith({ leaseMs: 5000 });
    const update = (version: number, number = 1) =>
      t.run({ kind: 'update-topic', topic: 't', settings, expected: { number, version } });
    expect(update(1, 2)).toEqual({ ok: false, code: 'version-mismatch' });
    expect(update(2)).toEqual({ ok: false, code: 'version-mismatch' });
    expect(update(1)).toMatchObject({ version: 2 });
    const remove = (version: number, number = 1) =>
      t.run({ kind: 'delete-topic', topic: 't', expected: { number, version } });
    expect(remove(2, 2)).toEqual({ ok: false, code: 'version-mismatch' });
    expect(remove(1)).toEqual({ ok: false, code: 'version-mismatch' });
    expect(remove(2)).toMatchObject({ kind: 'topic-deleted', topicNumber: 1 });
  });

  it('are unknown to every command before they are created', async () => {
    const t = await start();
    const unknown = { ok: false, code: 'unknown-topic' };
    const topic = 'u';
    expect(t.publishTo(topic, 'a')).toEqual(unknown);
    expect(t.run({ kind: 'pop', topic })).toEqual(unknown);
    expect(t.run({ kind: 'receive', topic, max: 1, settle: [] })).toEqual(unknown);
    const settle = [{ action: 'ack' as const, token: Buffer.alloc(28) }];
    expect(t.run({ kind: 'settle', topic, settle })).toEqual(unknown);
    expect(t.run({ kind: 'purge', topic, state: 'all' })).toEqual(unknown);
    expect(t.run({ kind: 'redrive', topic })).toEqual(unknown);
    expect(t.run({ kind: 'delete-topic', topic })).toEqual(unknown);
    expect(t.update({}, topic)).toEqual(unknown);
    expect(t.available(topic)).toBe(0);
  });

  it('Q15 deleted and created again: old tokens mean nothing, and ids are new', async () => {
    const t = await start();
    t.publish({ text: 'a', dedupId: 'd' }, 'b');
    t.receive(1);
    expect(t.run({ kind: 'delete-topic', topic: 't' })).toMatchObject({ messages: 2 });
    t.create('t');
    expect(t.states()).toEqual({});
    expect(t.publish({ text: 'c', dedupId: 'd' })).toMatchObject({
      topicNumber: 2,
      firstSequence: 1,
      count: 1,
      repeated: [],
    });
    t.receive(1);
    expect(t.ack('a')).toEqual({ ok: false, code: 'invalid-token' });
    expect(t.states()).toEqual({ c: 'leased' });
  });

  it('count dead letters among what is deleted', async () => {
    const t = await start();
    t.bury('a');
    t.publish('b');
    expect(t.run({ kind: 'delete-topic', topic: 't' })).toMatchObject({ messages: 2 });
    expect(t.nextDue()).toBeUndefined();
  });
});

describeRules('pausing', (start) => {
  const pause = (publishing: boolean, receiving: boolean) =>
    ({ kind: 'pause-topic', topic: 't', publishing, receiving }) as const;
  const paused = { ok: false, code: 'paused' };

  it('of publishing refuses new messages, while repetitions succeed', async () => {
    const t = await start();
    t.publish({ text: 'a', dedupId: 'd' });
    expect(t.run(pause(true, false))).toEqual({ ok: true, kind: 'topic-paused', topicNumber: 1 });
    expect(t.publish('b')).toEqual(paused);
    expect(t.publish({ text: 'b', dedupId: 'd' })).toMatchObject({ count: 0, firstSequence: 2 });
    expect(t.publish({ text: 'b', dedupId: 'd' }, 'c')).toEqual(paused);
    expect(t.receive(2)).toEqual(['a']);
  });

  it('of receiving leases and pops nothing', async () => {
    const t = await start();
    t.publish('a', 'b');
    t.receive(1);
    t.run(pause(false, true));
    expect(t.pop()).toBe('paused');
    expect(t.available()).toBe(0);
    const settle = [{ action: 'ack' as const, token: t.delivery('a').token }];
    const receive = { kind: 'receive', topic: 't', max: 1 } as const;
    expect(t.run({ ...receive, settle: [] })).toEqual(paused);
    expect(t.run({ ...receive, settle })).toMatchObject({
      settled: [{ ok: true, already: false }],
      deliveries: [],
    });
    t.run(pause(false, false));
    expect(t.receive(2)).toEqual(['b']);
  });

  it('is over when nothing is said to be paused', async () => {
    const t = await start();
    t.run(pause(true, true));
    t.run(pause(false, false));
    expect(t.publish('a')).toMatchObject({ ok: true });
    expect(t.pop()).toBe('a');
  });
});
