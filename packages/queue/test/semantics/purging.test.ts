import { expect, it } from '@jest/globals';
import type { Purge } from '@rrmq/queue';
import { type Script, type Text, describeRules } from './script.ts';

const numbered = (count: number): Text[] => Array.from({ length: count }, (_, i) => `m${i}`);

const purge = (t: Script, more: Partial<Purge> = {}) =>
  t.run({ kind: 'purge', topic: 't', state: 'all', ...more });

const purged = (count: number, goesOn: boolean) => ({
  ok: true,
  kind: 'purged',
  topicNumber: 1,
  purged: count,
  goesOn,
});

describeRules('a purge', (start) => {
  it.each<[Purge['state'], object]>([
    ['ready', { l: 'leased', y: 'delayed', d: 'dead' }],
    ['leased', { r: 'ready', y: 'delayed', d: 'dead' }],
    ['delayed', { r: 'ready', l: 'leased', d: 'dead' }],
    ['dead', { r: 'ready', l: 'leased', y: 'delayed' }],
    ['all', {}],
  ])('of %s discards these', async (state, left) => {
    const t = await start();
    t.bury('d');
    t.publish('l');
    t.receive(1);
    t.publish('r', { text: 'y', delayMs: 1000 });
    const count = state === 'all' ? 4 : 1;
    expect(purge(t, { state })).toEqual(purged(count, false));
    expect(t.states()).toEqual(left);
    expect(t.stats().discarded).toEqual({ expired: 0, overflow: 0, purged: count });
    expect(t.advance()).toBe(0);
  });

  it('takes what was published so long ago or longer', async () => {
    const t = await start();
    t.publish('a');
    t.pass(1).publish('b');
    t.pass(1).publish('c');
    expect(purge(t, { olderThanMs: 1 })).toEqual(purged(2, false));
    expect(t.states()).toEqual({ c: 'ready' });
  });

  it('frees the keys of what it discards', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' });
    t.receive(1);
    expect(t.available()).toBe(0);
    purge(t, { state: 'leased' });
    expect(t.receive(9)).toEqual(['k2']);
  });

  it('forgets what was due for its messages', async () => {
    const t = await start();
    t.publish({ text: 'a', delayMs: 5 }, { text: 'b', ttlMs: 5 }, 'c');
    t.receive(1);
    purge(t);
    expect(t.nextDue()).toBeUndefined();
  });

  it('Q16 looks at 1,000 messages a step, live ones before dead letters, by sequence', async () => {
    const t = await start();
    t.bury('dead');
    t.publish(...numbered(1000));
    t.publish('late');
    expect(purge(t)).toEqual(purged(1000, true));
    expect(t.states()).toEqual({ dead: 'dead', late: 'ready' });
    expect(t.nextDue()).toBe(t.at);
    expect(t.advance()).toBe(2);
    expect(t.states()).toEqual({});
    expect(t.nextDue()).toBeUndefined();
  });

  it('counts those that it only looks at, too', async () => {
    const t = await start();
    t.publish(...numbered(1000));
    t.publish({ text: 'late', delayMs: 1000 });
    expect(purge(t, { state: 'delayed' })).toEqual(purged(0, true));
    expect(t.advance()).toBe(1);
    expect(t.states()).not.toHaveProperty('late');
  });

  it('does not look at live messages for dead letters, nor the other way round', async () => {
    const t = await start();
    t.bury('dead');
    t.publish(...numbered(1000));
    expect(purge(t, { state: 'dead' })).toEqual(purged(1, false));
    t.bury('dead');
    expect(purge(t, { state: 'delayed' })).toEqual(purged(0, true));
    expect(t.advance()).toBe(0);
  });

  it('is over a step later when the last one was the thousandth', async () => {
    const t = await start();
    t.publish(...numbered(1000));
    expect(purge(t)).toEqual(purged(1000, true));
    expect(t.advance()).toBe(0);
    expect(t.nextDue()).toBeUndefined();
  });

  it('leaves what was published after it began, and meets what has changed as it is', async () => {
    const t = await start();
    t.publish(...numbered(1000));
    t.publish('a', 'b');
    t.receive(1);
    expect(purge(t, { state: 'ready' })).toEqual(purged(999, true));
    t.publish('new');
    t.receive(1);
    t.advance();
    expect(t.states()).toEqual({ m0: 'leased', a: 'leased', new: 'ready' });
  });

  it('goes on one at a time', async () => {
    const t = await start();
    t.publish(...numbered(1000));
    purge(t);
    expect(purge(t)).toEqual({ ok: false, code: 'in-progress' });
  });

  it('comes before a redrive, topics in creation order, with what is left of the steps', async () => {
    const t = await start();
    t.create('u');
    t.bury('dead1', 'dead2');
    t.pass(10).publish({ text: 'k', delayMs: 1000 });
    t.run({ kind: 'redrive', topic: 't', ratePerSecond: 1 });
    t.publish(...numbered(1000));
    t.publishTo('u', ...numbered(1000));
    t.run({ kind: 'purge', topic: 'u', state: 'all' });
    purge(t, { olderThanMs: 10 });
    t.pass(1000);
    expect(t.advance()).toBe(4);
    expect(t.nextDue()).toBeUndefined();
    expect(t.stats().discarded.purged).toBe(1);
  });
});
