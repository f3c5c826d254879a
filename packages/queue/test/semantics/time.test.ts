import { expect, it } from '@jest/globals';
import { type Text, describeRules } from './script.ts';

const numbered = (count: number, more: object = {}): Text[] =>
  Array.from({ length: count }, (_, i) => ({ text: `m${i}`, ...more }));

describeRules('an advance', (start) => {
  it('has nothing to do in a queue where nothing is due', async () => {
    const t = await start();
    t.publish('a', { text: 'b', delayMs: 1000 });
    expect(t.nextDue()).toBe(t.at + 1000);
    expect(t.pass(999).advance()).toBe(0);
    expect(t.pass(1).advance()).toBe(1);
    expect(t.nextDue()).toBeUndefined();
  });

  it('takes 1,000 steps at most, and goes on with the next one', async () => {
    const t = await start();
    t.publish(...numbered(1000, { delayMs: 1 }));
    t.publish({ text: 'last', delayMs: 1 });
    const due = t.at + 1;
    expect(t.pass(10).advance()).toBe(1000);
    expect(t.states()).toMatchObject({ m999: 'ready', last: 'delayed' });
    expect(t.nextDue()).toBe(due);
    expect(t.advance()).toBe(1);
  });

  it('ends leases before it does what else is due, by deadline and sequence', async () => {
    const t = await start({ maxFailures: 1 });
    t.publish('a', 'b', { text: 'late', delayMs: 500 });
    t.receive(1, { leaseMs: 2000 });
    t.receive(1, { leaseMs: 1000 });
    t.publish(...numbered(998, { delayMs: 1 }));
    t.pass(2000);
    expect(t.advance()).toBe(1000);
    expect(t.states()).toMatchObject({ a: 'dead', b: 'dead', m997: 'ready', late: 'delayed' });
  });

  it('lets a delay be over before a time to live that ends at the same time', async () => {
    const t = await start();
    t.publish({ text: 'a', delayMs: 1000, ttlMs: 1000 });
    expect(t.pass(1000).advance()).toBe(2);
    expect(t.message('a')).toMatchObject({ state: 'dead', death: { reason: 'expired' } });
  });

  it('gives turns in the order in which things were due', async () => {
    const t = await start();
    t.publish(
      { text: 'k', key: 'k', delayMs: 3 },
      { text: 'l', key: 'l', delayMs: 2 },
      { text: 'm', key: 'm', delayMs: 2 },
      { text: 'n', key: 'n', delayMs: 1 },
    );
    t.pass(9).advance();
    expect(t.receive(9)).toEqual(['n', 'l', 'm', 'k']);
  });

  it('is told when there is something to do, whatever it is', async () => {
    const t = await start({ dedupMs: 40_000 });
    expect(t.nextDue()).toBeUndefined();
    const { at } = t;
    t.publish({ text: 'a', dedupId: 'd' });
    expect(t.nextDue()).toBe(at + 40_000);
    t.receive(1);
    expect(t.nextDue()).toBe(at + 30_000);
    t.publish({ text: 'b', ttlMs: 20_000 });
    expect(t.nextDue()).toBe(at + 20_000);
    t.publish({ text: 'c', delayMs: 10_000 });
    expect(t.nextDue()).toBe(at + 10_000);
  });
});

describeRules('a time to live', (start) => {
  it.each([
    ['dead-letter', { a: 'dead' }, { deadLettered: 1, discarded: { expired: 0 } }],
    ['discard', {}, { deadLettered: 0, discarded: { expired: 1 } }],
  ] as const)('ends with a %s', async (onExpiry, states, stats) => {
    const t = await start({ onExpiry });
    t.publish({ text: 'a', ttlMs: 1000 });
    expect(t.pass(999).advance()).toBe(0);
    expect(t.pass(1).advance()).toBe(1);
    expect(t.states()).toEqual(states);
    expect(t.stats()).toMatchObject(stats);
  });

  it('is exact: what is too old is never handed out, also before an advance', async () => {
    const t = await start();
    t.publish({ text: 'a', ttlMs: 1000 }, { text: 'b', ttlMs: 1000 }, 'c', 'd');
    t.pass(1000);
    expect(t.states()).toEqual({ a: 'ready', b: 'ready', c: 'ready', d: 'ready' });
    expect(t.receive(1)).toEqual(['c']);
    expect(t.states()).toEqual({ a: 'dead', b: 'dead', c: 'leased', d: 'ready' });
    expect(t.message('a').death).toEqual({ at: t.at, reason: 'expired' });
  });

  it('is exact for a pop, which may find nothing else', async () => {
    const t = await start();
    t.publish({ text: 'a', ttlMs: 1000 });
    t.pass(1000);
    expect(t.pop()).toBe('no-message');
    expect(t.states()).toEqual({ a: 'dead' });
  });

  it('does not end a lease, and is over when the message comes back', async () => {
    const t = await start();
    t.publish({ text: 'a', ttlMs: 1000 }, { text: 'b', ttlMs: 1000 });
    t.publish({ text: 'c', ttlMs: 1000 }, { text: 'd', ttlMs: 1000 });
    t.receive(4);
    expect(t.pass(1000).advance()).toBe(0);
    t.ack('a');
    t.release('b');
    t.nack('c');
    const expired = { state: 'dead', death: { at: t.at, reason: 'expired' } };
    expect(t.message('b')).toMatchObject({ ...expired, failures: 0 });
    expect(t.message('c')).toMatchObject({ ...expired, failures: 1 });
    t.pass(29_000).advance();
    expect(t.message('d')).toMatchObject({ ...expired, failures: 1, death: { at: t.at } });
  });

  it('goes on for a message that comes back in time', async () => {
    const t = await start();
    t.publish({ text: 'a', ttlMs: 1000 });
    t.receive(1);
    t.nack('a', { delayMs: 5000 });
    expect(t.nextDue()).toBe(t.at + 1000);
    t.pass(1000).advance();
    expect(t.message('a')).toMatchObject({ state: 'dead', death: { reason: 'expired' } });
  });

  it('frees the key of a message that was delayed by a nack', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k', ttlMs: 1000 }, { text: 'k2', key: 'k' });
    t.receive(1);
    t.nack('k1', { delayMs: 5000 });
    expect(t.available()).toBe(0);
    t.pass(1000).advance();
    expect(t.receive(9)).toEqual(['k2']);
  });
});

describeRules('a lease', (start) => {
  it('Q11 ends at its deadline by the next advance', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    expect(t.pass(29_999).advance()).toBe(0);
    expect(t.pass(1).advance()).toBe(1);
    expect(t.receive(1)).toEqual(['a']);
    expect(t.delivery('a')).toMatchObject({ deliveries: 2, failures: 1 });
  });

  it('Q04 ends later by a time without a leader', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    const { leaseExpiresAt } = t.delivery('a');
    t.pass(10_000).gap(5000);
    expect(t.message('a').until).toBe(leaseExpiresAt + 5000);
    expect(t.nextDue()).toBe(leaseExpiresAt);
    t.pass(15_000);
    expect(t.advance()).toBe(1);
    expect(t.nextDue()).toBe(leaseExpiresAt + 5000);
    expect(t.advance()).toBe(0);
    t.pass(4999);
    expect(t.message('a').state).toBe('leased');
    t.pass(1);
    expect(t.ack('a')).toEqual({ ok: false, code: 'lease-lost' });
    expect(t.advance()).toBe(1);
    expect(t.states()).toEqual({ a: 'ready' });
  });

  it('Q04 is still good for a settlement in the time that it was put off', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    t.pass(29_000).gap(10_000);
    expect(t.ack('a')).toEqual({ ok: true, already: false });
  });

  it.each([
    ['by one long gap', [100_000]],
    ['by many gaps', [20_000, 20_000, 20_000]],
  ])('Q04 is put off by its own length at most: %s', async (_, gaps) => {
    const t = await start();
    t.publish('a');
    t.receive(1, { leaseMs: 40_000 });
    const { leaseExpiresAt } = t.delivery('a');
    for (const gapMs of gaps) t.gap(gapMs);
    expect(t.message('a').until).toBe(leaseExpiresAt + 40_000);
  });

  it('Q04 counts gaps anew when it is extended', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    t.gap(20_000);
    t.extend('a', { leaseMs: 10_000 });
    expect(t.message('a').until).toBe(t.at + 10_000);
    t.gap(6000);
    expect(t.message('a').until).toBe(t.at + 10_000);
    expect(t.nextDue()).toBe(t.at + 4000);
  });

  it('Q04 that began after a gap is not put off by it', async () => {
    const t = await start();
    t.publish('a');
    t.gap(20_000);
    t.receive(1);
    expect(t.message('a').until).toBe(t.at + 30_000);
  });

  it('Q13 Q17 is put off by a gap, delays and times to live are not', async () => {
    const t = await start();
    t.publish('a', { text: 'b', delayMs: 1000 }, { text: 'c', ttlMs: 2000 });
    t.receive(1, { leaseMs: 5000 });
    t.gap(6000);
    t.advance();
    expect(t.states()).toEqual({ a: 'leased', b: 'ready', c: 'dead' });
  });

  it('that is put off takes a step for it, and one more when it is over then', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    t.gap(10_000);
    t.pass(50_000);
    expect(t.advance()).toBe(2);
    expect(t.states()).toEqual({ a: 'ready' });
  });
});
