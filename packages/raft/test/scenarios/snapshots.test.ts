import { describe, expect } from '@jest/globals';
import { scenario } from './scenario.ts';
import { CHUNK_MAGIC } from './list-image.ts';
import type { NodeId } from '../../src/core/numbers.ts';
import { COMPACTING, RECOVERY_MS, Stage, type StageOptions } from './stage.ts';

/** An installation of such a snapshot has so many steps or more: what disk and store are asked to do. */
const STEPS = 8;

/** One node is away while the others compact their logs beyond what it has: it needs a snapshot. */
async function behind(seed: number, options: StageOptions = {}): Promise<[Stage, NodeId]> {
  const stage = new Stage(seed, { node: COMPACTING, ...options });
  const { core } = await stage.elect();
  await stage.converge();
  const away = stage.other(core.id);
  stage.cutOff(away);
  // Nobody sends it anything until it is back.
  await stage.run(350);
  await stage.compactBeyond(stage.node(away).core.last);
  return [stage, away];
}

/** The leader takes it that the node has not got its snapshot yet. */
function isInstalling(stage: Stage, id: NodeId): boolean {
  const { peers } = stage.leader.node.admin.gauges();
  return peers.some((peer) => peer.id === id && peer.state === 'snapshot');
}

/** Runs until the node has taken this many chunks, or more. */
async function chunksTaken(stage: Stage, count: number, taken: () => number): Promise<void> {
  await stage.until(`${count} chunks are taken`, () => taken() >= count);
}

describe('snapshots between whole nodes', () => {
  scenario('S01 interrupted and resumed by the same leader', async (seed) => {
    let taken = 0;
    const [stage, away] = await behind(seed, {
      onStore: (_, step) => (taken += step === 'chunk' ? 1 : 0),
    });
    stage.heal();
    const { core } = stage.leader;
    await chunksTaken(stage, 3 + (seed % 10), () => taken);
    stage.cutOff(away);
    await stage.run(20 + 200 * stage.random.next());
    const before = taken;
    stage.heal();
    await stage.until(
      'it is installed',
      () => stage.seen('snapshot-installed', away).length > 0,
      3_000,
    );
    expect(stage.leader.core).toBe(core);
    expect(stage.seen('snapshot-sending')).toHaveLength(1);
    expect(taken).toBeGreaterThanOrEqual(before);
    await stage.converge();
  });

  scenario('S01 the leader changes midway: the next one starts anew', async (seed) => {
    let taken = 0;
    const [stage, away] = await behind(seed, {
      onStore: (_, step) => (taken += step === 'chunk' ? 1 : 0),
    });
    stage.heal();
    const { core } = stage.leader;
    await chunksTaken(stage, 3 + (seed % 10), () => taken);
    stage.cluster.kill(core.id);
    await stage.elect(stage.others(core.id, away));
    await stage.until(
      'it is installed',
      () => stage.seen('snapshot-installed', away).length > 0,
      3_000,
    );
    expect(new Set(stage.seen('snapshot-receiving', away).map(({ peer }) => peer)).size).toBe(2);
    stage.cluster.start(core.id);
    await stage.converge();
  });

  scenario('S03 two snapshots in a row', async (seed) => {
    const [stage, away] = await behind(seed);
    stage.heal();
    await stage.converge();
    // Until it knows, the leader keeps its log for the snapshot that is on its way.
    await stage.until('the leader knows', () => !isInstalling(stage, away));
    stage.cutOff(away);
    await stage.run(350);
    await stage.compactBeyond(stage.node(away).core.last);
    stage.heal();
    await stage.converge();
    expect(stage.seen('snapshot-installed', away)).toHaveLength(2);
    stage.cluster.crash(away);
    stage.cluster.start(away);
    await stage.converge();
  });

  scenario('S04 a crash at every step of an installation', async (seed) => {
    if (seed > 1) {
      await dieWhileInstalling(seed, 1 + (seed % STEPS));
      return;
    }
    let dieAt = 1;
    while (await dieWhileInstalling(seed, dieAt)) dieAt += 1;
    expect(dieAt).toBeGreaterThan(STEPS);
  });

  scenario('S05 a snapshot is installed while entries are committed and executed', async (seed) => {
    const [stage, away] = await behind(seed);
    const load = stage.load(4, 200);
    await stage.run(20);
    stage.heal();
    await stage.until(
      'it is installed',
      () => stage.seen('snapshot-installed', away).length > 0,
      3_000,
    );
    await stage.run(60);
    load.stop();
    await stage.run(30);
    await stage.converge();
    expect(load.offers.every(({ outcome }) => outcome?.kind === 'committed')).toBe(true);
  });

  scenario('S06 compaction overtakes a follower that is slow', async (seed) => {
    // For a follower that lives the log keeps more, up to this bound.
    const stage = new Stage(seed, { node: { ...COMPACTING, keepLogBytesMax: 8_192 } });
    const { core } = await stage.elect();
    const slow = stage.other(core.id);
    stage.cluster.setDiskMs(slow, [60, 120]);
    await stage.commit(10, 1_000);
    await stage.compactBeyond(stage.node(slow).core.last);
    stage.cluster.setDiskMs(slow, [0.1, 3]);
    await stage.converge();
    await stage.commit(1);
  });

  scenario(
    'S07 no transfer to a node with an install pending, and no election of it',
    async (seed) => {
      let taken = 0;
      const [stage, away] = await behind(seed, {
        onStore: (_, step) => (taken += step === 'chunk' ? 1 : 0),
      });
      stage.heal();
      const { core, node } = stage.leader;
      await chunksTaken(stage, 2, () => taken);
      const outcome = await stage.settled('it is refused', node.admin.transfer(away));
      expect(outcome).toMatchObject({ kind: 'refused', reason: 'not-caught-up' });
      stage.cluster.kill(core.id);
      const { core: next } = await stage.elect(stage.others(core.id));
      expect(next.id).not.toBe(away);
      stage.cluster.start(core.id);
      await stage.converge();
    },
  );

  scenario('S08 a damaged chunk is refused and fetched again', async (seed) => {
    const [stage, away] = await behind(seed);
    let [left, seenChunks] = [1 + (seed % 2), 0];
    const goodOnes = seed % 7;
    stage.cluster.network.tamper = (chunks) => {
      if (left === 0) return chunks;
      const bytes = Buffer.concat(chunks);
      const place = bytes.indexOf(CHUNK_MAGIC);
      if (place < 0) return chunks;
      seenChunks += 1;
      if (seenChunks <= goodOnes) return chunks;
      left -= 1;
      bytes[place + 20] = (bytes[place + 20] ?? 0) ^ 1;
      return [bytes];
    };
    const { image } = stage.node(away).machine;
    stage.heal();
    await stage.until('it is refused', () => stage.seen('snapshot-refused', away).length > 0);
    expect(stage.node(away).machine.image.items).toEqual(image.items);
    await stage.converge(4 * RECOVERY_MS);
    expect(stage.seen('snapshot-installed', away)).toHaveLength(1);
  });

  scenario('S09 stopped midway and started again: the same state', async (seed) => {
    let taken = 0;
    const [stage, away] = await behind(seed, {
      onStore: (_, step) => (taken += step === 'chunk' ? 1 : 0),
    });
    stage.heal();
    await chunksTaken(stage, 1 + (seed % 12), () => taken);
    await stage.stop(away);
    await stage.commit(2);
    stage.cluster.start(away);
    await stage.converge(4 * RECOVERY_MS);
    const hashes = stage.cluster.running.map(({ machine }) => machine.image.hash);
    expect(new Set(hashes).size).toBe(1);
  });

  scenario('S10 the state and its index are one, wherever a crash comes', async (seed) => {
    const stage = new Stage(seed, { node: COMPACTING });
    await stage.elect();
    const load = stage.load(6, 100);
    for (let round = 0; round < 3; round += 1) {
      await stage.run(40 + 60 * stage.random.next());
      const id = stage.other();
      if (stage.random.chance(0.5)) stage.cluster.crash(id);
      else stage.cluster.kill(id);
      await stage.run(30 * stage.random.next());
      // That the state at its index is the state of all others there is checked as it is opened.
      stage.cluster.start(id);
      await stage.elect();
    }
    load.stop();
    await stage.converge();
  });

  scenario('S11 a big state on a slow link does not starve heartbeats', async (seed) => {
    // 100 KB in chunks of 16 KB: each takes 160 ms, all of them longer than two election timeouts.
    const [stage, away] = await behind(seed, { chunkBytes: 16_384 });
    await stage.commit(12, 8_000);
    const { core } = stage.leader;
    const { term } = core;
    await stage.run(100);
    stage.cluster.network.faults.bytesPerMs = 100;
    const from = stage.nowMs;
    stage.heal();
    await stage.until(
      'it is installed',
      () => stage.seen('snapshot-installed', away).length > 0,
      5_000,
    );
    expect(stage.nowMs - from).toBeGreaterThan(600);
    expect(stage.leader.core).toBe(core);
    expect(core.term).toBe(term);
    stage.cluster.network.faults.bytesPerMs = Infinity;
    await stage.converge();
  });
});

/**
 * A node dies at one step of an installation, by a power cut or a kill, and starts again. False when the installation
 * was over before that step.
 */
async function dieWhileInstalling(seed: number, dieAt: number): Promise<boolean> {
  const victim: { id?: NodeId; steps: number; died: boolean } = { steps: 0, died: false };
  const die = (id: NodeId): void => {
    const { cluster } = stage;
    victim.died = true;
    if (stage.random.chance(0.5)) cluster.crash(id);
    else cluster.kill(id);
    cluster.world.after(30, () => cluster.start(id));
  };
  const count = (id: NodeId): void => {
    if (id !== victim.id) return;
    victim.steps += 1;
    // Between this step and the next, or right as it begins.
    if (victim.steps === dieAt) stage.cluster.world.after(0.5 * stage.random.next(), () => die(id));
  };
  const [stage] = await behind(seed, {
    chunkBytes: 2_000,
    onDisk: count,
    onStore: count,
    onEvent: (id, { kind }) => {
      if (kind === 'snapshot-receiving' && !victim.died) victim.id = id;
      if (kind === 'snapshot-installed') delete victim.id;
    },
  });
  stage.heal();
  await stage.converge(4 * RECOVERY_MS);
  return victim.died;
}
