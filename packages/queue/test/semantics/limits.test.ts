import { expect, it } from '@jest/globals';
import type { Overflow } from '@rrmq/queue';
import { describeRules } from './script.ts';

const full = { ok: false, code: 'topic-full' };
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}`);

describeRules('limits', (start) => {
  it('are never exceeded by a publish, which adds all or nothing', async () => {
    const t = await start({ limits: { maxMessages: 3, maxBytes: 10 } });
    expect(t.publish('a', 'b', 'c', 'd')).toEqual(full);
    expect(t.publish('12345', '123456')).toEqual(full);
    expect(t.publish('12345', '12345')).toMatchObject({ ok: true });
    expect(t.publish('')).toMatchObject({ ok: true });
    expect(t.publish('')).toEqual(full);
    expect(t.stats()).toMatchObject({ ready: 3, bytes: 10 });
  });

  it('count what is leased and delayed, and not dead letters', async () => {
    const t = await start({ limits: { maxMessages: 2 } });
    t.publish('a', { text: 'b', delayMs: 1000 });
    t.receive(1);
    expect(t.publish('c')).toEqual(full);
    t.reject('a');
    expect(t.publish('c')).toMatchObject({ ok: true });
    expect(t.stats()).toMatchObject({ ready: 1, delayed: 1, dead: 1, bytes: 2, deadBytes: 1 });
  });

  it.each<[Overflow, object, object]>([
    ['drop-oldest', { c: 'ready', d: 'ready' }, { discarded: { overflow: 2 }, deadLettered: 0 }],
    [
      'dead-letter',
      { a: 'dead', b: 'dead', c: 'ready', d: 'ready' },
      { discarded: { overflow: 0 }, deadLettered: 2 },
    ],
  ])('with %s make room by what is received next', async (overflow, states, stats) => {
    const t = await start({ limits: { maxMessages: 2, overflow } });
    t.publish('a', 'b');
    expect(t.publish('c', 'd')).toMatchObject({ firstSequence: 3 });
    expect(t.states()).toEqual(states);
    expect(t.stats()).toMatchObject(stats);
  });

  it('make room by the reason overflow', async () => {
    const t = await start({ limits: { maxMessages: 1, overflow: 'dead-letter' } });
    t.publish('a');
    t.pass(5).publish('b');
    expect(t.message('a').death).toEqual({ at: t.at, reason: 'overflow' });
  });

  it('make room by the lowest priority, each key in its turn', async () => {
    const t = await start({ limits: { maxMessages: 5, overflow: 'drop-oldest' } });
    t.publish({ text: 'high', priority: 9 });
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' }, { text: 'l1', key: 'l' }, 'x');
    t.publish('n1');
    expect(Object.keys(t.states())).toEqual(['high', 'k2', 'l1', 'x', 'n1']);
    t.publish('n2', 'n3');
    expect(Object.keys(t.states())).toEqual(['high', 'k2', 'n1', 'n2', 'n3']);
  });

  it('make room for bytes', async () => {
    const t = await start({ limits: { maxBytes: 6, overflow: 'drop-oldest' } });
    t.publish('aa', 'bb', 'cc');
    t.publish('ddd');
    expect(t.states()).toEqual({ cc: 'ready', ddd: 'ready' });
  });

  it('drop nothing when the new messages alone are too many', async () => {
    const t = await start({ limits: { maxMessages: 2, maxBytes: 5, overflow: 'drop-oldest' } });
    t.publish('a');
    expect(t.publish('b', 'c', 'd')).toEqual(full);
    expect(t.publish('123456')).toEqual(full);
    expect(t.states()).toEqual({ a: 'ready' });
  });

  it('drop nothing when what cannot be dropped leaves too little room', async () => {
    const t = await start({ limits: { maxMessages: 5, overflow: 'drop-oldest' } });
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' });
    t.receive(1);
    t.publish({ text: 'late', delayMs: 1000 }, 'a', 'b');
    expect(t.publish('c', 'd', 'e')).toEqual(full);
    expect(t.stats().ready).toBe(3);
    expect(t.publish('c', 'd')).toMatchObject({ ok: true });
    expect(t.states()).toEqual({
      k1: 'leased',
      k2: 'ready',
      late: 'delayed',
      c: 'ready',
      d: 'ready',
    });
  });

  it('drop 1,000 at most by one publish; the next one finds more room', async () => {
    const t = await start();
    t.publish(...numbered(1000));
    t.publish('x', 'y');
    t.update({ limits: { maxMessages: 1, overflow: 'drop-oldest' } });
    expect(t.publish('z')).toEqual(full);
    expect(t.stats()).toMatchObject({ ready: 2, discarded: { overflow: 1000 } });
    expect(t.publish('z')).toMatchObject({ firstSequence: 1003 });
    expect(t.states()).toEqual({ z: 'ready' });
  });

  it('of what is in flight hold a receive back', async () => {
    const t = await start({ limits: { maxInFlight: 2 } });
    t.publish('a', 'b', 'c');
    expect(t.available()).toBe(2);
    expect(t.receive(5)).toEqual(['a', 'b']);
    expect(t.available()).toBe(0);
    expect(t.receive(5)).toEqual([]);
    t.ack('a');
    expect(t.receive(5)).toEqual(['c']);
  });
});
