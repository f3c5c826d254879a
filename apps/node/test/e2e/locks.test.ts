import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { connect } from '@rrmq/client';
import { ExitCode } from '../../src/exit-code.ts';
import { Authority } from '../processes/authority.ts';
import { freePorts } from '../processes/free-ports.ts';
import { JoinedNode } from '../processes/joined-node.ts';
import { rrmq } from '../processes/rrmq.ts';
import { settledWith } from '../processes/seen-cluster.ts';
import { getStatus } from '../processes/seed-calls.ts';
import { TempFolder } from '../processes/temp-folder.ts';
import { TestCluster } from '../processes/test-cluster.ts';

const SECRET = 'a secret of the whole cluster';
const OTHER_SECRET = 'another secret, of nobody here';
const TOKEN = 'token-of-the-operators';

describe('the cluster secret', () => {
  it.each([
    ['another one', OTHER_SECRET, 'the cluster secrets of the two nodes differ'],
    ['none', undefined, 'a cluster secret is set on one of the two nodes only'],
  ])(
    'keeps a node with %s out, and stands in no log',
    async (_, secret, words) => {
      await using cluster = await TestCluster.plan(3);
      using keys = new TempFolder();
      const secretFlags = (text: string, name: string): string[] => [
        '--log-level',
        'debug',
        '--cluster-secret-file',
        secretFile(keys, name, text),
      ];
      const right = secretFlags(SECRET, 'right');
      const nodes = [0, 1].map((index) => cluster.spawn(index, right));
      await Promise.all(nodes.map((node) => node.logged('listening')));
      await cluster.leader();
      const wrong = secret === undefined ? [] : secretFlags(secret, 'wrong');
      const stranger = cluster.spawn(2, wrong);

      const line = await Promise.any(
        ['welcome-refused', 'refused-by-peer', 'hello-refused'].map((event) =>
          stranger.logged(event),
        ),
      );
      expect(line).toMatchObject({ level: 'error', refusal: { code: 'unauthenticated' } });
      expect(line.msg).toContain(words);
      await using client = connect(cluster.urls);
      await client.createTopic('t');
      await client.publish('t', 'm');
      expect((await getStatus(cluster.url(2))).body['role']).not.toBe('Leader');
      expect((await fetch(`${cluster.url(2)}/readyz`)).status).toBe(503);
      await stranger.kill();

      const admitted = cluster.spawn(2, right);
      await admitted.logged('listening');
      await settledWith(client, [1, 2, 3]);
      expect(await client.pop('t')).toBe('m');
      for (const { stdout, stderr } of [...nodes, stranger, admitted]) {
        expect(stdout + stderr).not.toContain(SECRET);
        expect(stdout + stderr).not.toContain(OTHER_SECRET);
      }
    },
    60_000,
  );
});

describe('the admin token', () => {
  it('is needed for changes of the cluster and backups, and for nothing else', async () => {
    using keys = new TempFolder();
    const file = secretFile(keys, 'token', TOKEN);
    const wrongFile = secretFile(keys, 'wrong', `${TOKEN}x`);
    await using cluster = await TestCluster.start(1, ['--admin-token-file', file]);
    const { urls } = cluster;
    await using client = connect(urls);
    await client.createTopic('t');
    await client.publish('t', 'm');
    expect(await client.pop('t')).toBe('m');

    const [port = 0, internalPort = 0] = await freePorts(2);
    const body = JSON.stringify({ address: { ip: '127.0.0.1', port, internalPort } });
    for (const authorization of [undefined, 'Bearer', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      for (const [method, path] of [
        ['POST', '/v1/cluster/members'],
        ['DELETE', '/v1/cluster/members/1'],
        ['POST', '/v1/cluster/leadership'],
        ['GET', '/v1/backup'],
        ['POST', '/v1/backup'],
      ] as const) {
        const headers = { ...(authorization && { authorization }) };
        const answer = await fetch(cluster.url(0) + path, {
          method,
          headers: { 'content-type': 'application/json', ...headers },
          ...(method === 'POST' ? { body } : {}),
        });
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="rrmq"');
        expect(await answer.json()).toMatchObject({ code: 'unauthorized', outcome: 'none' });
      }
    }
    expect((await client.cluster.status()).members).toHaveLength(1);

    const add = ['cluster', 'add', `127.0.0.1:${port}:${internalPort}`];
    const backup = keys.file('backup');
    for (const args of [add, ['backup', 'save', backup]]) {
      for (const token of [[], ['--token-file', wrongFile]]) {
        const refused = await rrmq(urls, [...args, ...token]);
        expect(refused).toMatchObject({ code: 1, stdout: '' });
        expect(refused.stderr).toContain('[unauthorized]');
        expect(refused.stderr).toContain('--token-file');
      }
      expect(await rrmq(urls, [...args, '--token-file', file])).toMatchObject({ code: 0 });
    }
    const removed = await rrmq(urls, ['cluster', 'remove', '2'], { RRMQ_ADMIN_TOKEN: TOKEN });
    expect(removed).toMatchObject({ code: 0 });
    expect((await client.cluster.status()).members).toHaveLength(1);
    const { stdout, stderr } = cluster.node(0);
    expect(stdout + stderr).not.toContain(TOKEN);
  }, 60_000);

  it('is needed to join', async () => {
    using keys = new TempFolder();
    const file = secretFile(keys, 'token', TOKEN);
    await using cluster = await TestCluster.start(1, ['--admin-token-file', file]);
    await using node = new JoinedNode(cluster.folder, 'joined');
    const [port, internal] = await freePorts(2);
    const ports = ['--port', String(port), '--internal-port', String(internal)];
    const join = ['--join', cluster.url(0), ...ports];
    const refused = node.spawn(join);
    expect((await refused.exited).code).toBe(ExitCode.notJoined);
    expect(refused.stderr).toContain('admin token');
    await node.start([...join, '--admin-token-file', file]);
    expect(node.id).toBe(2);
  }, 60_000);
});

const { isPossible } = Authority;
if (!isPossible) process.stderr.write('locks.test: there is no openssl here: TLS is skipped\n');

(isPossible ? describe : describe.skip)('TLS', () => {
  it('is spoken by nodes, the SDK and the program; who does not, or trusts nobody, is told at once', async () => {
    using authority = new Authority();
    await using cluster = await TestCluster.plan(3, authority.flags);
    await cluster.startAll();
    const urls = secureUrls(cluster);
    const ca = readFileSync(authority.caFile);
    await using client = connect(urls, { ca, timeoutMs: 30_000 });
    const { leader } = await settledWith(client, [1, 2, 3]);
    await client.createTopic('t');
    await client.publish('t', 'one');
    await client.publish('t', 'two');
    expect(await client.pop('t')).toBe('one');
    await cluster.node((leader ?? 0) - 1).kill();
    expect(await client.pop('t')).toBe('two');

    const up = cluster.indexes.find((index) => index + 1 !== leader) ?? 0;
    expect((await getStatus(cluster.url(up))).status).toBe(0);
    const plain = await rrmq([cluster.url(up)], ['topic', 'ls', '--timeout', '2s']);
    expect(plain.code).not.toBe(0);

    await using wary = connect(urls[up] ?? '', { timeoutMs: 30_000 });
    const error: unknown = await wary.publish('t', 'x').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'untrusted-certificate', outcome: 'none' });
    expect(String(error)).toContain('certificate');
    const ls = ['topic', 'ls', '--timeout', '30s'];
    const untrusting = await rrmq(urls, ls);
    expect(untrusting).toMatchObject({ code: 1, stdout: '' });
    expect(untrusting.stderr).toContain('[untrusted-certificate]');
    expect(untrusting.stderr).toContain('--ca');
    const status = await rrmq([urls[up] ?? ''], ['status']);
    expect(status.code).not.toBe(0);
    expect(status.stderr).toContain('certificate');
    const listed = await rrmq(urls, [...ls, '--ca', authority.caFile]);
    expect(listed).toMatchObject({ code: 0, stdout: 't\n' });
  }, 60_000);

  it('of a node whose certificate another authority signed is trusted by no other node', async () => {
    using authority = new Authority();
    using other = new Authority();
    await using cluster = await TestCluster.plan(3, authority.flags);
    await cluster.startAll([0, 1]);
    const urls = secureUrls(cluster);
    await using client = connect(urls.slice(0, 2), { ca: readFileSync(authority.caFile) });
    await client.createTopic('t');
    const stranger = cluster.spawn(2, other.flags);
    for (const node of [stranger, cluster.node(0)]) {
      const line = await node.logged('no-trusted-tls');
      expect(line.level).toBe('error');
      expect(line.msg).toContain('no trusted TLS at the address of node');
      expect(line.msg).toMatch(/certificate/i);
    }
    await client.publish('t', 'm');
    expect(await client.pop('t')).toBe('m');
  }, 60_000);
});

function secretFile(folder: TempFolder, name: string, text: string): string {
  const file = folder.file(name);
  writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

function secureUrls(cluster: TestCluster): string[] {
  return cluster.urls.map((url) => url.replace('http:', 'https:'));
}
