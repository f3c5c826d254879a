import { expect, it } from '@jest/globals';
import { RECEIVE_BYTES_MAX } from '@rrmq/queue';
import { SECRET, type Text, describeRules, receiveOf } from './script.ts';

const numbered = (count: number, more: object = {}): Text[] =>
  Array.from({ length: count }, (_, i) => ({ text: `m${i}`, ...more }));

describeRules('a receive', (start) => {
  it('leases messages until its lease ends, with all that is known of them', async () => {
    const t = await start({ leaseMs: 5000 });
    t.publish('a');
    t.receive(1);
    const { token, ...delivery } = t.delivery('a');
    expect(delivery).toEqual({
      message: t.message('a').message,
      deliveries: 1,
      failures: 0,
      leaseExpiresAt: t.at + 5000,
    });
    expect(token).toHaveLength(28);
    expect(t.message('a')).toMatchObject({ state: 'leased', until: t.at + 5000, deliveries: 1 });
    expect(t.nextDue()).toBe(t.at + 5000);
  });

  it('may say how long its leases are', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1, { leaseMs: 1234 });
    expect(t.delivery('a').leaseExpiresAt).toBe(t.at + 1234);
  });

  it('gives no message twice, and none when nothing is left', async () => {
    const t = await start();
    t.publish('a', 'b', 'c');
    expect(t.receive(2)).toEqual(['a', 'b']);
    expect(t.receive(2)).toEqual(['c']);
    expect(t.receive(2)).toEqual([]);
    expect(t.pop()).toBe('no-message');
  });

  it('settles first, so that what this sets free is received', async () => {
    const t = await start({ limits: { maxInFlight: 1 } });
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' });
    t.receive(1);
    const settle = [{ action: 'ack' as const, token: t.delivery('k1').token }];
    expect(t.receive(1, { settle })).toEqual(['k2']);
  });

  it('answers each settlement by itself', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    const { token } = t.delivery('a');
    const settle = [
      { action: 'ack' as const, token: Buffer.alloc(28) },
      { action: 'ack' as const, token },
      { action: 'release' as const, token },
    ];
    expect(t.run({ ...receiveOf(1), settle })).toEqual({
      ok: true,
      kind: 'received',
      topicNumber: 1,
      deliveries: [],
      settled: [
        { ok: false, code: 'invalid-token' },
        { ok: true, already: false },
        { ok: false, code: 'settled-otherwise' },
      ],
    });
  });

  it('ends early once bodies reach 4 MiB', async () => {
    const t = await start();
    const text = 'x'.repeat(RECEIVE_BYTES_MAX / 2);
    t.publish(text, text, 'c');
    expect(t.receive(3)).toHaveLength(2);
    expect(t.receive(3)).toHaveLength(1);
  });

  it('touches 1,000 messages, expired ones and settlements included', async () => {
    const t = await start({ onExpiry: 'discard' });
    t.publish('first');
    t.receive(1);
    t.publish(...numbered(999, { ttlMs: 1 }));
    t.publish('late');
    t.pass(1);
    const settle = [{ action: 'ack' as const, token: t.delivery('first').token }];
    expect(t.receive(1, { settle })).toEqual([]);
    expect(t.stats()).toMatchObject({ ready: 1, discarded: { expired: 999 } });
    expect(t.receive(1)).toEqual(['late']);
  });

  it('signs by the first secret of the log, and leases nothing before there is one', async () => {
    const t = await start();
    t.publish('a', 'b', 'c');
    const bare = { kind: 'receive', topic: 't', max: 1, settle: [] } as const;
    expect(t.run(bare)).toMatchObject({ ok: true, deliveries: [] });
    expect(t.hasSecret).toBe(false);
    expect(t.receive(1)).toEqual(['a']);
    expect(t.hasSecret).toBe(true);
    t.receive(1, { secret: Buffer.alloc(16) });
    expect(t.ack('b')).toMatchObject({ ok: true });
    expect(SECRET).toHaveLength(16);
  });

  it('counts deliveries, each with a token of its own', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    const { token } = t.delivery('a');
    t.release('a');
    t.receive(1);
    expect(t.delivery('a').deliveries).toBe(2);
    expect(t.delivery('a').token).not.toEqual(token);
    expect(t.stats()).toMatchObject({ delivered: 2, leased: 1 });
  });
});

describeRules('a pop', (start) => {
  it('receives and acks in one', async () => {
    const t = await start();
    t.publish('a');
    const message = { ...t.message('a').message };
    const popped = { ok: true, kind: 'popped', topicNumber: 1, message };
    expect(t.run({ kind: 'pop', topic: 't' })).toEqual(popped);
    expect(t.stats()).toMatchObject({ ready: 0, leased: 0, delivered: 1, acked: 1, bytes: 0 });
  });

  it('takes what a receive would take, also when enough is in flight', async () => {
    const t = await start({ limits: { maxInFlight: 1 } });
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' }, 'x', { text: 'y', priority: 5 });
    expect(t.receive(1)).toEqual(['y']);
    expect([t.pop(), t.pop(), t.pop(), t.pop()]).toEqual(['k1', 'x', 'k2', 'no-message']);
  });
});

describeRules('order', (start) => {
  it('Q06 is first-in first-out without keys and priorities', async () => {
    const t = await start();
    t.publish('a', 'b');
    t.publish('c');
    expect(t.receive(9)).toEqual(['a', 'b', 'c']);
  });

  it('Q06 keeps the place of what comes back', async () => {
    const t = await start();
    t.publish('a', 'b', 'c', 'd');
    t.receive(3);
    t.release('c');
    t.nack('a', { delayMs: 0 });
    t.nack('b', { delayMs: 1000 });
    expect(t.receive(9)).toEqual(['a', 'c', 'd']);
    t.publish('e');
    t.pass(1000).advance();
    expect(t.receive(9)).toEqual(['b', 'e']);
  });

  it('is by priority first', async () => {
    const t = await start();
    t.publish({ text: 'low', priority: 0 }, 'a', { text: 'high', priority: 9 }, 'b');
    expect(t.receive(9)).toEqual(['high', 'a', 'b', 'low']);
  });

  it('Q12 lets one message of a key out at a time, while other keys proceed', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' }, { text: 'l1', key: 'l' }, 'x');
    expect(t.available()).toBe(3);
    expect(t.receive(9)).toEqual(['k1', 'l1', 'x']);
    expect(t.available()).toBe(0);
    t.ack('k1');
    expect(t.available()).toBe(1);
    expect(t.receive(9)).toEqual(['k2']);
  });

  it('Q12 blocks a key while its message is delayed by a nack', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' });
    t.receive(1);
    t.nack('k1', { delayMs: 1000 });
    expect(t.receive(9)).toEqual([]);
    t.pass(1000).advance();
    expect(t.receive(9)).toEqual(['k1']);
    t.ack('k1');
    expect(t.receive(9)).toEqual(['k2']);
  });

  it('does not block a key by a message that was published with a delay', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k', delayMs: 1000 }, { text: 'k2', key: 'k' });
    expect(t.receive(9)).toEqual(['k2']);
    t.pass(1000).advance();
    expect(t.receive(9)).toEqual([]);
    t.release('k2');
    expect(t.receive(9)).toEqual(['k1']);
  });

  it('gives turns: a key with much to do does not hold up the others', async () => {
    const t = await start();
    t.publish(...['k1', 'k2', 'k3'].map((text) => ({ text, key: 'k' })));
    t.publish('x1', 'x2', { text: 'l1', key: 'l' });
    const order: string[] = [];
    for (let [text] = t.receive(); text !== undefined; [text] = t.receive()) {
      order.push(text);
      t.ack(text);
    }
    expect(order).toEqual(['k1', 'x1', 'l1', 'k2', 'x2', 'k3']);
  });

  it('gives a new turn to a key that had nothing', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k' }, { text: 'l1', key: 'l' });
    expect(t.pop()).toBe('k1');
    t.publish({ text: 'k2', key: 'k' }, { text: 'l2', key: 'l' });
    expect([t.pop(), t.pop(), t.pop()]).toEqual(['l1', 'k2', 'l2']);
  });

  it('gives a new turn to a key that is not blocked any more', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k' }, { text: 'k2', key: 'k' });
    t.receive(1);
    t.publish({ text: 'l1', key: 'l' });
    t.release('k1');
    t.publish('x');
    expect(t.receive(9)).toEqual(['l1', 'k1', 'x']);
  });

  it('counts a key with the priority of its lowest ready sequence, and keeps its turn', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k', priority: 1 }, { text: 'k2', key: 'k', priority: 9 });
    t.publish({ text: 'l1', key: 'l', priority: 5 }, { text: 'l2', key: 'l', priority: 1 });
    t.publish({ text: 'x', priority: 1 });
    expect([t.pop(), t.pop(), t.pop(), t.pop(), t.pop()]).toEqual(['l1', 'k1', 'k2', 'x', 'l2']);
  });

  it('keeps the turn of a key whose first message is purged or too old', async () => {
    const t = await start();
    t.publish({ text: 'k1', key: 'k', ttlMs: 1000 }, { text: 'k2', key: 'k' }, 'x');
    t.pass(1000).advance();
    expect(t.receive(9)).toEqual(['k2', 'x']);
  });

  it('has messages without a key take turns as one more', async () => {
    const t = await start();
    t.publish('x1', 'x2', 'x3', { text: 'k1', key: 'k' }, { text: 'l1', key: 'l' });
    expect(t.receive(9)).toEqual(['x1', 'k1', 'l1', 'x2', 'x3']);
  });

  it('takes any name for a key', async () => {
    const t = await start();
    const keys = ['__proto__', 'constructor', 'priority 4', '1'];
    t.publish(...keys.map((key) => ({ text: key, key })), 'x');
    expect(t.receive(9)).toEqual([...keys, 'x']);
  });
});
