import { describe, expect, it } from '@jest/globals';
import { type Command, MemoryStoreHost, QueueMachine, RECEIVE_BYTES_MAX } from '@rrmq/queue';
import { create, run } from './commands.ts';

const SMALL = Buffer.from('x');
/** As large as a request may be. */
const LARGE = Buffer.alloc(8 * 1024 * 1024, 7);

const receive: Command = {
  kind: 'receive',
  topic: 't',
  max: 1000,
  settle: [],
  secret: Buffer.alloc(16, 1),
};

describe('Bodies of one byte and of 8 MiB', () => {
  it('Q09 come out whole and in order, few large ones at a time, flushed or not', async () => {
    const machine = new QueueMachine({ host: new MemoryStoreHost() });
    await machine.open(1);
    run(machine, create('t'));
    const bodies = Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? LARGE : SMALL));
    for (const [i, body] of bodies.entries()) {
      const messages = [{ contentType: '', body }];
      run(machine, { kind: 'publish', topic: 't', producer: undefined, messages });
      if (i === 5) await machine.flush();
    }
    const received: Buffer[] = [];
    while (received.length < bodies.length) {
      const result = run(machine, receive);
      if (!result.ok || result.kind !== 'received') throw new Error('a receive receives');
      const sizes = result.deliveries.map(({ message }) => message.body.length);
      expect(sizes.length).toBeGreaterThan(0);
      expect(sizes.slice(0, -1).reduce((sum, size) => sum + size, 0)).toBeLessThan(
        RECEIVE_BYTES_MAX,
      );
      for (const { message } of result.deliveries) received.push(message.body);
    }
    expect(received.every((body, i) => body.equals(bodies[i] ?? SMALL))).toBe(true);
    expect(machine.violations()).toEqual([]);
  });
});
