import { describe, expect } from '@jest/globals';
import type { Configuration } from '../../src/core/configuration.ts';
import { type NodeId, nodeId } from '../../src/core/numbers.ts';
import { forceNewCluster } from '../../src/driver/force-new-cluster.ts';
import { scenario } from './scenario.ts';
import { COMPACTING, RECOVERY_MS, Stage } from './stage.ts';

const isJoint = ({ outgoing }: Configuration): boolean => outgoing.length > 0;

/** Steps of adding a voter: the learner, the joint configuration, the final one. */
const STEPS = 3;

describe('membership of whole nodes', () => {
  scenario(
    'M03 the leader dies at each step of a change, a successor completes it',
    async (seed) => {
      const steps = seed === 1 ? [1, 2, 3] : [1 + (seed % STEPS)];
      for (const dieAt of steps) {
        const doomed: { id?: NodeId; steps: number } = { steps: 0 };
        const stage: Stage = new Stage(seed, {
          onEvent: (id, { kind }) => {
            if (id !== doomed.id || kind !== 'configuration-changed') return;
            doomed.steps += 1;
            if (doomed.steps !== dieAt) return;
            stage.cluster.world.after(4 * stage.random.next(), () => {
              stage.cluster.crash(id);
              stage.cluster.world.after(300, () => stage.cluster.start(id));
            });
          },
        });
        const { core } = await stage.begin();
        await stage.commit(1);
        doomed.id = core.id;
        const joined = await stage.join();
        await stage.isVoter(joined);
        await stage.run(5);
        expect(doomed.steps).toBeGreaterThanOrEqual(dieAt);
        await stage.converge();
        await stage.commit(1);
      }
    },
  );

  scenario('M04 a configuration that is truncated is rolled back', async (seed) => {
    const stage = new Stage(seed);
    const old = await stage.begin();
    await stage.commit(1);
    stage.cutOff(old.core.id);
    const address = stage.cluster.newAddress();
    const change = { kind: 'add', address, instanceId: undefined, as: 'voter' } as const;
    const ended: string[] = [];
    old.node.admin.changeMembers({ ...change, replaces: undefined }, ({ kind }) =>
      ended.push(kind),
    );
    await stage.run(5);
    expect(old.core.configuration.learners).toEqual([4]);
    await stage.elect(stage.others(old.core.id));
    await stage.commit(2);
    stage.heal();
    await stage.converge();
    expect(ended).toEqual(['unknown']);
    expect(old.core.configuration.learners).toEqual([]);
    expect(old.core.configuration.members).toHaveLength(3);
  });

  scenario('M05 the leader removes itself, and steps down when that is committed', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    await stage.commit(2);
    const load = stage.load(5);
    const outcome = await stage.change({ kind: 'remove', ids: [core.id] });
    expect(['done', 'unknown']).toContain(outcome.kind);
    await stage.elect(stage.others(core.id));
    await stage.until('the removed leader steps down', () => core.role !== 'leader');
    const { configuration } = stage.leader.core;
    expect(configuration.voters).toEqual(stage.others(core.id));
    await stage.run(50);
    load.stop();
    stage.cluster.retire(core.id);
    await stage.converge();
    expect(load.offers.filter(({ outcome: of }) => of?.kind === 'unknown')).toEqual([]);
  });

  scenario('M06 a learner catches up and is promoted by itself', async (seed) => {
    const stage = new Stage(seed);
    await stage.begin();
    await stage.commit(8);
    const load = stage.load(5);
    const joined = await stage.join();
    await stage.isVoter(joined);
    load.stop();
    await stage.converge();
    expect(stage.node(joined).core.configuration.voters).toContain(joined);
  });

  scenario('M06 a learner that hangs never blocks', async (seed) => {
    const stage = new Stage(seed);
    await stage.begin();
    const joined = await stage.join();
    stage.cluster.pause(joined);
    await stage.run(100);
    const wasPromoted = stage.leader.core.configuration.voters.includes(joined);
    await stage.commit(5);
    const promoted = stage.leader.core.configuration.voters.includes(joined);
    expect(promoted).toBe(wasPromoted);
    stage.cluster.resume(joined);
    await stage.isVoter(joined);
    await stage.converge();
  });

  scenario('M07 a node joins while the log is compacted', async (seed) => {
    const stage = new Stage(seed, { node: COMPACTING });
    await stage.begin();
    await stage.compactBeyond(1);
    const joined = await stage.join();
    await stage.isVoter(joined);
    await stage.converge();
    expect(stage.seen('snapshot-installed', joined).length).toBeGreaterThan(0);
    await stage.commit(1);
  });

  scenario('M08 all nodes restart in the joint phase, which stands in their logs', async (seed) => {
    let crashed = false;
    const stage: Stage = new Stage(seed, {
      onEvent: (_, event) => {
        if (crashed || event.kind !== 'configuration-changed' || !isJoint(event.configuration))
          return;
        crashed = true;
        stage.cluster.world.after(5 * stage.random.next(), () => {
          for (const id of stage.ids) stage.cluster.crash(id);
          stage.cluster.startAll();
        });
      },
    });
    await stage.begin();
    await stage.commit(1);
    const joined = await stage.join();
    await stage.isVoter(joined);
    expect(crashed).toBe(true);
    await stage.converge();
  });

  scenario('M08 a node restarts in the joint phase, which came with a snapshot', async (seed) => {
    const away = nodeId(3);
    let [crashed, restarted] = [false, false];
    const stage: Stage = new Stage(seed, {
      node: { ...COMPACTING, flush: { flushEntries: 1, flushAfterMs: 1 } },
      onEvent: (id, event) => {
        const installed = event.kind === 'snapshot-installed' && id === away;
        if (!installed || crashed) return;
        crashed = true;
        stage.cluster.world.after(0, () => stage.cluster.crash(away));
      },
    });
    await stage.begin();
    if (stage.leaderId === away) {
      void stage.leader.node.admin.transfer(undefined);
      await stage.elect(stage.others(away));
    }
    stage.cluster.kill(away);
    await stage.commit(12, 1_000);
    // A new leader has no snapshot on its way to the node that is away.
    void stage.leader.node.admin.transfer(undefined);
    const { core: leader } = await stage.elect(stage.others(away, stage.leaderId));
    // A state has the index of a command: one stands between the joint configuration and the final one.
    const load = stage.load(0.3);
    const joined = await stage.join();
    await stage.until('a command after the joint configuration is executed', () => {
      const joint = stage
        .seen('configuration-changed', leader.id)
        .find(({ configuration }) => isJoint(configuration));
      return joint !== undefined && leader.applied > joint.index;
    });
    load.stop();
    const isMidway = leader.committed < leader.configurationIndex;
    if (seed === 1) expect(isMidway).toBe(true);
    stage.block(stage.others(leader.id), [leader.id]);
    stage.cluster.network.unblock(
      stage.cluster.addressOf(away),
      stage.cluster.addressOf(leader.id),
    );
    stage.cluster.start(away);
    await stage.until('it crashes', () => crashed && !stage.cluster.isUp(away));
    stage.cluster.start(away);
    await stage.until('it is back', () => stage.cluster.bootOf(away) !== undefined);
    restarted = isJoint(stage.node(away).core.configuration);
    stage.heal();
    await stage.isVoter(joined);
    await stage.converge();
    expect(restarted || !isMidway).toBe(true);
  });

  scenario('M11 a repeated change is done at once, a concurrent one refused', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    const learner = stage.cluster.newAddress();
    const answers: string[] = [];
    const add = { kind: 'add', address: learner, instanceId: undefined, as: 'voter' } as const;
    node.admin.changeMembers({ ...add, replaces: undefined }, () => undefined);
    const other = stage.other(core.id);
    node.admin.changeMembers({ kind: 'remove', ids: [other] }, (outcome) => {
      answers.push(outcome.kind === 'refused' ? outcome.reason : outcome.kind);
    });
    expect(answers).toEqual(['change-in-progress']);
    await stage.until(
      'the learner is in',
      () => core.isSettled && core.configuration.learners.length === 1,
    );
    const removal = { kind: 'remove', ids: [nodeId(4)] } as const;
    expect((await stage.change(removal)).kind).toBe('done');
    const { last } = core;
    expect((await stage.change(removal)).kind).toBe('done');
    expect(core.last).toBe(last);
    await stage.converge();
  });

  scenario('M12 one of three is replaced while another is down', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    const [down, replaced] = stage.others(core.id);
    if (down === undefined || replaced === undefined) throw new Error('there are three nodes');
    await stage.converge();
    stage.cluster.crash(down);
    const joined = await stage.join('voter', replaced);
    await stage.isVoter(joined);
    expect(stage.leader.core.configuration.voters).toEqual(
      [core.id, down, joined].toSorted((a, b) => a - b),
    );
    stage.cluster.retire(replaced);
    stage.cluster.start(down);
    await stage.commit(1);
    await stage.converge();
  });

  scenario('M13 a wiped disk under a known id is refused', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    await stage.commit(2);
    await stage.converge();
    const wiped = stage.other(core.id);
    stage.cluster.kill(wiped);
    stage.cluster.diskOf(wiped).restore(new Map());
    stage.storesOf(wiped).wipe();
    const { term } = core;
    stage.cluster.start(wiped);
    await stage.run(700);
    const codes = stage.seen('refused-by-peer', wiped).map(({ refusal }) => refusal.code);
    expect(new Set(codes)).toEqual(new Set(['instance']));
    expect(stage.node(wiped).core.committed).toBe(0);
    expect(stage.leader.core).toBe(core);
    expect(core.term).toBe(term);
    // The way back is a change of membership.
    const joined = await stage.join('voter', wiped);
    await stage.isVoter(joined);
    stage.cluster.retire(wiped);
    await stage.converge();
  });

  scenario('M13 a newcomer refuses a wiped node that it never met', async (seed) => {
    const stage = new Stage(seed);
    await stage.begin();
    await stage.commit(2);
    await stage.converge();
    const wiped = stage.other(stage.leaderId);
    stage.cluster.kill(wiped);
    stage.cluster.diskOf(wiped).restore(new Map());
    stage.storesOf(wiped).wipe();
    const joined = await stage.join();
    await stage.isVoter(joined);
    stage.cluster.start(wiped);
    await stage.run(1_500);
    // The wiped one knows of no newcomer, which dials it.
    const refusals = stage.seen('welcome-refused', joined).filter(({ peer }) => peer === wiped);
    expect(new Set(refusals.map(({ refusal }) => refusal.code))).toEqual(new Set(['instance']));
    expect(stage.node(joined).core.committed).toBe(stage.leader.core.committed);
  });

  scenario('M14 a forced new cluster: old members that come back are fenced off', async (seed) => {
    const stage = new Stage(seed);
    await stage.begin();
    await stage.commit(3);
    await stage.converge();
    const saved = stage.other();
    const lost = stage.others(saved);
    for (const id of stage.ids) stage.cluster.kill(id);
    const forcing = forceNewCluster({
      disk: stage.cluster.diskOf(saved).mount(),
      random: stage.random,
      directory: '/data',
    });
    const forced = await stage.settled('the new cluster is made', forcing);
    // The command changes what the node itself left behind.
    stage.cluster.safety.promises.log(saved).forget();
    expect(forced).toMatchObject({ nodeId: saved, clusterEpoch: 2, removed: lost });
    stage.cluster.start(saved);
    const { core } = await stage.elect([saved]);
    await stage.commit(1);
    for (const id of lost) {
      // One at a time: two of the three would go on as the old cluster, by themselves.
      stage.cluster.start(id);
      await stage.run(450);
      stage.cluster.retire(id);
    }
    const codes = lost.flatMap((id) => stage.seen('refused-by-peer', id));
    expect(codes.some(({ refusal }) => refusal.code === 'epoch')).toBe(true);
    expect(core.role).toBe('leader');
    await stage.commit(1);
    expect(core.configuration.voters).toEqual([saved]);
    const joined = await stage.join();
    await stage.isVoter(joined);
    await stage.converge();
  });

  scenario('M15 from one node to five and back to one, under load', async (seed) => {
    const stage = new Stage(seed, { size: 1 });
    await stage.begin();
    const load = stage.load(20);
    const joined: NodeId[] = [];
    for (let nth = 0; nth < 4; nth += 1) joined.push(await stage.join());
    for (const id of joined) await stage.isVoter(id);
    await stage.run(20);
    const keeps = stage.other();
    const gone = stage.others(keeps);
    await stage.change({ kind: 'remove', ids: gone.slice(0, 2) });
    await stage.change({ kind: 'remove', ids: gone.slice(2) });
    await stage.until(
      'one voter is left',
      () => {
        const { voters, outgoing } = stage.node(keeps).core.configuration;
        return voters.length === 1 && outgoing.length === 0;
      },
      2 * RECOVERY_MS,
    );
    await stage.elect([keeps]);
    for (const id of gone) stage.cluster.retire(id);
    await stage.run(50);
    load.stop();
    await stage.converge();
  });
});
