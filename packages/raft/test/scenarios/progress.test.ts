import { describe, expect } from '@jest/globals';
import { scenario } from './scenario.ts';
import { Stage } from './stage.ts';

describe('progress of whole nodes', () => {
  scenario('only a leader that can serve knows the time of the log', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    await stage.commit(1);
    const leader = stage.node(core.id);
    expect(leader.node.status().ready).toBe(true);
    expect(leader.node.logTime()).toBeGreaterThan(0);
    expect(stage.node(stage.other(core.id)).node.logTime()).toBeUndefined();
    stage.cutOff(core.id);
    await stage.until('it stops to trust itself', () => leader.node.logTime() === undefined);
  });

  scenario('the time of the log goes on between entries, as entries will say', async (seed) => {
    const stage = new Stage(seed);
    const { node } = await stage.begin();
    await stage.commit(1);
    const before = node.logTime() ?? 0;
    await stage.run(200);
    const expected = node.logTime() ?? 0;
    expect(expected - before).toBeGreaterThan(150);
    const at = await new Promise<number>((resolve) => {
      node.propose(Buffer.from('x'), (outcome) => {
        resolve(outcome.kind === 'committed' ? outcome.at : Number.NaN);
      });
      void stage.run(100);
    });
    expect(Math.abs(at - expected)).toBeLessThanOrEqual(2);
  });

  scenario('who watches is called after entries were executed, and then no more', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    const seen: number[] = [];
    const end = node.watchProgress(() => seen.push(core.applied));
    await stage.commit(3);
    expect(seen.at(-1)).toBe(core.applied);
    end();
    const { length } = seen;
    await stage.commit(1);
    expect(seen).toHaveLength(length);
  });

  scenario('who watches an idle leader is not called', async (seed) => {
    const stage = new Stage(seed);
    const { node } = await stage.begin();
    await stage.commit(1);
    await stage.run(100);
    let calls = 0;
    node.watchProgress(() => {
      calls += 1;
    });
    await stage.run(1_000);
    expect(calls).toBe(0);
  });
});
