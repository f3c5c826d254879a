import { describe, expect, test } from '@jest/globals';
import { DueKeeper, type RestoreStatus } from '@rrmq/queue';
import { LeaderWorld } from './leader-world.ts';

const advanced = (steps: number) => ({ ok: true, kind: 'advanced', steps }) as const;

class TestQueue {
  due: number | undefined;
  restore: RestoreStatus | undefined;
  nextDue(): number | undefined {
    return this.due;
  }
  restoring(): RestoreStatus | undefined {
    return this.restore;
  }
}

function start() {
  const world = new LeaderWorld();
  const queue = new TestQueue();
  const keeper = new DueKeeper({ group: world, queue, timers: world.timers });
  keeper.start();
  return { world, queue, keeper };
}

describe('The due keeper', () => {
  test('proposes nothing, and lets no timer run, while nothing is to come', () => {
    const { world } = start();
    world.progress();
    world.pass(1_000_000);
    expect([world.offered.length, world.timersStarted]).toEqual([0, 0]);
  });

  test('proposes when the time of what is due has come, not before', () => {
    const { world, queue } = start();
    queue.due = 3000;
    world.progress();
    world.pass(1999);
    expect(world.offered).toHaveLength(0);
    world.pass(1);
    expect(world.offered).toHaveLength(1);
  });

  test('proposes at once what is due in the past', () => {
    const { world, queue } = start();
    queue.due = 1;
    world.progress();
    expect(world.offered).toHaveLength(1);
  });

  test('looks earlier when something comes that is due earlier', () => {
    const { world, queue } = start();
    queue.due = 9000;
    world.progress();
    queue.due = 2000;
    world.progress();
    world.pass(1000);
    expect(world.offered).toHaveLength(1);
  });

  test('starts one timer for commands that move what is due further away', () => {
    const { world, queue } = start();
    for (let due = 31_000; due < 32_000; due += 1) {
      queue.due = due;
      world.progress();
    }
    expect(world.timersStarted).toBe(1);
  });

  test('looks no more often than every 50 ms', () => {
    const { world, queue } = start();
    for (let step = 1; step <= 100; step += 1) {
      queue.due = world.nowMs + 1;
      world.progress();
    }
    world.pass(49);
    expect([world.offered.length, world.timersStarted]).toEqual([0, 1]);
  });

  test('has one advance on its way at most', () => {
    const { world, queue } = start();
    queue.due = 1;
    world.progress();
    world.progress();
    world.pass(1000);
    expect(world.offered).toHaveLength(1);
  });

  test('goes on at once as long as more is due, and ends then', () => {
    const { world, queue } = start();
    queue.due = 1;
    world.progress();
    world.offered[0]?.end(advanced(1000));
    expect(world.offered).toHaveLength(1);
    queue.due = undefined;
    world.offered[0]?.end(advanced(3));
    expect([world.offered.length, world.timersWaiting]).toEqual([0, 0]);
  });

  test('rests after an advance that found nothing to do', () => {
    const { world, queue } = start();
    queue.due = 1;
    world.progress();
    world.offered[0]?.end(advanced(0));
    world.progress();
    expect(world.offered).toHaveLength(0);
    world.pass(50);
    expect(world.offered).toHaveLength(1);
  });

  test.each(['overloaded', 'unconfirmed', 'transferring'] as const)(
    'tries again in a moment when the group is %s',
    (reason) => {
      const { world, queue } = start();
      queue.due = 1;
      world.progress();
      world.offered[0]?.refuse(reason);
      world.progress();
      expect(world.offered).toHaveLength(0);
      world.pass(50);
      expect(world.offered).toHaveLength(1);
    },
  );

  test('proposes nothing where it does not lead, and begins when it does', () => {
    const { world, queue } = start();
    world.leads = false;
    queue.due = 1;
    world.progress();
    world.pass(1000);
    expect([world.offered.length, world.timersStarted]).toEqual([0, 0]);
    world.leads = true;
    world.progress();
    expect(world.offered).toHaveLength(1);
  });

  test('goes on after an advance whose leader was deposed', () => {
    const { world, queue } = start();
    queue.due = 1;
    world.progress();
    world.leads = false;
    world.offered[0]?.lose();
    world.pass(1000);
    expect(world.offered).toHaveLength(0);
    world.leads = true;
    world.progress();
    expect(world.offered).toHaveLength(1);
  });

  test('lets a restore alone', () => {
    const { world, queue } = start();
    queue.due = 1;
    queue.restore = { backupId: 'b', text: '', nextChunk: 0 };
    world.progress();
    world.pass(1000);
    expect(world.offered).toHaveLength(0);
  });

  test('does nothing more once it is stopped', () => {
    const { world, queue, keeper } = start();
    queue.due = 2000;
    world.progress();
    keeper.stop();
    world.pass(2000);
    world.progress();
    expect([world.offered.length, world.timersWaiting]).toEqual([0, 0]);
  });
});
