import { once } from 'node:events';
import { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { problemSchema } from '@rrmq/contract';
import { type MembershipRefusal, logIndex, nodeId } from '@rrmq/raft';
import { AdminGuard } from '../src/admin-guard.ts';
import { type Answer, startNode, until } from './node-under-test.ts';
import { testCertificate, testKey } from './test-certificate.ts';
import { TestGroup, leaderElsewhere } from './test-group.ts';

const json = (answer: Answer): unknown => JSON.parse(answer.text);

/** The code of a refusal, after a look at all of its form. */
function problemCode(answer: Answer): string {
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.headers['cache-control']).toBe('no-store');
  const problem = problemSchema.strict().parse(json(answer));
  expect(problem.status).toBe(answer.status);
  expect(problem.type).toBe(`urn:rrmq:problem:${problem.code}`);
  return problem.code;
}

const address = { ip: '10.0.0.3', port: 7003, internalPort: 8003 };
const { configuration } = (await TestGroup.start()).status();
const done = { kind: 'done', id: nodeId(3), configuration } as const;
const follower = { role: 'follower', leader: leaderElsewhere } as const;

const asJson = { 'Content-Type': 'application/json' };

const changes: [method: string, path: string, body: object | undefined][] = [
  ['POST', '/v1/cluster/members', { address }],
  ['DELETE', '/v1/cluster/members/2', undefined],
  ['POST', '/v1/cluster/members/2/promote', undefined],
  ['POST', '/v1/cluster/leadership', {}],
];

describe('GET /v1/cluster', () => {
  it('tells what the leader knows', async () => {
    await using node = await startNode();
    node.group.gaugeOverrides = {
      freeBytes: 1e12,
      peers: [
        {
          id: nodeId(2),
          state: 'replicate',
          match: logIndex(5),
          lagEntries: 3,
          inflightAppends: 0,
          inflightBytes: 0,
          connected: true,
          queuedBytes: 0,
          live: true,
          room: true,
        },
      ],
    };
    const answer = await node.call('GET', '/v1/cluster');
    expect(answer.status).toBe(200);
    expect(json(answer)).toEqual({
      clusterId: 'c0ffee',
      clusterEpoch: 1,
      node: 1,
      role: 'leader',
      term: 3,
      leader: 1,
      ready: true,
      members: [
        {
          id: 1,
          url: 'http://127.0.0.1:7001',
          address: { ip: '127.0.0.1', port: 7001, internalPort: 8001 },
          role: 'voter',
          isLeader: true,
        },
        {
          id: 2,
          url: 'http://10.0.0.2:7002',
          address: leaderElsewhere.address,
          role: 'voter',
          isLeader: false,
          state: 'replicate',
          match: 5,
          lagEntries: 3,
          live: true,
          room: true,
        },
      ],
      isSettled: true,
      indexes: { committed: 0, applied: 0, last: 0, durable: 0, compacted: 0, flushed: 0 },
      disk: { freeBytes: 1e12, logBytes: 4096, dirtyBytes: 7 },
      syncMs: 1.5,
    });
  });

  it('tells roles in the midst of a change, and who is to be promoted', async () => {
    await using node = await startNode();
    const members = [1, 2, 3, 4].map((id) => ({ ...leaderElsewhere, id: nodeId(id) }));
    const [one, two, three, four] = members.map(({ id }) => id) as [never, never, never, never];
    node.group.overrides = {
      role: 'follower',
      leader: undefined,
      configuration: {
        members: members.toReversed(),
        voters: [one],
        outgoing: [one, two],
        learners: [three, four],
        promoting: [
          { id: three, replaces: two },
          { id: four, replaces: undefined },
        ],
        nextId: nodeId(5),
      },
    };
    expect(json(await node.call('GET', '/v1/cluster'))).toMatchObject({
      leader: null,
      isSettled: false,
      disk: { freeBytes: null },
      members: [
        { id: 1, role: 'voter', url: 'http://10.0.0.2:7002', isLeader: false },
        { id: 2, role: 'leaving' },
        { id: 3, role: 'learner', promoting: true, replaces: 2 },
        { id: 4, role: 'learner', promoting: true },
      ],
    });
  });

  it('is open to all, HEAD too', async () => {
    await using node = await startNode({}, { adminToken: 'secret' });
    expect(await node.call('HEAD', '/v1/cluster')).toMatchObject({ status: 200, text: '' });
    expect(await node.call('HEAD', '/v1/backup')).toMatchObject({ status: 405, text: '' });
  });
});

describe('changes of the membership', () => {
  it('add a member and tell it all that it needs', async () => {
    await using node = await startNode();
    node.group.membershipOutcome = done;
    const instanceId = 'ab'.repeat(16);
    const body = { address, instanceId, as: 'learner', replaces: 2 };
    const answer = await node.call('POST', '/v1/cluster/members', body, asJson);
    expect(answer.status).toBe(201);
    expect(json(answer)).toEqual({
      id: 3,
      clusterId: 'c0ffee',
      clusterEpoch: 1,
      members: [expect.objectContaining({ id: 1 }), expect.objectContaining({ id: 2 })],
      configuration: {
        members: [
          { id: 1, address: { ip: '127.0.0.1', port: 7001, internalPort: 8001 } },
          { id: 2, address: leaderElsewhere.address },
        ],
        voters: [1, 2],
        outgoing: [],
        learners: [],
        promoting: [],
        nextId: 3,
      },
    });
    expect(node.group.changes).toEqual([
      { kind: 'add', address, instanceId, as: 'learner', replaces: 2 },
    ]);
  });

  it('answer 200 for a member that is there; ports may be one, and it is to be a voter', async () => {
    await using node = await startNode();
    node.group.membershipOutcome = { ...done, id: nodeId(2) };
    const there = { address: leaderElsewhere.address };
    expect(await node.call('POST', '/v1/cluster/members', there, asJson)).toMatchObject({
      status: 200,
    });
    node.group.membershipOutcome = done;
    const single = { address: { ip: 'a', port: 1 } };
    expect(await node.call('POST', '/v1/cluster/members', single, asJson)).toMatchObject({
      status: 201,
    });
    expect(node.group.changes[1]).toMatchObject({
      address: { ip: 'a', port: 1, internalPort: 1 },
      as: 'voter',
    });
  });

  it('remove and promote, several at once, and answer with the new view', async () => {
    await using node = await startNode();
    node.group.membershipOutcome = { ...done, id: undefined };
    const removed = await node.call('DELETE', '/v1/cluster/members/2,3,2');
    const promoted = await node.call('POST', '/v1/cluster/members/4%2C5/promote');
    expect([removed.status, promoted.status]).toEqual([200, 200]);
    expect(json(removed)).toMatchObject({ node: 1, members: [{ id: 1 }, { id: 2 }] });
    expect(node.group.changes).toEqual([
      { kind: 'remove', ids: [2, 3] },
      { kind: 'promote', ids: [4, 5] },
    ]);
  });

  it.each<[MembershipRefusal, number, string]>([
    ['unconfirmed', 503, 'unconfirmed'],
    ['transferring', 503, 'transferring'],
    ['change-in-progress', 409, 'change-in-progress'],
    ['would-lose-quorum', 409, 'would-lose-quorum'],
    ['unknown-member', 404, 'unknown-member'],
    ['not-caught-up', 409, 'not-caught-up'],
    ['address-taken', 409, 'address-taken'],
    ['invalid-change', 400, 'invalid-change'],
    ['stopping', 503, 'shutting-down'],
  ])('refused as %s are answered %i %s', async (reason, status, code) => {
    await using node = await startNode();
    node.group.membershipOutcome = { kind: 'refused', reason, text: 'because of 2' };
    const answer = await node.call('DELETE', '/v1/cluster/members/2');
    expect([answer.status, problemCode(answer)]).toEqual([status, code]);
    expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined);
    expect(json(answer)).toMatchObject({ detail: 'because of 2' });
  });

  it('with an unknown outcome, or too slow for the client, are answered 504', async () => {
    await using node = await startNode();
    node.group.membershipOutcome = { kind: 'unknown' };
    const lost = await node.call('DELETE', '/v1/cluster/members/2');
    node.group.membershipOutcome = undefined;
    const slow = [
      await node.call('DELETE', '/v1/cluster/members/2?timeoutMs=5'),
      await node.call('DELETE', '/v1/cluster/members/2', undefined, { 'RRMQ-Timeout-Ms': '5' }),
    ];
    for (const answer of [lost, ...slow]) {
      expect([answer.status, problemCode(answer)]).toEqual([504, 'not-committed-in-time']);
      expect(json(answer)).toMatchObject({ outcome: 'unknown' });
    }
    node.group.release();
  });

  it('whose client went away end quietly', async () => {
    await using node = await startNode();
    const socket = node.connect();
    socket.write('DELETE /v1/cluster/members/2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => node.group.held === 1);
    socket.destroy();
    node.group.release();
    expect(await node.call('GET', '/v1/cluster')).toMatchObject({ status: 200 });
  });

  it.each([
    ['POST', '/v1/cluster/members', { address: { ip: 'http://x', port: 1 } }, 400, 'invalid-body'],
    ['POST', '/v1/cluster/members', undefined, 400, 'invalid-body'],
    ['POST', '/v1/cluster/members', '{"address"', 400, 'malformed-json'],
    ['POST', '/v1/cluster/members', `{"a":"${'x'.repeat(65_536)}"}`, 413, 'body-too-large'],
    ['POST', '/v1/cluster/leadership', { target: 'two' }, 400, 'invalid-body'],
    ['DELETE', '/v1/cluster/members/x', undefined, 400, 'invalid-parameter'],
    ['DELETE', '/v1/cluster/members/1,,2', undefined, 400, 'invalid-parameter'],
    ['DELETE', '/v1/cluster/members/0', undefined, 400, 'invalid-parameter'],
    ['DELETE', '/v1/cluster/members/2?timeoutMs=soon', undefined, 400, 'invalid-parameter'],
    ['DELETE', '/v1/cluster/members/%zz', undefined, 400, 'malformed-path'],
    ['DELETE', '/v1/cluster', undefined, 405, 'method-not-allowed'],
    ['GET', '/v1/cluster/members', undefined, 405, 'method-not-allowed'],
    ['PUT', '/v1/cluster/members', { address }, 405, 'method-not-allowed'],
    ['GET', '/v1/nothing', undefined, 404, 'unknown-path'],
    ['GET', '/v1', undefined, 404, 'unknown-path'],
    ['POST', '/v1/nothing', { a: 1 }, 404, 'unknown-path'],
  ])('%s %s with %.30j is answered %i %s', async (...row) => {
    const [method, path, body, status, code] = row;
    await using node = await startNode();
    const answer = await node.call(method, path, body, { 'Content-Type': 'application/json' });
    expect(answer.status).toBe(status);
    expect(problemCode(answer)).toBe(code);
    expect(answer.headers.allow !== undefined).toBe(status === 405);
    expect(node.group.changes).toEqual([]);
  });

  it('are taken as JSON only', async () => {
    await using node = await startNode();
    const type = { 'Content-Type': 'text/plain' };
    const answer = await node.call('POST', '/v1/cluster/members', { address }, type);
    expect([answer.status, problemCode(answer)]).toEqual([415, 'unsupported-media-type']);
  });
});

describe('a node that does not lead', () => {
  it('sends to the same path of the leader, query kept', async () => {
    await using node = await startNode();
    node.group.overrides = follower;
    for (const [method, path, body] of changes) {
      const target = `${path}?timeoutMs=100&x=%20`;
      const answer = await node.call(method, target, body, { 'Content-Type': 'application/json' });
      expect([answer.status, problemCode(answer)]).toEqual([307, 'not-leader']);
      expect(answer.headers.location).toBe(`http://10.0.0.2:7002${target}`);
      expect(answer.headers['rrmq-leader']).toBe('http://10.0.0.2:7002');
    }
    expect(node.group.changes).toEqual([]);
  });

  it('never sends to a host that the client named', async () => {
    await using node = await startNode();
    node.group.overrides = follower;
    const answer = await node.call('DELETE', 'http://evil.example/v1/cluster/members/2');
    expect(answer.headers.location).toBe('http://10.0.0.2:7002/v1/cluster/members/2');
  });

  it('says 503 when it knows no leader', async () => {
    await using node = await startNode();
    node.group.overrides = { role: 'candidate', leader: undefined };
    const answer = await node.call('DELETE', '/v1/cluster/members/2');
    expect([answer.status, problemCode(answer)]).toEqual([503, 'no-leader']);
  });

  it('sends on what was refused because the lead was lost meanwhile', async () => {
    await using node = await startNode();
    const promoting = node.call('POST', '/v1/cluster/members/2/promote?timeoutMs=9000');
    await until(() => node.group.held === 1);
    node.group.membershipOutcome = { kind: 'refused', reason: 'not-leader', text: '' };
    node.group.overrides = follower;
    node.group.release();
    const answer = await promoting;
    expect(answer.headers.location).toContain(':7002/v1/cluster/members/2/promote?timeoutMs=9000');
  });
});

describe('a node with TLS', () => {
  it('names the others by https, in every answer', async () => {
    const tls = { key: testKey, cert: testCertificate };
    await using node = await startNode({}, { tls });
    node.group.overrides = follower;
    node.group.behaviour = 'not-leader';
    const ask = async (method: string, path: string): Promise<IncomingMessage> => {
      const place = { host: '127.0.0.1', port: node.port, ca: testCertificate, agent: false };
      const call = request({ ...place, method, path });
      const [response] = (await once(call.end(), 'response')) as [IncomingMessage];
      return response;
    };
    const moved = await ask('DELETE', '/v1/cluster/members/2');
    expect(moved.headers.location).toBe('https://10.0.0.2:7002/v1/cluster/members/2');
    for (const { headers } of [moved, await ask('GET', '/message/t')]) {
      expect(headers['rrmq-leader']).toBe('https://10.0.0.2:7002');
    }
    const parts: Buffer[] = [];
    for await (const part of await ask('GET', '/v1/cluster')) parts.push(part as Buffer);
    expect(Buffer.concat(parts).toString()).toContain('"url":"https://10.0.0.2:7002"');
  });
});

describe('a transfer of leadership', () => {
  it('goes to the one named, or to the best', async () => {
    await using node = await startNode();
    const type = { 'Content-Type': 'application/json; charset=utf-8' };
    const named = await node.call('POST', '/v1/cluster/leadership', { target: 2 }, type);
    const best = await node.call('POST', '/v1/cluster/leadership');
    expect([json(named), json(best)]).toEqual([{ leader: 2 }, { leader: 2 }]);
    expect(node.group.transfers).toEqual([2, undefined]);
  });

  it.each([
    ['transferring', 503, 'transferring'],
    ['unknown-member', 404, 'unknown-member'],
    ['not-voter', 409, 'not-voter'],
    ['not-caught-up', 409, 'not-caught-up'],
    ['unreachable', 409, 'member-unreachable'],
    ['stopping', 503, 'shutting-down'],
    ['not-leader', 503, 'no-leader'],
  ] as const)('refused as %s is answered %i %s', async (reason, status, code) => {
    await using node = await startNode();
    node.group.transferOutcome = { kind: 'refused', reason, text: 'why' };
    const answer = await node.call('POST', '/v1/cluster/leadership');
    expect([answer.status, problemCode(answer)]).toEqual([status, code]);
  });

  it('that the target does not take is answered 504', async () => {
    await using node = await startNode();
    node.group.transferOutcome = { kind: 'timeout' };
    const answer = await node.call('POST', '/v1/cluster/leadership');
    expect([answer.status, problemCode(answer)]).toEqual([504, 'transfer-timeout']);
  });
});

describe('the admin token', () => {
  it('is asked for and compared', async () => {
    await using node = await startNode({}, { adminToken: 'secret' });
    node.group.membershipOutcome = done;
    const remove = (authorization?: string) =>
      node.call(
        'DELETE',
        '/v1/cluster/members/2',
        undefined,
        authorization === undefined ? {} : { authorization },
      );
    for (const wrong of [undefined, 'Bearer', 'Bearer secre', 'Bearer secret2', 'Basic secret']) {
      const answer = await remove(wrong);
      expect([answer.status, problemCode(answer)]).toEqual([401, 'unauthorized']);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.text).not.toContain('secre"');
    }
    expect(await remove('Bearer secret')).toMatchObject({ status: 200 });
    expect(await remove('bearer secret')).toMatchObject({ status: 200 });
  });

  it('comes before all else: a stranger learns nothing of the body', async () => {
    await using node = await startNode({}, { adminToken: 'secret' });
    const type = { 'Content-Type': 'application/json' };
    const answer = await node.call('POST', '/v1/cluster/members', '{', type);
    expect(answer.status).toBe(401);
    expect(await node.call('GET', '/v1/backup')).toMatchObject({ status: 401 });
    expect(node.group.openViews).toBe(0);
  });

  it('may be missing for programs on the same machine, not for web pages and proxies', async () => {
    await using node = await startNode();
    node.group.membershipOutcome = done;
    expect(await node.call('DELETE', '/v1/cluster/members/2')).toMatchObject({ status: 200 });
    for (const header of ['Origin', 'X-Forwarded-For', 'Forwarded', 'Sec-Fetch-Site']) {
      const answer = await node.call('DELETE', '/v1/cluster/members/2', undefined, {
        [header]: 'x',
      });
      expect([answer.status, problemCode(answer)]).toEqual([403, 'admin-token-required']);
    }
  });

  it.each([
    ['127.0.0.1', true],
    ['127.3.2.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.9', false],
    ['::ffff:10.0.0.9', false],
    ['fe80::1', false],
    [undefined, false],
  ])('that is missing keeps clients at %s out, or not: %p', (remoteAddress, isServed) => {
    const asked = Object.assign(new IncomingMessage(new Socket()), { headers: {} });
    Object.defineProperty(asked.socket, 'remoteAddress', { value: remoteAddress });
    const refused = new AdminGuard(undefined).refusal(asked);
    expect(refused === undefined).toBe(isServed);
  });

  it('is not empty', async () => {
    await expect(startNode({}, { adminToken: '' })).rejects.toThrow('not empty');
  });
});

describe('full disks', () => {
  it('take pops, and refuse what grows', async () => {
    await using node = await startNode();
    await node.call('PUT', '/topic', { topic: 't' });
    await node.call('PUT', '/message', { topic: 't', message: 'm' });
    node.group.behaviour = 'disk-full';
    const publish = await node.call('PUT', '/message', { topic: 't', message: 'm' });
    const create = await node.call('PUT', '/topic', { topic: 'u' });
    for (const { status, text, headers } of [publish, create]) {
      expect([status, text]).toEqual([507, '{"success":false}']);
      expect(headers['rrmq-error']).toMatch(/^disk-full: /);
    }
    expect(await node.call('GET', '/message/t')).toMatchObject({ status: 200 });
    expect(node.group.effects).toEqual(['grows', 'grows', 'grows', 'grows', 'shrinks']);
  });
});

describe('/readyz', () => {
  it('says what keeps a node from serving, and all that was checked when asked to be verbose', async () => {
    const found: { trouble?: string } = {};
    const info = { version: 'test', clusterId: 'c', clusterEpoch: 1, health: () => found.trouble };
    await using node = await startNode({}, { node: info });
    expect(json(await node.call('GET', '/readyz?verbose'))).toEqual({
      ready: true,
      checks: [
        { name: 'peers', ok: true },
        { name: 'leader', ok: true },
      ],
    });
    const trouble = 'removed from the cluster';
    found.trouble = trouble;
    node.group.overrides = { role: 'follower', leader: undefined, ready: false };
    const answer = await node.call('GET', '/readyz');
    expect(answer.status).toBe(503);
    expect(json(answer)).toEqual({ ready: false, reason: trouble });
    expect(json(await node.call('GET', '/readyz?verbose'))).toMatchObject({
      reason: trouble,
      checks: [
        { name: 'peers', ok: false, detail: trouble },
        { name: 'leader', ok: false, detail: 'no leader is known' },
      ],
    });
  });
});
