import { describe, expect, it } from '@jest/globals';
import { create, openMachine, pop, publish, run } from './commands.ts';

const rates = (published: number, delivered: number, acked: number) => ({
  publishedPerSecond: published,
  deliveredPerSecond: delivered,
  ackedPerSecond: acked,
});

async function machineWithTopic() {
  const machine = await openMachine();
  run(machine, create('t'), 1000);
  return machine;
}

describe('What goes on in a topic', () => {
  it('is nothing at first, and unknown of an unknown topic', async () => {
    const machine = await machineWithTopic();
    expect(machine.activity('t', 2000)).toEqual({
      oldestPublishedAt: undefined,
      rates: rates(0, 0, 0),
    });
    expect(machine.activity('u', 2000)).toBeUndefined();
  });

  it('are averages since something happened first, over five seconds at least', async () => {
    const machine = await machineWithTopic();
    for (let n = 0; n < 20; n += 1) run(machine, publish('t', `${n}`), 10_000);
    run(machine, pop('t'), 10_000);
    expect(machine.activity('t', 11_000)?.rates).toEqual(rates(4, 0.2, 0.2));
    expect(machine.activity('t', 20_000)?.rates).toEqual(rates(2, 0.1, 0.1));
  });

  it('forgets what is more than a minute ago', async () => {
    const machine = await machineWithTopic();
    for (let n = 0; n < 20; n += 1) run(machine, publish('t', `${n}`), 10_000);
    run(machine, publish('t', 'later'), 65_000);
    expect(machine.activity('t', 75_000)?.rates.publishedPerSecond).toBeCloseTo(0.1);
    expect(machine.activity('t', 200_000)?.rates).toEqual(rates(0, 0, 0));
  });

  it('knows when the oldest message was published that is there, stored or not', async () => {
    const machine = await machineWithTopic();
    for (const at of [3000, 4000, 5000]) run(machine, publish('t', `${at}`), at);
    expect(machine.activity('t', 9000)?.oldestPublishedAt).toBe(3000);
    await machine.flush();
    run(machine, pop('t'), 9000);
    expect(machine.activity('t', 9000)?.oldestPublishedAt).toBe(4000);
    await machine.flush();
    run(machine, pop('t'), 9000);
    run(machine, pop('t'), 9000);
    expect(machine.activity('t', 9000)?.oldestPublishedAt).toBeUndefined();
  });
});
