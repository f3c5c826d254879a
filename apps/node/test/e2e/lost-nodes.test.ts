import { rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ExitCode } from '../../src/exit-code.ts';
import { accountFor } from '../processes/accounting.ts';
import { JoinedNode } from '../processes/joined-node.ts';
import { Load } from '../processes/load.ts';
import { Program } from '../processes/program.ts';
import { settledWith } from '../processes/seen-cluster.ts';
import { getStatus } from '../processes/seed-calls.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

describe('a node that lost its disk', () => {
  it('M13 is refused under its old id, and heals the cluster by joining in its own place', async () => {
    await using cluster = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, ['a']);
    await load.ackedMore(50);
    const { index: leader } = await cluster.leader();
    const lost = (leader + 1) % 3;
    await cluster.node(lost).kill();
    rmSync(cluster.dataDirectory(lost), { recursive: true });

    const wiped = cluster.spawn(lost);
    const refused = await wiped.logged('refused-by-peer');
    expect(refused).toMatchObject({ level: 'error', refusal: { code: 'instance' } });
    expect(refused.msg).toContain('another data directory');
    expect((await getStatus(cluster.url(lost))).body['role']).not.toBe('Leader');
    expect((await fetch(`${cluster.url(lost)}/readyz`)).status).toBe(503);
    await wiped.kill();

    await using node = new JoinedNode(cluster.folder, 'replacement');
    const [port, internal] = cluster.ports.slice(2 * lost);
    const place = ['--port', String(port), '--internal-port', String(internal)];
    const join = ['--join', cluster.url(leader), '--replaces', String(lost + 1)];
    await node.start([...join, ...place]);
    expect(node.id).toBe(4);
    const staying = [1, 2, 3].filter((id) => id !== lost + 1);
    await settledWith(load.client, [...staying, 4]);
    // Now one of the others may be missing.
    await cluster.node(leader).kill();
    await load.ackedMore(50);
    await load.stop();
    const accounts = await accountFor(load.client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);
});

describe('a cluster that lost its majority', () => {
  it('M14 goes on from one node as a new one, which fences the old nodes and takes empty ones in', async () => {
    await using cluster = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, ['a']);
    await load.ackedMore(50);
    await load.stop();
    const acked = load.acked;
    const { index: survivor } = await cluster.leader();
    const lost = cluster.indexes.filter((index) => index !== survivor);
    await Promise.all(cluster.indexes.map((index) => cluster.node(index).kill()));

    const directory = cluster.dataDirectory(survivor);
    await using unsure = new Program(['force-new-cluster', directory], { cwd: '.' });
    expect((await unsure.exited).code).toBe(ExitCode.usage);
    const words = /--confirm "(.*)"/.exec(unsure.stderr)?.[1] ?? '';
    expect(words).toBe('I accept that acknowledged messages may be lost');
    await using forced = new Program(['force-new-cluster', directory, '--confirm', words], {
      cwd: '.',
    });
    expect(await forced.exited).toEqual({ code: ExitCode.done, signal: null });
    expect(forced.stdout).toContain(`node        ${survivor + 1} is now the only member`);
    expect(forced.stdout).toContain('epoch       2');

    await cluster.startAll([survivor]);
    await until('the survivor leads alone', async () => {
      const { body } = await getStatus(cluster.url(survivor));
      return body['role'] === 'Leader' ? true : undefined;
    });
    const old = lost.map((index) => cluster.spawn(index));
    for (const program of old) {
      const refused = await program.logged('refused-by-peer');
      expect(refused).toMatchObject({ refusal: { code: 'epoch' } });
      await program.kill();
    }

    await using first = new JoinedNode(cluster.folder, 'first');
    await using second = new JoinedNode(cluster.folder, 'second');
    await first.join(cluster.url(survivor));
    await second.join(first.url);
    const view = await settledWith(load.client, [survivor + 1, 4, 5]);
    expect(view.clusterEpoch).toBe(2);
    await cluster.node(survivor).kill();
    await using late = await Load.start([first.url, second.url], ['b']);
    await late.ackedMore(20);
    await late.stop();
    const accounts = await accountFor(late.client, new Map([...load.sent, ...late.sent]));
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
    expect(accounts[0]).toMatchObject({ topic: 'a', acked });
  }, 60_000);
});
