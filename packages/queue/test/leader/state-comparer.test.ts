import { describe, expect, test } from '@jest/globals';
import {
  MemoryStoreHost,
  QueueMachine,
  StateComparer,
  StateDiverged,
  encodeCommand,
} from '@rrmq/queue';
import { logIndex, logTime } from '@rrmq/raft';
import { LeaderWorld } from './leader-world.ts';

async function someMachine() {
  const machine = new QueueMachine({ host: new MemoryStoreHost() });
  await machine.open(1);
  let index = 0;
  const apply = (command: Buffer) => {
    index += 1;
    return machine.apply(Buffer.from(command), logTime(0), logIndex(index));
  };
  const create = (topic: string) => apply(encodeCommand({ kind: 'create-topic', topic }));
  return { machine, apply, create };
}

async function start() {
  const world = new LeaderWorld();
  const { machine, apply, create } = await someMachine();
  const comparer = new StateComparer({ group: world, queue: machine });
  comparer.start();
  world.progress();
  return { world, machine, apply, create };
}

describe('The state comparer', () => {
  test('proposes the hash of what was executed, 10 s after the last time', async () => {
    const { world, machine, create } = await start();
    create('a');
    world.progress();
    world.pass(9999);
    world.progress();
    expect(world.offered).toHaveLength(0);
    world.pass(1);
    world.progress();
    const { appliedIndex: index, stateHash: hash } = machine;
    expect(world.offered[0]?.command).toEqual({ kind: 'compare-states', index, hash });
  });

  test('proposes nothing while nothing happens', async () => {
    const { world } = await start();
    world.pass(60_000);
    world.progress();
    expect(world.offered).toHaveLength(0);
  });
});

describe('Comparing states', () => {
  test('is nothing to a machine with the same state', async () => {
    const { machine, apply, create } = await someMachine();
    create('a');
    const { appliedIndex: index, stateHash: hash } = machine;
    create('b');
    const result = apply(encodeCommand({ kind: 'compare-states', index, hash }));
    expect(result).toEqual({ ok: true, kind: 'states-compared' });
  });

  test('ends a machine whose state is another one', async () => {
    const { machine, apply, create } = await someMachine();
    create('a');
    const { appliedIndex: index, stateHash: hash } = machine;
    const other = encodeCommand({ kind: 'compare-states', index, hash: hash + 1 });
    expect(() => apply(other)).toThrow(StateDiverged);
  });

  test('is nothing to a machine that does not know what it had then', async () => {
    const { apply, create } = await someMachine();
    create('a');
    const unknown = encodeCommand({ kind: 'compare-states', index: 7, hash: 1 });
    expect(apply(unknown).ok).toBe(true);
  });
});
