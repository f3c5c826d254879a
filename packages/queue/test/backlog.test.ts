import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { type Command, NodeStoreHost, encodeCommand } from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import { create, openMachine, pop, run } from './commands.ts';
import { tempFolder } from './temp-folder.ts';

const MESSAGES = 300_000;
const BATCH = 500;
const FLUSH_FROM_BYTES = 4_194_304;

/** Bytes of heap that are in use, after a collection. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}

describe('a backlog', () => {
  it('of 300,000 messages takes no heap, survives a restart, and comes out in order', async () => {
    const host = new NodeStoreHost(tempFolder());
    const machine = await openMachine({ host });
    run(machine, create('t'));
    const messages = Array.from({ length: BATCH }, () => ({
      contentType: 'x',
      body: Buffer.alloc(100, 65),
    }));
    const command: Command = { kind: 'publish', topic: 't', producer: undefined, messages };
    const bytes = encodeCommand(command);
    const heapBefore = heapUsed();
    for (let sent = 0; sent < MESSAGES; sent += BATCH) {
      machine.apply(bytes, logTime(0), logIndex(machine.appliedIndex + 1));
      if (machine.dirtyBytes < FLUSH_FROM_BYTES) continue;
      await machine.flush();
      await setImmediate();
    }
    await machine.flush();
    // A message takes more than 200 bytes of heap: all of them would take more than 60 MB.
    expect(heapUsed() - heapBefore).toBeLessThan(10_000_000);
    await machine.close();

    const again = await openMachine({ host });
    expect(again.stats('t')).toMatchObject({
      ready: MESSAGES,
      bytes: MESSAGES * 100,
      published: MESSAGES,
      delivered: 0,
    });
    for (let sequence = 1; sequence <= 20_000; sequence += 1) {
      expect(run(again, pop('t'))).toMatchObject({ message: { sequence } });
      if (sequence % 2000 === 0) await again.flush();
    }
    await again.close();
  });
});
