import { expect, it } from '@jest/globals';
import { SETTLEMENTS_MAX, type Settlement } from '@rrmq/queue';
import { type Script, describeRules } from './script.ts';

const done = { ok: true, already: false };
const already = { ok: true, already: true };
const lost = { ok: false, code: 'lease-lost' };
const otherwise = { ok: false, code: 'settled-otherwise' };
const invalid = { ok: false, code: 'invalid-token' };

describeRules('a settlement', (start) => {
  const leased = async (...settings: Parameters<typeof start>): Promise<Script> => {
    const t = await start(...settings);
    t.publish('a');
    t.receive(1);
    return t;
  };

  it.each<[string, (t: Script) => unknown, object, object]>([
    ['ack', (t) => t.ack('a'), {}, { acked: 1, failed: 0 }],
    ['nack', (t) => t.nack('a'), { a: 'delayed' }, { acked: 0, failed: 1 }],
    ['nack at once', (t) => t.nack('a', { delayMs: 0 }), { a: 'ready' }, { failed: 1 }],
    ['release', (t) => t.release('a'), { a: 'ready' }, { failed: 0 }],
    ['reject', (t) => t.reject('a'), { a: 'dead' }, { failed: 0, deadLettered: 1 }],
  ])('%s has its effect', async (_, act, states, stats) => {
    const t = await leased();
    expect(act(t)).toEqual(done);
    expect(t.states()).toEqual(states);
    expect(t.stats()).toMatchObject({ leased: 0, ...stats });
  });

  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [4, 5000],
    [5, 5000],
  ])('nack delays longer each time: the failure number %i by %i ms', async (failures, ms) => {
    const t = await start({ backoff: { initialMs: 1000, maxMs: 5000 } });
    t.publish('a');
    for (let count = 1; count < failures; count += 1) {
      t.receive(1);
      t.nack('a', { delayMs: 0 });
    }
    t.receive(1);
    expect(t.delivery('a').failures).toBe(failures - 1);
    t.nack('a');
    expect(t.message('a')).toMatchObject({ failures, state: 'delayed', until: t.at + ms });
    expect(t.nextDue()).toBe(t.at + ms);
  });

  it('nack makes ready at once where the backoff is 0', async () => {
    const t = await leased({ backoff: { initialMs: 0, maxMs: 0 } });
    t.nack('a');
    expect(t.states()).toEqual({ a: 'ready' });
  });

  it('extend lets the lease end later, or earlier, from now on', async () => {
    const t = await leased();
    t.pass(1000);
    const extended = (ms: number) => ({ ...done, leaseExpiresAt: t.at + ms });
    expect(t.extend('a', { leaseMs: 60_000 })).toEqual(extended(60_000));
    expect(t.nextDue()).toBe(t.at + 60_000);
    expect(t.extend('a')).toEqual(extended(30_000));
    expect(t.extend('a', { leaseMs: 2000 })).toEqual(extended(2000));
    t.pass(2000).advance();
    expect(t.states()).toEqual({ a: 'ready' });
  });

  const actions: Settlement['action'][] = ['ack', 'nack', 'release', 'reject'];
  it.each(actions)('%s succeeds again, and nothing else does', async (first) => {
    const t = await leased();
    const { token } = t.delivery('a');
    t.settle({ action: first, token });
    const before = t.messages();
    for (const action of [...actions, 'extend' as const]) {
      expect(t.settle({ action, token })).toEqual(action === first ? already : otherwise);
    }
    expect(t.messages()).toEqual(before);
  });

  it('Q05 of an earlier delivery is known for what it was', async () => {
    const t = await leased();
    const { token } = t.delivery('a');
    t.release('a');
    t.receive(1);
    expect(t.settle({ action: 'release', token })).toEqual(already);
    expect(t.settle({ action: 'ack', token })).toEqual(otherwise);
    expect(t.states()).toEqual({ a: 'leased' });
    expect(t.ack('a')).toEqual(done);
  });

  it('Q05 is refused from the deadline on, also before an advance', async () => {
    const t = await leased();
    t.pass(29_999);
    expect(t.extend('a', { leaseMs: 1000 })).toMatchObject({ ok: true });
    t.pass(1000);
    expect(t.ack('a')).toEqual(lost);
    expect(t.extend('a')).toEqual(lost);
    expect(t.states()).toEqual({ a: 'leased' });
    t.advance();
    expect(t.ack('a')).toEqual(lost);
    expect(t.states()).toEqual({ a: 'ready' });
  });

  it('Q05 of an expired lease is refused after the message was delivered again', async () => {
    const t = await leased();
    const { token } = t.delivery('a');
    t.pass(30_000).advance();
    t.receive(1);
    expect(t.settle({ action: 'ack', token })).toEqual(lost);
    expect(t.ack('a')).toEqual(done);
  });

  it('is refused when the token is forged, or of another topic', async () => {
    const t = await leased();
    t.create('u');
    const { token } = t.delivery('a');
    const forged = Buffer.from(token);
    forged[27] = (forged[27] ?? 0) ^ 1;
    const tampered = Buffer.from(token);
    tampered[19] = 2;
    for (const other of [forged, tampered, Buffer.alloc(28)]) {
      expect(t.settle({ action: 'ack', token: other })).toEqual(invalid);
    }
    expect(t.settle({ action: 'ack', token }, 'u')).toEqual(invalid);
    expect(t.states()).toEqual({ a: 'leased' });
  });

  it('Q07 of a lease that was purged is lost', async () => {
    const t = await leased();
    t.run({ kind: 'purge', topic: 't', state: 'all' });
    expect(t.ack('a')).toEqual(lost);
    expect(t.nextDue()).toBeUndefined();
  });

  it('is remembered for 100,000 more of the topic', async () => {
    const t = await leased();
    const { token } = t.delivery('a');
    for (let count = 0; count < SETTLEMENTS_MAX; count += 1) {
      const settle = [{ action: 'release' as const, token: t.delivery('a').token }];
      t.receive(1, { settle });
    }
    expect(t.settle({ action: 'release', token })).toEqual(already);
    t.release('a');
    expect(t.settle({ action: 'release', token })).toEqual(lost);
  });

  it('stands for itself among several of one command', async () => {
    const t = await start();
    t.publish('a', 'b', 'c');
    t.receive(3);
    const settle: Settlement[] = ['a', 'b', 'c'].map((text, i) => ({
      action: actions[i] ?? 'ack',
      token: t.delivery(text).token,
    }));
    const bad = { action: 'ack' as const, token: Buffer.alloc(28) };
    expect(t.run({ kind: 'settle', topic: 't', settle: [bad, ...settle] })).toEqual({
      ok: true,
      kind: 'settled',
      topicNumber: 1,
      settled: [invalid, done, done, done],
    });
    expect(t.states()).toEqual({ b: 'delayed', c: 'ready' });
  });
});

describeRules('failures', (start) => {
  it('Q08 make a dead letter with the one that is too many, in the same command', async () => {
    const t = await start({ maxFailures: 2 });
    t.publish('a');
    t.receive(1);
    t.nack('a', { delayMs: 0, reason: 'http 503' });
    t.receive(1);
    t.release('a');
    t.receive(1);
    t.pass(10).nack('a');
    expect(t.message('a')).toMatchObject({
      state: 'dead',
      deliveries: 3,
      failures: 2,
      until: undefined,
      death: { at: t.at, reason: 'failures' },
      history: [
        { at: t.at - 10, kind: 'nack', reason: 'http 503' },
        { at: t.at, kind: 'nack', reason: '' },
      ],
    });
    expect(t.nextDue()).toBeUndefined();
  });

  it('Q08 count expired leases, which come back at once', async () => {
    const t = await start({ maxFailures: 2 });
    t.publish('a');
    t.receive(1);
    t.pass(30_000).advance();
    const event = { at: t.at, kind: 'lease-expired', reason: '' };
    expect(t.message('a')).toMatchObject({ state: 'ready', failures: 1, history: [event] });
    t.receive(1);
    t.pass(30_000).advance();
    expect(t.message('a')).toMatchObject({ state: 'dead', death: { reason: 'failures' } });
    expect(t.stats()).toMatchObject({ failed: 2, deadLettered: 1 });
  });

  it('by reject kill at once, with a reason, and are no failure more', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    t.reject('a', { reason: 'bad json' });
    expect(t.message('a')).toMatchObject({
      failures: 0,
      death: { at: t.at, reason: 'rejected' },
      history: [{ at: t.at, kind: 'rejected', reason: 'bad json' }],
    });
  });

  it('are remembered: the last 16', async () => {
    const t = await start({ maxFailures: 100 });
    t.publish('a');
    for (let count = 1; count <= 18; count += 1) {
      t.receive(1);
      t.pass(30_000).advance();
    }
    const { history, failures } = t.message('a');
    expect(failures).toBe(18);
    expect(history).toHaveLength(16);
    expect(history.at(-1)?.at).toBe(t.at);
  });

  it('beyond a limit that was lowered meanwhile kill with the next one', async () => {
    const t = await start();
    t.publish('a');
    t.receive(1);
    t.nack('a', { delayMs: 0 });
    t.update({ maxFailures: 1 });
    expect(t.receive(1)).toEqual(['a']);
    t.nack('a');
    expect(t.message('a')).toMatchObject({ state: 'dead', failures: 2 });
  });
});
