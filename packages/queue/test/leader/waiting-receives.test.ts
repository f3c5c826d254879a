import { describe, expect, test } from '@jest/globals';
import { MachineWorld, ack, bodiesOf } from './machine-world.ts';

describe('A receive', () => {
  test('gets at once what is there', async () => {
    const world = await MachineWorld.start();
    world.publish(['a', 'b']);
    world.settle();
    const receive = world.receive({ max: 5 });
    world.settle();
    expect(bodiesOf(receive)).toEqual(['a', 'b']);
    expect(world.entries).toEqual(['publish', 'receive']);
  });

  test('that does not wait gets an empty answer without an entry, once a quorum has confirmed', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive({ waitMs: 0 });
    expect(receive.outcome).toBeUndefined();
    world.turn();
    expect(receive.outcome).toEqual({ kind: 'empty', settled: [] });
    expect(world.entries).toEqual([]);
  });

  test('that waits gets its lease in the batch of the publish', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive();
    world.settle();
    world.publish(['a']);
    world.turn();
    expect(bodiesOf(receive)).toEqual(['a']);
    expect(world.batches).toEqual([['publish', 'receive']]);
  });

  test('ends empty when its time is over, and no entry tells of it', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive({ waitMs: 500 });
    world.settle();
    world.pass(499);
    expect(receive.outcome).toBeUndefined();
    world.pass(1);
    expect(receive.outcome).toEqual({ kind: 'empty', settled: [] });
    expect([world.entries, world.receives.count]).toEqual([[], 0]);
  });

  test('whose time is over before a quorum has confirmed waits for that', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive({ waitMs: 5 });
    world.pass(10);
    expect(receive.outcome).toBeUndefined();
    world.settle();
    expect(receive.outcome).toEqual({ kind: 'empty', settled: [] });
  });

  test('is refused when the topic is not there, or its receiving is paused', async () => {
    const world = await MachineWorld.start();
    const nowhere = world.receive({ topic: 'nowhere' });
    world.run({ kind: 'pause-topic', topic: 't', publishing: false, receiving: true });
    const paused = world.receive();
    world.settle();
    expect(nowhere.outcome).toEqual({ kind: 'refused', code: 'unknown-topic' });
    expect(paused.outcome).toEqual({ kind: 'refused', code: 'paused' });
  });

  test('ends when its topic is deleted', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive();
    world.settle();
    world.run({ kind: 'delete-topic', topic: 't' });
    expect(receive.outcome).toEqual({ kind: 'refused', code: 'unknown-topic' });
  });

  test('gets what becomes ready otherwise: released, delayed, expired', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.publish(['b'], { delayMs: 400 });
    world.settle();
    const token = world.lease();
    const [first, second, third] = [world.receive(), world.receive(), world.receive()];
    world.settle();
    world.run({ kind: 'settle', topic: 't', settle: [{ action: 'release', token }] });
    world.settle();
    expect(bodiesOf(first)).toEqual(['a']);
    world.pass(400);
    world.run({ kind: 'advance' });
    world.settle();
    expect(bodiesOf(second)).toEqual(['b']);
    world.nowMs += 40_000;
    world.run({ kind: 'advance' });
    world.settle();
    expect(bodiesOf(third)).toEqual(['a']);
  });

  test('goes on waiting for a delayed message without an entry', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive();
    world.settle();
    const delayed = { contentType: 't', body: 'a', delayMs: 10 };
    world.run({ kind: 'publish', topic: 't', producer: undefined, messages: [delayed] });
    expect([world.offered.length, receive.outcome]).toEqual([0, undefined]);
  });

  test('brings a secret as long as the log has none', async () => {
    const world = await MachineWorld.start();
    world.publish(['a', 'b']);
    world.settle();
    world.receive();
    const [first] = world.offered;
    expect(first?.command).toMatchObject({ kind: 'receive', secret: Buffer.alloc(16, 7) });
    world.settle();
    world.receive();
    expect(world.offered[0]?.command).not.toHaveProperty('secret');
  });
});

describe('Waiting', () => {
  test('is first come first served', async () => {
    const world = await MachineWorld.start();
    const waiting = Array.from({ length: 5 }, () => world.receive());
    world.settle();
    for (const body of ['a', 'b', 'c', 'd', 'e']) world.publish([body]);
    world.turn();
    expect(waiting.map(bodiesOf)).toEqual([['a'], ['b'], ['c'], ['d'], ['e']]);
    expect(world.batches).toHaveLength(1);
  });

  test('serves as many as a publish of several can serve', async () => {
    const world = await MachineWorld.start();
    const waiting = [world.receive({ max: 2 }), world.receive({ max: 2 }), world.receive()];
    world.settle();
    world.publish(['a', 'b', 'c']);
    world.settle();
    expect(waiting.map(bodiesOf)).toEqual([['a', 'b'], ['c'], undefined]);
    expect(world.entries).toEqual(['publish', 'receive', 'receive']);
  });

  test('keeps the place of whoever got an empty answer', async () => {
    const world = await MachineWorld.start();
    const first = world.receive();
    const second = world.receive();
    world.settle();
    // The message is taken by a pop in the same batch, before the receive.
    const pop = { kind: 'pop', topic: 't' } as const;
    world.run({
      kind: 'publish',
      topic: 't',
      producer: undefined,
      messages: [{ contentType: 't', body: 'x' }],
    });
    world.run(pop);
    world.settle();
    expect([first.outcome, second.outcome]).toEqual([undefined, undefined]);
    world.publish(['a']);
    world.settle();
    expect([bodiesOf(first), bodiesOf(second)]).toEqual([['a'], undefined]);
  });

  test('writes nothing, however many wait', async () => {
    const world = await MachineWorld.start();
    const waiting = Array.from({ length: 1000 }, () => world.receive({ waitMs: 20_000 }));
    world.settle();
    for (let round = 0; round < 100; round += 1) {
      world.progress();
      world.pass(100);
    }
    expect([world.entries, world.receives.count]).toEqual([[], 1000]);
    world.pass(10_000);
    expect(waiting.every(({ outcome }) => outcome?.kind === 'empty')).toBe(true);
    expect([world.entries, world.timersWaiting]).toEqual([[], 0]);
  });

  test('is bounded', async () => {
    const world = await MachineWorld.start(2);
    const [first] = [world.receive(), world.receive()];
    const third = world.receive();
    expect(third.outcome).toEqual({ kind: 'too-many' });
    first?.leave();
    expect(world.receive().outcome).toBeUndefined();
  });

  test('of one topic is not ended by messages of another', async () => {
    const world = await MachineWorld.start();
    world.run({ kind: 'create-topic', topic: 'u' });
    const here = world.receive();
    const there = world.receive({ topic: 'u' });
    world.settle();
    world.publish(['a'], {}, 'u');
    world.settle();
    expect([bodiesOf(here), bodiesOf(there)]).toEqual([undefined, ['a']]);
  });

  test('proposes no receive behind a publish that cannot serve it', async () => {
    const world = await MachineWorld.start();
    const settings = world.machine.topic('t')?.settings;
    if (settings === undefined) throw new Error('there is a topic');
    const limits = { ...settings.limits, maxInFlight: 1 };
    world.run({ kind: 'update-topic', topic: 't', settings: { ...settings, limits } });
    world.publish(['a']);
    world.settle();
    world.lease();
    world.receive();
    world.settle();
    world.batches.length = 0;
    world.publish(['b']);
    world.settle();
    expect(world.entries).toEqual(['publish']);
  });
});

describe('Settlements inside a receive', () => {
  test('are done at once, in one entry with the receive', async () => {
    const world = await MachineWorld.start();
    world.publish(['a', 'b']);
    world.settle();
    const token = world.lease();
    world.batches.length = 0;
    const receive = world.receive({ settle: [ack(token)] });
    world.settle();
    expect(bodiesOf(receive)).toEqual(['b']);
    expect(receive.outcome).toMatchObject({ settled: [{ ok: true, already: false }] });
    expect(world.entries).toEqual(['receive']);
  });

  test('are told with an empty answer, and done once', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.settle();
    const receive = world.receive({ settle: [ack(world.lease())], waitMs: 100 });
    world.settle();
    expect(world.machine.stats('t')).toMatchObject({ acked: 1, leased: 0 });
    world.pass(100);
    expect(receive.outcome).toEqual({ kind: 'empty', settled: [{ ok: true, already: false }] });
  });

  test('are told with messages that come later', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.settle();
    const receive = world.receive({ settle: [ack(world.lease())] });
    world.settle();
    world.publish(['b']);
    world.settle();
    expect(bodiesOf(receive)).toEqual(['b']);
    expect(receive.outcome).toMatchObject({ settled: [{ ok: true, already: false }] });
  });

  test('give what they free to those who waited before', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.settle();
    const token = world.lease();
    const before = world.receive();
    world.settle();
    const receive = world.receive({ settle: [{ action: 'release', token }] });
    world.settle();
    expect([bodiesOf(before), bodiesOf(receive)]).toEqual([['a'], undefined]);
  });

  test('are done as soon as the leader is confirmed', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.settle();
    const receive = world.receive({ settle: [ack(world.lease())], waitMs: 0 });
    world.offered[0]?.refuse('unconfirmed');
    world.answerReads();
    expect(receive.outcome).toBeUndefined();
    world.pass(20);
    world.settle();
    expect(receive.outcome).toEqual({ kind: 'empty', settled: [{ ok: true, already: false }] });
  });

  test('may be as many as a command takes', async () => {
    const world = await MachineWorld.start();
    world.publish(['a', 'b']);
    world.settle();
    const settle = Array.from({ length: 1000 }, () => ack(Buffer.alloc(28)));
    const receive = world.receive({ settle });
    world.settle();
    expect(bodiesOf(receive)).toEqual(['a']);
    expect(world.entries).toEqual(['publish', 'receive', 'receive']);
  });
});

describe('A client that has gone', () => {
  test('gets nothing leased', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive();
    world.settle();
    receive.leave();
    world.publish(['a']);
    world.settle();
    expect(world.entries).toEqual(['publish']);
    expect(world.machine.stats('t')).toMatchObject({ ready: 1, leased: 0 });
  });

  test('gives back what was leased to it meanwhile, and the next one gets it', async () => {
    const world = await MachineWorld.start();
    const gone = world.receive();
    world.settle();
    world.publish(['a']);
    gone.leave();
    const next = world.receive();
    world.settle();
    expect(gone.outcome).toBeUndefined();
    expect(bodiesOf(next)).toEqual(['a']);
    expect(world.machine.stats('t')).toMatchObject({ leased: 1, failed: 0, delivered: 2 });
    expect(world.entries).toEqual(['publish', 'receive', 'settle', 'receive']);
  });
});

describe('When leadership moves', () => {
  test('all waits end', async () => {
    const world = await MachineWorld.start();
    const waiting = [world.receive(), world.receive()];
    world.settle();
    world.enterTerm(false);
    expect(waiting.map(({ outcome }) => outcome)).toEqual([{ kind: 'moved' }, { kind: 'moved' }]);
    expect(world.receives.count).toBe(0);
  });

  test('they end also when this node leads again in another term', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive();
    world.settle();
    world.enterTerm(true);
    expect(receive.outcome).toEqual({ kind: 'moved' });
    const next = world.receive();
    world.settle();
    world.publish(['a']);
    world.settle();
    expect(bodiesOf(next)).toEqual(['a']);
  });

  test('one that settled something tells it', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.settle();
    const receive = world.receive({ settle: [ack(world.lease())] });
    world.settle();
    world.enterTerm(false);
    expect(receive.outcome).toEqual({ kind: 'empty', settled: [{ ok: true, already: false }] });
  });

  test('one that was on its way is unknown', async () => {
    const world = await MachineWorld.start();
    world.publish(['a']);
    world.settle();
    const receive = world.receive();
    world.enterTerm(false);
    expect(receive.outcome).toBeUndefined();
    world.offered[0]?.lose();
    expect(receive.outcome).toEqual({ kind: 'unknown' });
  });

  test('a node that follows refuses', async () => {
    const world = await MachineWorld.start();
    world.enterTerm(false);
    const receive = world.receive();
    expect(receive.outcome).toEqual({ kind: 'group-refused', reason: 'not-leader' });
  });

  test('one that is handing over is tried again when it leads on', async () => {
    const world = await MachineWorld.start();
    const receive = world.receive();
    world.settle();
    world.publish(['a']);
    world.offered[1]?.refuse('transferring');
    world.settle();
    world.pass(20);
    world.settle();
    expect(bodiesOf(receive)).toEqual(['a']);
  });
});

test('A node that stops ends all waits', async () => {
  const world = await MachineWorld.start();
  const receive = world.receive();
  world.settle();
  world.receives.stop();
  const stopping = { kind: 'group-refused', reason: 'stopping' };
  expect([receive.outcome, world.receive().outcome]).toEqual([stopping, stopping]);
  expect(world.timersWaiting).toBe(0);
});
