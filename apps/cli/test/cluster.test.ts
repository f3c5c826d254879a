import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MemberView } from '@rrmq/client';
import { SeedNode } from './seed-node.ts';
import { ClosedPipe, type Ran, rrmq, type Surroundings } from './shell.ts';

let node: SeedNode;

beforeEach(async () => {
  node = await SeedNode.start();
});

afterEach(() => node.close());

function onNode(args: string[], around: Surroundings = {}): Promise<Ran> {
  return rrmq(args, { url: node.url, ...around });
}

const address = { ip: '10.0.0.2', port: 7002, internalPort: 7102 };
const members: MemberView[] = [
  { id: 1, url: 'http://10.0.0.1:7001', address, role: 'voter', isLeader: true },
  {
    id: 2,
    url: 'http://10.0.0.2:7002',
    address,
    role: 'voter',
    isLeader: false,
    state: 'replicate',
    match: 9,
    lagEntries: 0,
    live: false,
    room: false,
  },
  {
    id: 3,
    url: 'http://10.0.0.3:7003',
    address,
    role: 'learner',
    isLeader: false,
    promoting: true,
    replaces: 2,
    state: 'snapshot',
    match: 0,
    lagEntries: 9,
    live: true,
    room: true,
  },
];

const configuration = {
  members: [],
  voters: [1],
  outgoing: [],
  learners: [4],
  promoting: [],
  nextId: 5,
};
const added = { id: 4, clusterId: 'c', clusterEpoch: 1, members: [], configuration };

describe('rrmq cluster status', () => {
  beforeEach(() => {
    const disk = { freeBytes: 2048, logBytes: 1, dirtyBytes: 0 };
    node.view = { members, node: 1, leader: 1, disk };
  });

  it('shows a line a member when piped', async () => {
    const { code, out } = await onNode(['cluster', 'status']);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '1\thttp://10.0.0.1:7001\tvoter, leader\t-\t9\t0\t2.0 KiB free',
      '2\thttp://10.0.0.2:7002\tvoter\tsilent\t9\t0\tfull',
      '3\thttp://10.0.0.3:7003\tlearner, to replace 2\tsnapshot\t0\t9\tok',
      '',
    ]);
  });

  it('draws a table with a summary on a terminal', async () => {
    const ran = await onNode(['cluster', 'status'], { isTerminal: true, env: { NO_COLOR: '1' } });
    expect(ran.out).toContain('cluster c0ffee, seen by node 1: term 3; leader 1; 2 voters of 3');
    expect(ran.out).toContain('│ id');
  });

  it('does not know the disk of a member that was never seen, nor what another node holds', async () => {
    const unseen = { ...members[1], match: 0, room: true } as never;
    node.view = { members: [members[0], unseen] as never, node: 2, role: 'follower', leader: 1 };
    const { out } = await onNode(['cluster', 'status']);
    expect(out.split('\n').map((line) => line.split('\t').slice(3))).toEqual([
      ['-', '-', '-', '-'],
      ['silent', '0', '0', '?'],
      [],
    ]);
  });

  it('is one object as json, and one line as jsonl', async () => {
    const view = node.clusterView();
    expect(JSON.parse((await onNode(['cluster', 'status', '-o', 'json'])).out)).toEqual(view);
    expect((await onNode(['cluster', 'status', '-o', 'jsonl'])).out).toBe(
      `${JSON.stringify(view)}\n`,
    );
  });

  it('ends with 4 when no leader is known or no node answers', async () => {
    node.role = 'Follower';
    node.view = {};
    const ran = await onNode(['cluster', 'status', '--timeout', '500ms']);
    expect(ran).toMatchObject({ code: 4, err: expect.stringContaining('knows no leader') });
    const around = { url: 'http://127.0.0.1:1' };
    expect(await rrmq(['cluster', 'status', '--timeout', '100ms'], around)).toMatchObject({
      code: 4,
      out: '',
    });
  });

  it('is shown again and again with --watch, also when it fails in between', async () => {
    const stop = new AbortController();
    let shown = 0;
    const stdout = new ClosedPipe(3, () => {
      if (++shown === 3) stop.abort();
    });
    const watching = ['cluster', 'status', '--watch', '--interval', '1ms', '-o', 'jsonl'];
    expect(await onNode(watching, { stop: stop.signal, stdout })).toMatchObject({ code: 0 });
    expect(shown).toBe(3);
  });
});

describe('changes of the cluster', () => {
  it('add a node', async () => {
    node.v1 = () => ({ status: 201, body: added });
    const ran = await onNode(['cluster', 'add', '10.0.0.4:7004:7104', '--replaces', '2']);
    expect(ran).toEqual({ code: 0, out: '4\n', err: '' });
    await onNode(['cluster', 'add', '[fd00::4]:7004', '--as', 'learner']);
    await onNode(['cluster', 'add', 'node-4.local:7004:7104']);
    expect(node.v1Requests.map(({ body }) => JSON.parse(body) as object)).toEqual([
      {
        address: { ip: '10.0.0.4', port: 7004, internalPort: 7104 },
        as: 'voter',
        replaces: 2,
      },
      { address: { ip: 'fd00::4', port: 7004, internalPort: 7004 }, as: 'learner' },
      { address: { ip: 'node-4.local', port: 7004, internalPort: 7104 }, as: 'voter' },
    ]);
  });

  it('tell a person what comes next', async () => {
    node.v1 = () => ({ status: 201, body: added });
    const around = { isTerminal: true, env: { NO_COLOR: '1' } };
    expect((await onNode(['cluster', 'add', 'a:1'], around)).out).toContain(
      'node 4 was added, and becomes a voter once it has caught up\n',
    );
    node.v1 = () => ({ status: 200, body: added });
    expect((await onNode(['cluster', 'add', 'a:1'], around)).out).toContain(
      'node 4 is a member already\n',
    );
  });

  it('remove and promote several at once, and show what is in force', async () => {
    node.v1 = () => ({ status: 200, body: node.clusterView() });
    const removed = await onNode(['cluster', 'remove', '4', '5']);
    expect(removed).toMatchObject({ code: 0, out: expect.stringMatching(/^7\thttp/) });
    await onNode(['cluster', 'promote', '2']);
    expect(node.v1Requests.map(({ call }) => call)).toEqual([
      'DELETE /v1/cluster/members/4,5',
      'POST /v1/cluster/members/2/promote',
    ]);
  });

  it('hand leadership over', async () => {
    node.v1 = () => ({ status: 200, body: { leader: 2 } });
    expect(await onNode(['cluster', 'transfer'])).toMatchObject({ code: 0, out: '2\n' });
    const ran = await onNode(['cluster', 'transfer', '--to', '2', '-o', 'json']);
    expect(JSON.parse(ran.out)).toEqual({ leader: 2 });
    expect(node.v1Requests.map(({ body }) => body)).toEqual(['{}', '{"target":2}']);
  });

  it.each([
    ['would-lose-quorum', 1, 'start the nodes that are down'],
    ['unauthorized', 1, '--token-file'],
    ['admin-token-required', 1, "on the node's own machine"],
    ['unknown-member', 1, 'rrmq cluster status'],
  ] as const)('refused as %s end with %i and a next step', async (problem, code, next) => {
    node.v1 = () => problem;
    const ran = await onNode(['cluster', 'remove', '2']);
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(`error: scripted ${problem} [${problem}]\nnext: `);
    expect(ran.err).toContain(next);
  });

  it('a transfer that may have taken effect is not repeated, and ends with 5', async () => {
    node.v1 = () => 'not-committed-in-time';
    const ran = await onNode(['cluster', 'transfer']);
    expect(ran.code).toBe(5);
    expect(ran.err).toContain('look before you repeat it');
    expect(node.v1Requests).toHaveLength(1);
  });

  it('end with 4 while nobody leads, as long as they were told to wait', async () => {
    node.v1 = () => 'no-leader';
    const ran = await onNode(['cluster', 'remove', '2', '--timeout', '200ms']);
    expect(ran.code).toBe(4);
  });
});

describe('the admin token', () => {
  it('comes from a file or the environment, and is never shown', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rrmq-cli-'));
    try {
      const file = join(folder, 'token');
      await writeFile(file, 'from-file\n');
      node.v1 = () => 'unauthorized';
      const env = { RRMQ_URL: node.url, RRMQ_ADMIN_TOKEN: 'from-environment' };
      const runs = [
        await rrmq(['cluster', 'remove', '2', '--token-file', file], { env }),
        await rrmq(['cluster', 'remove', '2'], { env }),
      ];
      const sent = node.v1Requests.map(({ authorization }) => authorization);
      expect(sent).toEqual(['Bearer from-file', 'Bearer from-environment']);
      for (const { out, err } of runs) expect(out + err).not.toMatch(/from-(file|env)/);
      await writeFile(file, ' \n');
      const empty = await rrmq(['cluster', 'remove', '2', '--token-file', file], { env });
      expect(empty).toMatchObject({
        code: 2,
        err: expect.stringContaining('holds no admin token'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
