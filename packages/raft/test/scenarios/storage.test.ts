import { describe, expect } from '@jest/globals';
import { scenario } from './scenario.ts';
import { DROP } from './list-machine.ts';
import { RECOVERY_MS, Stage } from './stage.ts';

/** Less than this free on a disk counts as full here. */
const RESERVE_BYTES = 1_000_000;

describe('storage of whole nodes', () => {
  scenario(
    'W06 full disks of a quorum: what grows is refused ahead of time, what shrinks is taken',
    async (seed) => {
      const stage = new Stage(seed, { node: { reserveBytes: RESERVE_BYTES } });
      const { core } = await stage.begin();
      await stage.commit(3);
      const full = [core.id, stage.other(core.id)];
      for (const id of full) {
        const disk = stage.cluster.diskOf(id);
        disk.setCapacity(disk.usedBytes + RESERVE_BYTES / 2);
      }
      const load = stage.load(20);
      await stage.until('publishes are refused', () =>
        load.offers.some((offer) => refusal(offer) === 'disk-full'),
      );
      load.stop();
      const grows = stage.offer(stage.text());
      const shrinks = stage.offer(DROP, stage.leader, 'shrinks');
      await stage.until(
        'both are answered',
        () => (grows.outcome && shrinks.outcome) !== undefined,
      );
      expect(refusal(grows)).toBe('disk-full');
      expect(shrinks.outcome?.kind).toBe('committed');
      for (const id of full) stage.cluster.diskOf(id).setCapacity(Infinity);
      await stage.run(700);
      await stage.commit(1);
    },
  );

  scenario(
    'W10 a disk that takes 500 ms: the lead is kept or moved, memory stays flat',
    async (seed) => {
      const uncommittedBytesMax = 20_000;
      const stage = new Stage(seed, { node: { limits: { uncommittedBytesMax } } });
      const { core } = await stage.begin();
      stage.cluster.setDiskMs(core.id, [450, 550]);
      const load = stage.load(10, 500);
      for (let nth = 0; nth < 10; nth += 1) {
        await stage.run(150);
        for (const { node } of stage.cluster.running) {
          expect(node.admin.gauges().pendingBytes).toBeLessThan(2 * uncommittedBytesMax);
        }
      }
      load.stop();
      expect(stage.acked.length).toBeGreaterThan(30);
      stage.cluster.setDiskMs(core.id, [0.1, 3]);
      await stage.converge();
    },
  );

  scenario(
    'W13 a leader that commits ahead of its own disk flushes nothing beyond it',
    async (seed) => {
      const stage = new Stage(seed, { node: { flush: { flushEntries: 1, flushAfterMs: 1 } } });
      const { core, machine } = await stage.begin();
      stage.cluster.setDiskMs(core.id, [80, 160]);
      const load = stage.load(5);
      let ahead = 0;
      await stage.cluster.run(stage.nowMs + 400, () => {
        if (core.committed > core.durable) ahead += 1;
        if (machine.flushedIndex > core.durable) throw new Error('the store is ahead of the log');
        return false;
      });
      expect(ahead).toBeGreaterThan(0);
      stage.cluster.crash(core.id);
      stage.cluster.setDiskMs(core.id, [0.1, 3]);
      stage.cluster.start(core.id);
      await stage.elect();
      load.stop();
      await stage.converge();
    },
  );

  scenario(
    'W12 an old copy of a data directory is detected, when two boots have passed since',
    async (seed) => {
      const stage = new Stage(seed);
      const { core } = await stage.begin();
      await stage.commit(2);
      await stage.converge();
      const restored = stage.other(core.id);
      stage.cluster.kill(restored);
      const [disk, stores] = [stage.cluster.diskOf(restored), stage.storesOf(restored)];
      const [files, lists] = [disk.image(), stores.copy()];
      for (let boot = 0; boot < 2; boot += 1) {
        stage.cluster.start(restored);
        await stage.commit(2);
        await stage.converge();
        stage.cluster.kill(restored);
      }
      disk.restore(files);
      stores.restore(lists);
      const { term } = core;
      stage.cluster.start(restored);
      await stage.run(RECOVERY_MS / 2);
      const codes = stage.seen('refused-by-peer', restored).map(({ refusal: { code } }) => code);
      expect(new Set(codes)).toEqual(new Set(['stale-incarnation']));
      expect(stage.node(restored).core.applied).toBeLessThan(stage.ackedIndex);
      expect(core.term).toBe(term);
      const joined = await stage.join('voter', restored);
      await stage.isVoter(joined);
      stage.cluster.retire(restored);
      await stage.converge();
    },
  );
});

const refusal = ({ outcome }: ReturnType<Stage['offer']>): string | undefined =>
  outcome?.kind === 'refused' ? outcome.reason : undefined;
