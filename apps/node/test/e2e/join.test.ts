import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { ExitCode } from '../../src/exit-code.ts';
import { accountFor } from '../processes/accounting.ts';
import { freePorts } from '../processes/free-ports.ts';
import { JoinedNode } from '../processes/joined-node.ts';
import { Load } from '../processes/load.ts';
import type { Program } from '../processes/program.ts';
import { rrmq } from '../processes/rrmq.ts';
import { settledWith } from '../processes/seen-cluster.ts';
import { TempFolder } from '../processes/temp-folder.ts';
import { TestCluster } from '../processes/test-cluster.ts';
import { until } from '../processes/until.ts';

describe('nodes that join a running cluster', () => {
  it('M15 3 to 5 by one URL, kill -9 of two, then to 3 without the leader: no acked message is lost', async () => {
    await using cluster = await TestCluster.start(3);
    await using load = await Load.start(cluster.urls, ['a', 'b']);
    const { client } = load;
    await using fourth = new JoinedNode(cluster.folder, 'fourth');
    await using fifth = new JoinedNode(cluster.folder, 'fifth');
    await Promise.all([fourth.join(cluster.url(0)), fifth.join(cluster.url(1))]);
    expect([fourth.id, fifth.id].toSorted((a, b) => a - b)).toEqual([4, 5]);
    const whole = await settledWith(client, [1, 2, 3, 4, 5]);
    const joined = [fourth, fifth].find(({ id }) => id !== whole.leader);

    const leader = cluster.indexes.find((index) => index + 1 === whole.leader) ?? 0;
    await Promise.all([cluster.node(leader).kill(), joined?.program.kill()]);
    await load.ackedMore(100);
    await Promise.all([cluster.startAll([leader]), joined?.start()]);
    const again = await settledWith(client, [1, 2, 3, 4, 5]);

    const programOf = (id: number): Program =>
      [fourth, fifth].find((node) => node.id === id)?.program ?? cluster.node(id - 1);
    const urlOf = (id: number): string =>
      [fourth, fifth].find((node) => node.id === id)?.url ?? cluster.url(id - 1);
    const last = again.leader ?? 0;
    const leaving = [last, last === 1 ? 2 : 1];
    const removed = await rrmq(
      [...cluster.urls, fourth.url, fifth.url],
      ['cluster', 'remove', ...leaving.map(String)],
    );
    expect(removed).toMatchObject({ code: 0 });
    const staying = [1, 2, 3, 4, 5].filter((id) => !leaving.includes(id));
    for (const id of leaving) await expectToldOfRemoval(programOf(id), urlOf(id));
    await load.ackedMore(100);
    await load.stop();
    await settledWith(client, staying);
    const accounts = await accountFor(client, load.sent);
    expect(accounts.flatMap(({ faults }) => faults)).toEqual([]);
  }, 60_000);

  it('a node that was added by its address takes that place when it joins, and starts again by its directory', async () => {
    await using cluster = await TestCluster.start(1);
    const [port = 0, internal = 0] = await freePorts(2);
    const added = await rrmq(cluster.urls, ['cluster', 'add', `127.0.0.1:${port}:${internal}`]);
    expect(added).toMatchObject({ code: 0, stdout: '2\n' });
    await using node = new JoinedNode(cluster.folder, 'added');
    const ports = ['--port', String(port), '--internal-port', String(internal)];
    await node.start(['--join', cluster.url(0), ...ports]);
    expect(node.id).toBe(2);
    await node.program.kill();
    await node.start();
    expect(node.id).toBe(2);
  }, 60_000);

  it('four that choose their ports themselves join at once, past those of a member that is down', async () => {
    await using cluster = await TestCluster.start(1);
    await using down = new JoinedNode(cluster.folder, 'down');
    await down.start(['--join', cluster.url(0), '--as', 'learner']);
    await down.program.kill();
    await using one = new JoinedNode(cluster.folder, 'one');
    await using two = new JoinedNode(cluster.folder, 'two');
    await using three = new JoinedNode(cluster.folder, 'three');
    await using four = new JoinedNode(cluster.folder, 'four');
    const joining = [one, two, three, four];
    await Promise.all(
      joining.map((node) => node.start(['--join', cluster.url(0), '--as', 'learner'])),
    );
    expect(joining.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6]);
    expect(new Set([...joining, down].map(({ url }) => url)).size).toBe(5);
  }, 60_000);
});

describe('a join that cannot be', () => {
  it.each([
    ['no URL', 'nonsense', ExitCode.usage, '--join is "nonsense": it must be the URL of a node'],
    ['a path', 'http://127.0.0.1:1/v1', ExitCode.usage, 'it must be the URL of a node'],
    [
      'nobody there',
      'http://127.0.0.1:1',
      ExitCode.notJoined,
      'cannot be reached at http://127.0.0.1:1',
    ],
  ])('%s: ends with a code and clear words', async (_, url, code, words) => {
    using folder = new TempFolder();
    await using node = new JoinedNode(folder, 'data');
    const program = node.spawn(['--join', url]);
    expect((await program.exited).code).toBe(code);
    expect(program.stderr).toContain(words);
  });

  it('a directory without a cluster, and no URL', async () => {
    using folder = new TempFolder();
    await using node = new JoinedNode(folder, 'data');
    const program = node.spawn();
    expect((await program.exited).code).toBe(ExitCode.usage);
    expect(program.stderr).toContain('No node has joined a cluster in');
  });

  it('at a server that is no RRMQ node: ends with a code and clear words', async () => {
    using folder = new TempFolder();
    const stranger = createServer((_, response) => response.writeHead(404).end('<h1>hello'));
    const [port = 0] = await freePorts(1);
    stranger.listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    await using node = new JoinedNode(folder, 'data');
    const program = node.spawn(['--join', `http://127.0.0.1:${port}`]);
    expect((await program.exited).code).toBe(ExitCode.notJoined);
    expect(program.stderr).toContain('no answer of an RRMQ cluster');
    stranger.close();
    stranger.closeAllConnections();
  });
});

/** A node that was removed says so, once, and is not ready. */
async function expectToldOfRemoval(program: Program, url: string): Promise<void> {
  const line = await until('the word that this node was removed', () =>
    program.log.find(({ msg }) => msg.includes('taken out of the cluster')),
  );
  expect(line.level).toBe('error');
  const answer = await fetch(`${url}/readyz`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('removed');
}
