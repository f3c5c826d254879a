import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DrivenMachine } from '../src/queue/driven-machine.ts';
import { measureOperations } from '../src/queue/operations.ts';
import { TRAFFIC_KINDS, TrafficCommands } from '../src/queue/traffic-kind.ts';

describe('the operations of the queue benchmark', () => {
  it.each(TRAFFIC_KINDS)('do with %s messages what they are meant to', async (kind) => {
    const directory = mkdtempSync(join(tmpdir(), 'rrmq-bench-'));
    const machine = await DrivenMachine.open(directory);
    try {
      const traffic = new TrafficCommands(kind, { backlog: 0, bodyBytes: 10 });
      machine.execute(traffic.createTopic());
      const measured = await measureOperations(machine, traffic, { batch: 10, commands: 50 });
      const messages = [...measured].map(([operation, figures]) => [operation, figures.messages]);
      expect(Object.fromEntries(messages)).toEqual({
        publish: 1000,
        receive: 500,
        settle: 500,
        'receive+settle': 500,
      });
    } finally {
      await machine.close();
      rmSync(directory, { recursive: true });
    }
  });
});
