import { describe, expect } from '@jest/globals';
import { scenario } from './scenario.ts';
import { type Read, Stage } from './stage.ts';

describe('reads from whole nodes', () => {
  scenario('L01 a read waits for the first entry of the term', async (seed) => {
    const stage = new Stage(seed, { diskMs: [5, 30] });
    const { core } = await stage.begin();
    await stage.commit(2);
    stage.cluster.kill(core.id);
    await stage.until('another is elected', () => stage.maybeLeader() !== undefined);
    const leader = stage.leader;
    expect(leader.core.serving).toBe(false);
    const read = stage.read(leader);
    await stage.until('the read is answered', () => read.outcome !== undefined);
    if (read.outcome?.kind === 'ready') expect(leader.core.serving).toBe(true);
    else expect(read.outcome).toEqual({ kind: 'refused', reason: 'unconfirmed' });
  });

  scenario(
    'L02 repeated reads and late answers, across terms, never show the past',
    async (seed) => {
      const network = { reorder: 0.1, duplicate: 0.1, drop: 0.02 };
      const stage = new Stage(seed);
      await stage.begin();
      Object.assign(stage.cluster.network.faults, network);
      const load = stage.load(8);
      const reads: Read[] = [];
      let stopped = false;
      const next = (): void => {
        if (stopped) return;
        const [first, ...others] = stage.cluster.running;
        if (first !== undefined) reads.push(stage.read(stage.random.pick([first, ...others])));
        stage.cluster.world.after(6 * stage.random.next(), next);
      };
      next();
      await stage.run(150);
      const { core } = stage.maybeLeader() ?? (await stage.elect());
      stage.cutOff(core.id);
      // What gets lost meanwhile costs elections, too.
      await stage.elect(stage.others(core.id), 10_000);
      await stage.run(100);
      stage.heal();
      await stage.run(100);
      stopped = true;
      load.stop();
      Object.assign(stage.cluster.network.faults, { reorder: 0, duplicate: 0, drop: 0 });
      await stage.converge();
      expect(reads.filter(({ outcome }) => outcome?.kind === 'ready').length).toBeGreaterThan(3);
    },
  );

  scenario(
    'L04 a read at a follower waits until it has executed what was committed',
    async (seed) => {
      const stage = new Stage(seed);
      const { core } = await stage.begin();
      const follower = stage.node(stage.other(core.id));
      for (let nth = 0; nth < 5; nth += 1) {
        await stage.commit(2);
        const read = stage.read(follower);
        await stage.until('the read is answered', () => read.outcome !== undefined);
        expect(read.outcome).toEqual({ kind: 'ready' });
        expect(follower.machine.image.index).toBeGreaterThanOrEqual(read.mustSee);
      }
    },
  );

  scenario('L05 the read of a leader that is cut off is refused', async (seed) => {
    const stage = new Stage(seed);
    const old = await stage.begin();
    stage.cutOff(old.core.id);
    await stage.run(20 * stage.random.next());
    const read = stage.read(old);
    await stage.elect(stage.others(old.core.id));
    await stage.commit(1);
    await stage.until('the read is answered', () => read.outcome !== undefined);
    expect(read.outcome?.kind).toBe('refused');
    stage.heal();
    await stage.converge();
  });

  scenario('L06 nothing is read while the log is executed again', async (seed) => {
    const stage = new Stage(seed, { size: 3, node: { flush: { flushAfterMs: 60_000 } } });
    await stage.begin();
    await stage.commit(10);
    for (const id of stage.ids) stage.cluster.kill(id);
    const { ackedIndex } = stage;
    stage.cluster.startAll();
    await stage.until('all run', () => stage.cluster.running.length === 3);
    const reads = stage.cluster.running.map((boot) => stage.read(boot));
    await stage.until('all are answered', () =>
      reads.every(({ outcome }) => outcome !== undefined),
    );
    for (const { mustSee, outcome } of reads) {
      expect(mustSee).toBe(ackedIndex);
      expect(['ready', 'refused']).toContain(outcome?.kind);
    }
    const leader = await stage.elect();
    const read = stage.read(leader);
    await stage.until('a leader serves reads', () => read.outcome?.kind === 'ready');
    await stage.converge();
  });
});
