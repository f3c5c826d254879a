import { expect, it } from '@jest/globals';
import { DELAY_MS_MAX } from '@rrmq/queue';
import { describeRules, publishOf } from './script.ts';

describeRules('a publish', (start) => {
  it('adds all messages in order', async () => {
    const t = await start();
    expect(t.publish('a', 'b')).toEqual({
      ok: true,
      kind: 'published',
      topicNumber: 1,
      firstSequence: 1,
      count: 2,
      duplicate: false,
      repeated: [],
    });
    expect(t.publish('c')).toMatchObject({ firstSequence: 3, count: 1 });
    expect(t.messages().map(({ message }) => message.sequence)).toEqual([1, 2, 3]);
  });

  it('keeps all that is said of a message', async () => {
    const t = await start();
    const attributes = [
      ['z', '1'],
      ['a', '2'],
    ] as const;
    t.publish({ text: 'a', key: 'k', priority: 7, attributes, ttlMs: 5000, dedupId: 'd' });
    t.publish('b');
    expect(t.message('a').message).toEqual({
      sequence: 1,
      contentType: 'text/plain',
      body: Buffer.from('a'),
      publishedAt: t.at,
      key: 'k',
      priority: 7,
      attributes,
      expiresAt: t.at + 5000,
      dedupId: 'd',
    });
    const plain = { priority: 4, attributes: [], key: undefined, expiresAt: undefined };
    expect(t.message('b').message).toMatchObject(plain);
  });

  it.each([
    [{ delayMs: 0 }, 'ready', 0],
    [{ delayMs: 1 }, 'delayed', 1],
    [{ deliverAt: 1_000_000 }, 'ready', 0],
    [{ deliverAt: 999_999 }, 'ready', 0],
    [{ deliverAt: 1_000_700 }, 'delayed', 700],
    [{ deliverAt: 2 * DELAY_MS_MAX }, 'delayed', DELAY_MS_MAX],
  ])('with %j makes a message that is %s', async (delay, state, ms) => {
    const t = await start();
    t.publish({ text: 'a', ...delay });
    const until = ms === 0 ? undefined : t.at + ms;
    expect(t.message('a')).toMatchObject({ state, until });
    expect(t.nextDue()).toBe(until);
    t.pass(Math.max(0, ms - 1)).advance();
    expect(t.message('a').state).toBe(state);
    t.pass(1).advance();
    expect(t.message('a').state).toBe('ready');
  });

  it.each([
    ['its own time to live', 5000, { ttlMs: 2000 }, 2000],
    ["the topic's", 5000, {}, 5000],
    ['none', undefined, {}, undefined],
  ])('gives a message %s', async (_, ofTopic, own, ttlMs) => {
    const t = await start({ ttlMs: ofTopic });
    t.publish({ text: 'a', ...own });
    expect(t.message('a').message.expiresAt).toBe(ttlMs === undefined ? undefined : t.at + ttlMs);
  });

  it('is refused as a whole when a body is too large', async () => {
    const t = await start({ limits: { maxMessageBytes: 3 } });
    expect(t.publish('abc', 'abcd')).toEqual({ ok: false, code: 'message-too-large' });
    expect(t.publish('abc')).toMatchObject({ firstSequence: 1 });
  });

  it.each([
    ['paused before too large', true, 'abcd', 'paused'],
    ['too large before full', false, 'abcd', 'message-too-large'],
    ['full', false, 'a', 'topic-full'],
  ])('is refused in order: %s', async (_, publishing, text, code) => {
    const t = await start({ limits: { maxMessageBytes: 3, maxMessages: 1 } });
    t.publish('x');
    t.run({ kind: 'pause-topic', topic: 't', publishing, receiving: false });
    expect(t.publish(text)).toEqual({ ok: false, code });
  });
});

describeRules('a dedup id', (start) => {
  const again = { text: 'again', dedupId: 'd' };

  it('Q01 lets a message in once, and names the first sequence', async () => {
    const t = await start();
    t.publish('x', { text: 'a', dedupId: 'd' });
    expect(t.publish(again)).toEqual({
      ok: true,
      kind: 'published',
      topicNumber: 1,
      firstSequence: 3,
      count: 0,
      duplicate: false,
      repeated: [{ position: 0, sequence: 2 }],
    });
    expect(t.states()).toEqual({ x: 'ready', a: 'ready' });
  });

  it('counts within the same publish, too', async () => {
    const t = await start();
    t.publish('x');
    expect(t.publish('y', { text: 'a', dedupId: 'd' }, again, 'z')).toMatchObject({
      firstSequence: 2,
      count: 3,
      repeated: [{ position: 2, sequence: 3 }],
    });
    expect(t.receive(9)).toEqual(['x', 'y', 'a', 'z']);
  });

  it.each([
    ['one ms before dedupMs are over', 299_999, false, 0],
    ['when dedupMs are over', 300_000, false, 1],
    ['also when no advance came meanwhile', 300_000, true, 1],
  ])('Q03 Q18 of a message that is gone: %s', async (_, ms, isLazy, count) => {
    const t = await start();
    t.publish({ text: 'a', dedupId: 'd' });
    t.pop();
    t.pass(ms);
    if (!isLazy) t.advance();
    expect(t.publish(again)).toMatchObject({ count });
  });

  it.each([
    ['ready', () => 0],
    ['leased', (t) => t.receive(1, { leaseMs: 999_999 }).length],
    ['dead', (t) => t.receive(1).map((text) => t.reject(text)).length],
  ] satisfies [string, (t: Awaited<ReturnType<typeof start>>) => number][])(
    'is remembered while its message is %s, however long',
    async (state, bring) => {
      const t = await start();
      t.publish({ text: 'a', dedupId: 'd' });
      bring(t);
      t.pass(400_000).advance();
      expect(t.states()).toEqual({ a: state });
      expect(t.publish(again)).toMatchObject({ count: 0, repeated: [{ sequence: 1 }] });
      t.run({ kind: 'purge', topic: 't', state: 'all' });
      expect(t.publish(again)).toMatchObject({ count: 1 });
    },
  );

  it('is due once, and is looked at also while its message is there', async () => {
    const t = await start({ dedupMs: 5000 });
    t.publish({ text: 'a', dedupId: 'd' });
    expect(t.nextDue()).toBe(t.at + 5000);
    expect(t.pass(5000).advance()).toBe(1);
    expect(t.nextDue()).toBeUndefined();
  });

  it('that is used anew after its time is due once more', async () => {
    const t = await start({ dedupMs: 5000 });
    t.publish({ text: 'a', dedupId: 'd' });
    t.pop();
    t.pass(5000).publish(again);
    expect(t.nextDue()).toBe(t.at);
    expect(t.advance()).toBe(1);
    expect(t.publish(again)).toMatchObject({ count: 0 });
    expect(t.nextDue()).toBe(t.at + 5000);
    expect(t.advance()).toBe(0);
  });

  it('may have any name, and belongs to its topic', async () => {
    const t = await start();
    t.create('u');
    t.publish({ text: 'a', dedupId: '__proto__' });
    expect(t.publishTo('u', { text: 'a', dedupId: '__proto__' })).toMatchObject({ count: 1 });
  });
});

describeRules('a producer', (start) => {
  const step = (text: string, sequence: number, epoch = 0) => ({
    ...publishOf('t', [text]),
    producer: { id: 'p', epoch, sequence },
  });

  it('Q01 publishes a step once, and hears the first sequences again', async () => {
    const t = await start();
    t.publish('x');
    t.run(step('a', 1));
    expect(t.run(step('a', 2))).toMatchObject({ firstSequence: 3, duplicate: false });
    expect(t.run(step('a', 1))).toEqual({
      ok: true,
      kind: 'published',
      topicNumber: 1,
      firstSequence: 2,
      count: 1,
      duplicate: true,
      repeated: [],
    });
  });

  it.each([
    ['an unknown producer begins with 1', [[2, 0]], 'producer-gap'],
    [
      'no step is left out',
      [
        [1, 0],
        [3, 0],
      ],
      'producer-gap',
    ],
    [
      'a new epoch begins with 1',
      [
        [1, 0],
        [2, 1],
      ],
      'producer-gap',
    ],
    [
      'a former epoch is over',
      [
        [1, 1],
        [2, 0],
      ],
      'stale-producer',
    ],
  ])('is refused: %s', async (_, steps, code) => {
    const t = await start();
    const results = steps.map(([sequence = 0, epoch = 0]) => t.run(step('a', sequence, epoch)));
    expect(results.at(-1)).toEqual({ ok: false, code });
  });

  it('uses up no step by a refusal, and repeats also while paused or full', async () => {
    const t = await start({ limits: { maxMessages: 1 } });
    t.run(step('a', 1));
    expect(t.run(step('b', 2))).toEqual({ ok: false, code: 'topic-full' });
    t.run({ kind: 'pause-topic', topic: 't', publishing: true, receiving: false });
    expect(t.run(step('a', 1))).toMatchObject({ duplicate: true, firstSequence: 1 });
    t.run({ kind: 'pause-topic', topic: 't', publishing: false, receiving: false });
    t.pop();
    expect(t.run(step('b', 2))).toMatchObject({ duplicate: false, firstSequence: 2 });
  });

  it('has its last 64 answers remembered', async () => {
    const t = await start();
    for (let sequence = 1; sequence <= 65; sequence += 1) t.run(step('a', sequence));
    expect(t.run(step('a', 2))).toMatchObject({ duplicate: true, firstSequence: 2 });
    expect(t.run(step('a', 1))).toEqual({ ok: false, code: 'stale-producer' });
  });
});
