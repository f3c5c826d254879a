import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ExitCode } from '../../src/exit-code.ts';
import { Authority } from '../processes/authority.ts';
import { freePorts } from '../processes/free-ports.ts';
import { JoinedNode } from '../processes/joined-node.ts';
import type { Program } from '../processes/program.ts';
import { rrmq } from '../processes/rrmq.ts';
import { TestCluster } from '../processes/test-cluster.ts';

describe('a node that waits to join', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at once by %s, and may ask again',
    async (signal) => {
      await using cluster = await TestCluster.plan(3);
      await cluster.startAll([0]);
      await using node = new JoinedNode(cluster.folder, 'joined');
      const program = node.spawn(await flagsOf(cluster.url(0)));
      await program.logged('joining');
      const askedAtMs = performance.now();
      program.signal(signal);
      expect(await program.exited).toEqual({ code: ExitCode.done, signal: null });
      // The end of a node that runs is waited for up to 4 s.
      expect(performance.now() - askedAtMs).toBeLessThan(2_000);
      expect(program.log.at(-1)).toMatchObject({ event: 'stopped', msg: 'stopped as asked' });
      expect(program.stderr).toBe('');
      await cluster.startAll([1, 2]);
      await node.start(['--join', cluster.url(0), '--as', 'learner']);
      expect(node.id).toBe(4);
      await node.program.logged('joining-again');
    },
    60_000,
  );
});

describe('--join with a directory that has a node', () => {
  it('that joined: starts it, and says that it does not join', async () => {
    await using cluster = await TestCluster.start(1);
    await using node = new JoinedNode(cluster.folder, 'joined');
    await node.join(cluster.url(0), ['--as', 'learner']);
    const again = ['--join', cluster.url(0), '--port', '1'];
    await using second = new JoinedNode(cluster.folder, 'joined');
    const busy = await endOf(second.spawn(again));
    expect(busy.code).toBe(ExitCode.portTaken);
    expect(busy.stderr).toContain('to join as one more node, give another --data-dir, and --port');

    await node.program.kill();
    await node.start(again);
    expect(node.id).toBe(2);
    const line = await node.program.logged('joined-before');
    expect(line).toMatchObject({ level: 'info', id: 2 });
    expect(line.msg).toContain('is node 2 already');
    expect(line.msg).toContain('--join, --port have no effect');
  }, 60_000);

  it('that was removed: says how to join anew', async () => {
    await using cluster = await TestCluster.start(1);
    await using node = new JoinedNode(cluster.folder, 'joined');
    await node.join(cluster.url(0), ['--as', 'learner']);
    await node.program.kill();
    expect(await rrmq(cluster.urls, ['cluster', 'remove', '2'])).toMatchObject({ code: 0 });
    await node.start(['--join', cluster.url(0)]);
    const line = await node.program.logged('refused-by-peer');
    expect(line).toMatchObject({ level: 'error', refusal: { code: 'removed' } });
    expect(line.msg).toContain('start it with another --data-dir and --join <url of a node>');
  }, 60_000);

  it('of a config file: is refused before the cluster counts on it', async () => {
    await using cluster = await TestCluster.start(1);
    await using other = await TestCluster.start(1);
    await other.node(0).kill();
    await using node = new JoinedNode(other.folder, 'data-0');
    const { code, stderr } = await endOf(node.spawn(await flagsOf(cluster.url(0))));
    expect(code).toBe(ExitCode.dataDirectory);
    expect(stderr).toContain('holds the data of a node that did not join');
    const listed = await rrmq(cluster.urls, ['cluster', 'status']);
    expect(listed.stdout).not.toMatch(/^ *2 /m);
  }, 60_000);
});

describe('a join that was meant otherwise', () => {
  it.each([
    ['--ip', ['--ip', '192.0.2.1'], 'Give an address of this machine by --ip'],
    ['--port', [], 'choose other ports by --port and --internal-port'],
  ])('tells of %s, not of a config file', async (_, flags, words) => {
    await using cluster = await TestCluster.start(1);
    await using node = new JoinedNode(cluster.folder, 'joined');
    const [taken = 0] = cluster.ports;
    const all = ['--join', cluster.url(0), '--port', String(taken), ...flags];
    const { stderr, stdout } = await endOf(node.spawn(all));
    expect(stderr).toContain(words);
    expect(stdout).not.toContain('stack');
  });

  it('at a port for peers: is told of the port for clients', async () => {
    await using cluster = await TestCluster.start(1);
    await using node = new JoinedNode(cluster.folder, 'joined');
    const internal = `http://127.0.0.1:${cluster.ports[1]}`;
    const { code, stderr } = await endOf(node.spawn(await flagsOf(internal)));
    expect(code).toBe(ExitCode.notJoined);
    expect(stderr).toContain('with its port for clients');
  });

  it('with an address that stands for all of a machine: warns once', async () => {
    await using cluster = await TestCluster.start(1);
    await using node = new JoinedNode(cluster.folder, 'joined');
    const [taken = 0] = cluster.ports;
    const flags = ['--join', cluster.url(0), '--ip', '0.0.0.0', '--port', String(taken)];
    const { code, stderr } = await endOf(node.spawn(flags));
    expect(code).toBe(ExitCode.portTaken);
    expect(stderr.match(/--ip holds the address 0\.0\.0\.0/g)).toHaveLength(1);
  });
});

(Authority.isPossible ? describe : describe.skip)('a join by TLS', () => {
  it('that trusts nobody, or another authority: ends at once and names --tls-ca', async () => {
    using authority = new Authority();
    using other = new Authority();
    await using cluster = await TestCluster.plan(1, authority.flags);
    await cluster.startAll();
    const url = cluster.url(0).replace('http:', 'https:');
    for (const flags of [[], other.flags]) {
      await using node = new JoinedNode(cluster.folder, 'joined');
      const { code, stderr } = await endOf(node.spawn([...(await flagsOf(url)), ...flags]));
      expect(code).toBe(ExitCode.usage);
      expect(stderr).toContain(`the certificate of ${url} is not trusted`);
      expect(stderr).toContain('--tls-ca');
    }
    expect(readFileSync(join(cluster.folder.path, 'joined', 'joined.json'), 'utf8')).toContain(
      '"membership": null',
    );
  }, 60_000);
});

async function flagsOf(url: string): Promise<string[]> {
  const [port, internal] = await freePorts(2);
  return ['--join', url, '--port', String(port), '--internal-port', String(internal)];
}

async function endOf(program: Program) {
  const { code } = await program.exited;
  return { code, stderr: program.stderr, stdout: program.stdout };
}
