import { describe, expect, it } from '@jest/globals';
import { SimClock, SimWorld } from '../../src/testing/index.ts';

function clockAt(nowMs: number, rate: number): { world: SimWorld; clock: SimClock } {
  const world = new SimWorld();
  const clock = new SimClock(world, { skewMs: 0, rate });
  world.after(nowMs, () => undefined);
  world.step();
  return { world, clock };
}

describe('a simulated clock', () => {
  it('goes on from where it is when its rate changes', () => {
    const { world, clock } = clockAt(1_000, 0.5);
    expect(clock.monotonicMs()).toBe(500);
    clock.drift(2);
    expect(clock.monotonicMs()).toBe(500);
    world.after(100, () => undefined);
    world.step();
    expect(clock.monotonicMs()).toBe(700);
  });

  it('shows another time of day after a jump, and the same monotonic time', () => {
    const { clock } = clockAt(1_000, 1);
    const before = clock.wallMs();
    clock.jump(-60_000);
    expect(clock.wallMs()).toBe(before - 60_000);
    expect(clock.monotonicMs()).toBe(1_000);
  });
});
