import { describe, expect } from '@jest/globals';
import { scenario } from './scenario.ts';
import { RECOVERY_MS, Stage } from './stage.ts';

describe('elections of whole nodes', () => {
  scenario('E02 timeouts are spread, and split votes end', async (seed) => {
    const stage = new Stage(seed, { size: 5, network: { minMs: 2, maxMs: 25 } });
    const { core } = await stage.begin();
    stage.cluster.pause(core.id);
    await stage.elect(stage.others(core.id));
    stage.cluster.resume(core.id);
    await stage.commit(1);
    await stage.converge();
  });

  scenario(
    'E08 a node that was cut off for long comes back in the term of the others',
    async (seed) => {
      const stage = new Stage(seed);
      const { core } = await stage.begin();
      const { term } = core;
      const away = stage.other(core.id);
      stage.cutOff(away);
      await stage.run(700 + 600 * stage.random.next());
      await stage.commit(2);
      expect(stage.node(away).core.term).toBe(term);
      stage.heal();
      await stage.converge();
      expect(stage.leader.core).toBe(core);
      expect(core.term).toBe(term);
    },
  );

  scenario('E10 one-way partition of the leader: it can send only', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    stage.block(stage.others(core.id), [core.id]);
    await stage.until('the leader steps down', () => core.role !== 'leader');
    await stage.elect(stage.others(core.id));
    await stage.commit(1);
    stage.heal();
    await stage.converge();
  });

  scenario('E10 one-way partition of the leader: it can receive only', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    stage.block([core.id], stage.others(core.id));
    await stage.elect(stage.others(core.id));
    await stage.until('the leader steps down', () => core.role !== 'leader');
    await stage.commit(1);
    stage.heal();
    await stage.converge();
  });

  scenario('E11 a chain: the two ends do not hear each other', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    const far = stage.other(core.id);
    stage.block([core.id], [far]);
    stage.block([far], [core.id]);
    await stage.run(800);
    await stage.commit(1);
    const { term } = stage.leader.core;
    await stage.run(500);
    await stage.commit(1);
    expect(stage.leader.core.term).toBe(term);
    stage.heal();
    await stage.converge();
  });

  scenario('E11 a bridge: one node alone hears both sides', async (seed) => {
    const stage = new Stage(seed, { size: 5 });
    await stage.begin();
    const [left, right] = [stage.ids.slice(0, 2), stage.ids.slice(3)];
    stage.block(left, right);
    stage.block(right, left);
    await stage.run(700);
    await stage.elect();
    const { term } = stage.leader.core;
    await stage.commit(1);
    await stage.run(400);
    expect(stage.leader.core.term).toBe(term);
    stage.heal();
    await stage.converge();
  });

  scenario('E15 a removed node that does not know cannot disrupt', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    const removed = stage.other(core.id);
    stage.cutOff(removed);
    const outcome = await stage.change({ kind: 'remove', ids: [removed] });
    expect(outcome.kind).toBe('done');
    const { term } = core;
    stage.heal();
    await stage.run(900);
    expect(stage.leader.core).toBe(core);
    expect(core.term).toBe(term);
    expect(stage.node(removed).core.role).not.toBe('leader');
    await stage.commit(1);
  });

  scenario('E17 transfer under load: what is accepted is committed', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    const load = stage.load(3);
    await stage.run(30);
    const target = stage.other(core.id);
    const outcome = node.admin.transfer(target);
    await stage.until('the target leads', () => stage.maybeLeader()?.core.id === target, 600);
    expect((await stage.settled('the transfer ends', outcome)).kind).toBe('done');
    await stage.run(60);
    load.stop();
    await stage.converge();
    expect(load.offers.filter(({ outcome: of }) => of?.kind === 'unknown')).toEqual([]);
  });

  scenario('E17 transfer to a slow target is done, or is given up in time', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    const target = stage.other(core.id);
    stage.cluster.setDiskMs(target, [50, 150]);
    await stage.commit(3);
    const outcome = node.admin.transfer(target);
    await stage.run(RECOVERY_MS / 2);
    expect(['done', 'timeout']).toContain((await stage.settled('the transfer ends', outcome)).kind);
    await stage.commit(1);
    await stage.converge();
  });

  scenario('E17 transfer to a dead target is refused, or given up in time', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    const target = stage.other(core.id);
    stage.cluster.crash(target);
    await stage.run(10 * stage.random.next());
    const outcome = node.admin.transfer(target);
    await stage.run(650);
    expect(['refused', 'timeout']).toContain(
      (await stage.settled('the transfer ends', outcome)).kind,
    );
    expect(stage.leader.core).toBe(core);
    await stage.commit(1);
    stage.cluster.start(target);
    await stage.converge();
  });

  scenario('E17 transfer to a hung target is given up, and the leader goes on', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    const target = stage.other(core.id);
    stage.cluster.pause(target);
    const outcome = node.admin.transfer(target);
    const during = stage.offer(stage.text());
    await stage.run(650);
    expect((await stage.settled('the transfer ends', outcome)).kind).toBe('timeout');
    expect(during.outcome).toEqual({ kind: 'refused', reason: 'transferring' });
    expect(stage.leader.core).toBe(core);
    await stage.commit(1);
    stage.cluster.resume(target);
    await stage.converge();
  });

  scenario('E18 the target crashes after TimeoutNow', async (seed) => {
    const stage = new Stage(seed);
    const { core, node } = await stage.begin();
    await stage.commit(1);
    const target = stage.other(core.id);
    void node.admin.transfer(target);
    await stage.run(0.1 + 6 * stage.random.next());
    stage.cluster.crash(target);
    await stage.elect(stage.others(target));
    stage.cluster.start(target);
    await stage.until('the transfer is over', () => stage.maybeLeader()?.core.transferTarget === 0);
    await stage.commit(1);
    await stage.converge();
  });

  scenario('E21 a paused leader accepts and confirms nothing on waking', async (seed) => {
    const stage = new Stage(seed);
    const old = await stage.begin();
    const { id, term } = old.core;
    stage.cluster.pause(id);
    const read = stage.read(old);
    const offer = stage.offer(stage.text(), old);
    await stage.elect(stage.others(id));
    await stage.commit(2);
    stage.cluster.resume(id);
    await stage.until('both are answered', () => (read.outcome && offer.outcome) !== undefined);
    // It may have heard of the new leader first, and asked it.
    expect(read.outcome?.kind === 'refused' || old.core.leader !== id).toBe(true);
    expect(offer.outcome?.kind).toBe('refused');
    await stage.converge();
    expect(stage.leader.core.term).toBeGreaterThan(term);
  });

  scenario('E21 a follower that stood still does not campaign on waking', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    const { term } = core;
    const paused = stage.other(core.id);
    stage.cluster.pause(paused);
    await stage.run(650 + 400 * stage.random.next());
    stage.cluster.resume(paused);
    await stage.commit(1);
    await stage.converge();
    expect(stage.leader.core).toBe(core);
    expect(core.term).toBe(term);
  });

  scenario('E22 the leader’s process dies: a new leader within 150 ms', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    await stage.commit(1);
    // A stream that breaks within 100 ms of its opening is not opened again at once.
    await stage.run(110 + 100 * stage.random.next());
    stage.cluster.kill(core.id);
    await stage.elect(stage.others(core.id), 150);
    await stage.commit(1);
    stage.cluster.start(core.id);
    await stage.converge();
  });

  scenario('E22 a reset by a live leader changes nothing', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    const { term } = core;
    for (const other of stage.others(core.id)) {
      await stage.run(50 * stage.random.next());
      stage.cluster.network.reset(stage.cluster.addressOf(core.id), stage.cluster.addressOf(other));
    }
    await stage.run(650);
    expect(stage.leader.core).toBe(core);
    expect(core.term).toBe(term);
    await stage.commit(1);
    await stage.converge();
  });

  scenario('E23 SIGTERM hands the lead over: no accepted request fails', async (seed) => {
    const stage = new Stage(seed);
    const { core } = await stage.begin();
    const load = stage.load(4);
    await stage.run(20 + 20 * stage.random.next());
    await stage.stop(core.id);
    await stage.elect(stage.others(core.id), 150);
    await stage.run(40);
    load.stop();
    stage.cluster.start(core.id);
    await stage.converge();
    expect(load.offers.filter(({ outcome }) => outcome?.kind === 'unknown')).toEqual([]);
  });
});
