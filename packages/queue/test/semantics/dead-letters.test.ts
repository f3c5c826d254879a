import { expect, it } from '@jest/globals';
import type { Redrive } from '@rrmq/queue';
import { type Script, type Text, describeRules } from './script.ts';

const numbered = (count: number): Text[] => Array.from({ length: count }, (_, i) => `m${i}`);

const redrive = (t: Script, more: Partial<Redrive> = {}) =>
  t.run({ kind: 'redrive', topic: 't', ...more });

const redriven = (moved: number, remaining: number) => ({
  ok: true,
  kind: 'redriven',
  topicNumber: 1,
  moved,
  remaining,
});

describeRules('dead letters', (start) => {
  it.each([
    ['failures', (t) => t.nack('a')],
    ['rejected', (t) => t.reject('a')],
    ['expired', (t) => t.pass(1000).release('a')],
  ] satisfies [string, (t: Script) => unknown][])('keep their reason: %s', async (reason, act) => {
    const t = await start({ maxFailures: 1 });
    t.publish({ text: 'a', ttlMs: 1000 });
    t.receive(1);
    act(t);
    expect(t.message('a').death).toEqual({ at: t.at, reason });
    expect(t.stats()).toMatchObject({ dead: 1, deadBytes: 1, bytes: 0, deadLettered: 1 });
  });

  it('stay, are not received, and do not expire', async () => {
    const t = await start();
    t.publish({ text: 'a', ttlMs: 1000 });
    t.receive(1);
    t.reject('a');
    t.pass(100_000);
    expect(t.advance()).toBe(0);
    expect(t.receive(1)).toEqual([]);
    expect(t.states()).toEqual({ a: 'dead' });
  });

  it('free their key', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' });
    t.receive(1);
    t.reject('k1');
    expect(t.receive(1)).toEqual(['k2']);
  });
});

describeRules('a redrive', (start) => {
  it('publishes dead letters anew, lowest sequence first', async () => {
    const t = await start({ ttlMs: 5000 });
    t.bury({ text: 'a', dedupId: 'd', key: 'k', priority: 7, attributes: [['x', 'y']] }, 'b');
    t.publish('c');
    const before = t.message('a').message;
    t.pass(1000);
    expect(redrive(t)).toEqual(redriven(2, 0));
    expect(t.message('a')).toEqual({
      state: 'ready',
      deliveries: 0,
      failures: 0,
      history: [],
      until: undefined,
      death: undefined,
      message: {
        ...before,
        sequence: 4,
        publishedAt: t.at,
        expiresAt: t.at + 5000,
        dedupId: undefined,
      },
    });
    expect(t.receive(9)).toEqual(['a', 'c', 'b']);
    expect(t.stats()).toMatchObject({ published: 5, redriven: 2, dead: 0, deadBytes: 0 });
  });

  it('goes to another topic, with its time to live', async () => {
    const t = await start({ ttlMs: 1000 });
    t.create('u');
    t.bury('a');
    expect(redrive(t, { to: 'u' })).toEqual(redriven(1, 0));
    expect(t.states()).toEqual({});
    expect(t.message('a', 'u').message).toMatchObject({ sequence: 1, expiresAt: undefined });
    expect(t.stats('u')).toMatchObject({ published: 1, redriven: 0 });
    expect(t.stats('t')).toMatchObject({ published: 1, redriven: 1 });
  });

  it('by sequences moves those that are dead letters, at once', async () => {
    const t = await start();
    t.bury('a', 'b', 'c');
    t.publish('d');
    expect(redrive(t, { sequences: [3, 99, 1, 4, 3] })).toEqual(redriven(2, 0));
    expect(t.states()).toEqual({ b: 'dead', d: 'ready', a: 'ready', c: 'ready' });
    expect(t.receive(9)).toEqual(['d', 'a', 'c']);
  });

  it('forgets the dedup id when its time is over, and not before', async () => {
    const t = await start({ dedupMs: 1000 });
    t.bury({ text: 'a', dedupId: 'd' });
    redrive(t);
    expect(t.publish({ text: 'b', dedupId: 'd' })).toMatchObject({ count: 0 });
    t.pass(1000);
    expect(t.publish({ text: 'b', dedupId: 'd' })).toMatchObject({ count: 1 });
  });

  it.each([
    [1, 1, 1000],
    [7, 1, 143],
    [10, 1, 100],
    [25, 3, 120],
    [999, 100, 101],
    [20_000, 1000, 50],
  ])('at a rate of %i a second moves %i every %i ms', async (ratePerSecond, perStep, everyMs) => {
    const t = await start();
    for (let left = 2 * perStep + 1; left > 0; left -= 1000)
      t.bury(...numbered(Math.min(left, 1000)));
    expect(redrive(t, { ratePerSecond })).toEqual(redriven(perStep, perStep + 1));
    expect(t.nextDue()).toBe(t.at + everyMs);
    expect(t.pass(everyMs - 1).advance()).toBe(0);
    expect(t.pass(1).advance()).toBe(perStep);
    expect(t.pass(everyMs).advance()).toBe(1);
    expect(t.nextDue()).toBeUndefined();
  });

  it('without a rate moves 1,000 in each advance', async () => {
    const t = await start();
    for (let count = 0; count < 2; count += 1) t.bury(...numbered(1000));
    t.bury('last');
    expect(redrive(t)).toEqual(redriven(1000, 1001));
    expect(t.nextDue()).toBe(t.at);
    expect(t.advance()).toBe(1000);
    expect(t.advance()).toBe(1);
    expect(t.advance()).toBe(0);
    expect(t.stats()).toMatchObject({ ready: 2001, dead: 0 });
  });

  it('moves max at most, and what was there when it began', async () => {
    const t = await start();
    t.bury('a', 'b', 'c', 'd');
    expect(redrive(t, { max: 3, ratePerSecond: 10 })).toEqual(redriven(1, 2));
    t.pass(100).advance();
    t.pass(100).advance();
    expect(t.states()).toMatchObject({ d: 'dead', a: 'ready', b: 'ready', c: 'ready' });
    expect(t.nextDue()).toBeUndefined();
    expect(redrive(t, { ratePerSecond: 10 })).toEqual(redriven(1, 0));
  });

  it('tries again a second later when the target has no room, and drops nothing', async () => {
    const t = await start({ limits: { maxMessages: 2, overflow: 'drop-oldest' } });
    t.bury('a', 'b');
    t.publish('x');
    expect(redrive(t)).toEqual(redriven(1, 1));
    expect(t.nextDue()).toBe(t.at + 1000);
    t.pop();
    expect(t.advance()).toBe(0);
    expect(t.pass(1000).advance()).toBe(1);
    expect(t.states()).toEqual({ a: 'ready', b: 'ready' });
  });

  it.each<[string, (t: Script) => unknown, (t: Script) => unknown]>([
    [
      'is paused',
      (t) => t.run({ kind: 'pause-topic', topic: 'u', publishing: true, receiving: false }),
      (t) => t.run({ kind: 'pause-topic', topic: 'u', publishing: false, receiving: false }),
    ],
    [
      'is too small for a body',
      (t) => t.update({ limits: { maxMessageBytes: 1 } }, 'u'),
      (t) => t.update({}, 'u'),
    ],
  ])('waits as long as the target %s', async (_, close, open) => {
    const t = await start();
    t.create('u');
    close(t);
    t.bury('aa');
    expect(redrive(t, { to: 'u' })).toEqual(redriven(0, 1));
    expect(t.pass(1000).advance()).toBe(0);
    expect(t.nextDue()).toBe(t.at + 1000);
    open(t);
    expect(t.pass(1000).advance()).toBe(1);
    expect(t.states('u')).toEqual({ aa: 'ready' });
  });

  it('by sequences is not tried again', async () => {
    const t = await start({ limits: { maxMessages: 2 } });
    t.bury('a', 'b');
    t.publish('x');
    expect(redrive(t, { sequences: [1, 2] })).toEqual(redriven(1, 0));
    expect(t.nextDue()).toBeUndefined();
    expect(t.states()).toEqual({ b: 'dead', x: 'ready', a: 'ready' });
  });

  it('goes on one at a time, except by sequences, to a topic that exists', async () => {
    const t = await start();
    t.bury('a', 'b', 'c');
    expect(redrive(t, { to: 'u' })).toEqual({ ok: false, code: 'unknown-target' });
    redrive(t, { ratePerSecond: 1 });
    const inProgress = { ok: false, code: 'in-progress' };
    expect(redrive(t)).toEqual(inProgress);
    expect(redrive(t, { sequences: [3] })).toEqual(redriven(1, 0));
  });

  it('ends when its target is deleted, and when no dead letters are left', async () => {
    const t = await start();
    t.create('u');
    t.bury('a', 'b', 'c');
    redrive(t, { to: 'u', ratePerSecond: 1 });
    t.run({ kind: 'delete-topic', topic: 'u' });
    t.create('u');
    expect(t.nextDue()).toBeUndefined();
    expect(redrive(t, { ratePerSecond: 1 })).toEqual(redriven(1, 1));
    t.run({ kind: 'purge', topic: 't', state: 'dead' });
    t.pass(1000).advance();
    expect(t.nextDue()).toBeUndefined();
    expect(redrive(t)).toEqual(redriven(0, 0));
  });
});
