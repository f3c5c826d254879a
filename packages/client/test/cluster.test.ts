import { describe, expect, it } from '@jest/globals';
import { connect } from '@rrmq/client';
import { errorOf } from './fixture.ts';
import { testCertificate, testKey } from './test-certificate.ts';
import { json, problem, redirect, V1Node, viewOf } from './v1-node.ts';

const quick = { retryDelayMs: 1, retryDelayMsMax: 5 };
const address = { ip: '10.0.0.4', port: 7004, internalPort: 7104 };
const change = { clusterId: 'c', clusterEpoch: 1, members: [], id: 4 };
const configuration = {
  members: [],
  voters: [1],
  outgoing: [],
  learners: [4],
  promoting: [{ id: 4 }],
  nextId: 5,
};

describe('the view of the cluster', () => {
  it("is the leader's, found by what a follower says", async () => {
    await using leader = await V1Node.start();
    await using follower = await V1Node.start();
    follower.role = 'Follower';
    const urls = [leader.url, follower.url];
    leader.script = (_, response) => json(response, 200, viewOf(urls, 1, 1));
    follower.script = (_, response) => json(response, 200, viewOf(urls, 2, 1));
    await using client = connect(follower.url, quick);
    expect(await client.cluster.status()).toEqual(viewOf(urls, 1, 1));
    expect(await client.cluster.status({ from: follower.url })).toMatchObject({ node: 2 });
  });

  it("is a follower's when the leader cannot be asked, or none is known", async () => {
    await using follower = await V1Node.start();
    follower.role = 'Follower';
    const urls = ['http://127.0.0.1:1', follower.url];
    follower.script = (_, response) => json(response, 200, viewOf(urls, 2, 1));
    await using client = connect(follower.url, quick);
    expect(await client.cluster.status()).toMatchObject({ node: 2, leader: 1 });
    follower.script = (_, response) => json(response, 200, viewOf(urls, 2, null));
    expect(await client.cluster.status()).toMatchObject({ node: 2, leader: null });
  });

  it('needs no token, so none is sent', async () => {
    await using node = await V1Node.start((_, response) => json(response, 200, viewOf([], 1, 1)));
    await using client = connect(node.url, { ...quick, adminToken: 'secret' });
    await client.cluster.status();
    expect(node.seen[0]?.headers.authorization).toBeUndefined();
  });

  it('from a URL that is none is refused', async () => {
    await using client = connect('http://127.0.0.1:1', quick);
    const error = await errorOf(client.cluster.status({ from: 'http://a/v1/cluster' }));
    expect(error).toMatchObject({ code: 'invalid-parameter', outcome: 'none' });
  });

  it('of a node that answers something else is an error', async () => {
    await using node = await V1Node.start((_, response) => json(response, 200, { hello: 1 }));
    await using client = connect(node.url, { ...quick, timeoutMs: 300 });
    const error = await errorOf(client.cluster.status({ from: node.url }));
    expect(error).toMatchObject({ code: 'unexpected-reply' });
  });
});

describe('changes of the cluster', () => {
  it('are sent as the table says, with the token', async () => {
    await using node = await V1Node.start(({ call }, response) => {
      if (call === 'POST /v1/cluster/members') json(response, 201, { ...change, configuration });
      else if (call === 'POST /v1/cluster/leadership') json(response, 200, { leader: 2 });
      else json(response, 200, viewOf([], 1, 1));
    });
    await using client = connect(node.url, { ...quick, adminToken: 'secret' });
    const added = await client.cluster.addMember({ address, as: 'learner', replaces: 2 });
    expect(added).toEqual({ ...change, configuration, added: true });
    await client.cluster.removeMembers([2, 3]);
    await client.cluster.promote([4], { timeoutMs: 1000 });
    expect(await client.cluster.transferLeadership({ to: 2 })).toEqual({ leader: 2 });
    await client.cluster.transferLeadership();
    expect(node.seen.map(({ call, body }) => `${call} ${body}`.trim())).toEqual([
      `POST /v1/cluster/members ${JSON.stringify({ address, as: 'learner', replaces: 2 })}`,
      'DELETE /v1/cluster/members/2,3',
      'POST /v1/cluster/members/4/promote',
      'POST /v1/cluster/leadership {"target":2}',
      'POST /v1/cluster/leadership {}',
    ]);
    expect(node.seen.map(({ headers }) => headers.authorization)).toEqual(
      Array(5).fill('Bearer secret'),
    );
    expect(node.seen[2]?.headers['rrmq-timeout-ms']).toBe('900');
  });

  it('say when the node was a member already', async () => {
    await using node = await V1Node.start((_, response) =>
      json(response, 200, { ...change, configuration }),
    );
    await using client = connect(node.url, quick);
    expect(await client.cluster.addMember({ address })).toMatchObject({ added: false });
  });

  it('follow to the leader', async () => {
    await using leader = await V1Node.start((_, response) => json(response, 200, { leader: 3 }));
    await using follower = await V1Node.start();
    follower.role = 'Follower';
    follower.script = (_, response) => redirect(response, leader.url, '/v1/cluster/leadership');
    await using client = connect(follower.url, { ...quick, adminToken: 'secret' });
    expect(await client.cluster.transferLeadership()).toEqual({ leader: 3 });
    expect(leader.seen[0]?.headers.authorization).toBe('Bearer secret');
  });

  it('never follow to another protocol', async () => {
    await using plain = await V1Node.start((_, response) => json(response, 200, { leader: 1 }));
    const tls = { cert: testCertificate, key: testKey };
    await using node = await V1Node.start(
      (_, response) => redirect(response, plain.url, '/v1/cluster/leadership'),
      tls,
    );
    await using client = connect(node.url, { ...quick, ca: testCertificate, timeoutMs: 300 });
    const error = await errorOf(client.cluster.transferLeadership());
    // What the last try ends with depends on where the time is over.
    expect(['not-leader', 'timeout']).toContain(error.code);
    expect(plain.seen).toEqual([]);
  });

  it('are repeated when nothing happened', async () => {
    let calls = 0;
    await using node = await V1Node.start((_, response) => {
      if (++calls < 3) problem(response, calls === 1 ? 'no-leader' : 'change-in-progress');
      else json(response, 200, viewOf([], 1, 1));
    });
    const retried: string[] = [];
    const onRetry = ({ call, error }: { call: string; error: { code: string } }) =>
      retried.push(`${call}: ${error.code}`);
    await using client = connect(node.url, { ...quick, onRetry });
    await client.cluster.removeMembers([2]);
    expect(retried).toEqual(['removeMembers: no-leader', 'removeMembers: change-in-progress']);
  });

  it.each([
    ['would-lose-quorum', 'none', 409],
    ['unauthorized', 'none', 401],
  ] as const)('are not repeated after %s', async (code, outcome, status) => {
    await using node = await V1Node.start((_, response) => problem(response, code, 'node 2 hangs'));
    await using client = connect(node.url, { ...quick, adminToken: 'secret' });
    const error = await errorOf(client.cluster.removeMembers([2]));
    expect(error).toMatchObject({ code, outcome, status, url: node.url, message: 'node 2 hangs' });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(node.seen).toHaveLength(1);
  });

  it('are repeated when they may have taken effect, but for a transfer', async () => {
    await using node = await V1Node.start((_, response) => {
      if (node.seen.length < 2) return problem(response, 'not-committed-in-time');
      json(response, 200, viewOf([], 1, 1));
    });
    await using client = connect(node.url, quick);
    expect(await client.cluster.removeMembers([2])).toMatchObject({ node: 1 });
    expect(node.seen).toHaveLength(2);
    node.script = (_, response) => problem(response, 'not-committed-in-time');
    const error = await errorOf(client.cluster.transferLeadership());
    expect(error).toMatchObject({ code: 'not-committed-in-time', outcome: 'unknown' });
    expect(node.seen).toHaveLength(3);
  });

  it('refused by a code of a later version keep what it says of the outcome', async () => {
    await using node = await V1Node.start((_, response) => {
      const body = { code: 'too-warm', outcome: 'none', retryable: false, detail: 'open a window' };
      json(response, 409, { type: 'urn:x', title: 'x', status: 409, ...body });
    });
    await using client = connect(node.url, quick);
    expect(await errorOf(client.cluster.removeMembers([2]))).toMatchObject({
      code: 'unexpected-reply',
      outcome: 'none',
      message: 'open a window (too-warm)',
    });
  });

  it('that no node would take are refused at once', async () => {
    await using client = connect('http://127.0.0.1:1', quick);
    const wrong = { address: { ip: 'http://a', port: 1 } };
    const errors = [
      await errorOf(client.cluster.addMember(wrong)),
      await errorOf(client.cluster.removeMembers([])),
      await errorOf(client.cluster.promote([0.5])),
    ];
    const codes = ['invalid-body', 'invalid-parameter', 'invalid-parameter'];
    expect(errors.map(({ code }) => code)).toEqual(codes);
  });
});

describe('https', () => {
  it('trusts the authority that was given, and no other', async () => {
    const tls = { cert: testCertificate, key: testKey };
    await using node = await V1Node.start(
      (_, response) => json(response, 200, viewOf([], 1, 1)),
      tls,
    );
    await using trusting = connect(node.url, { ...quick, ca: testCertificate });
    expect(await trusting.cluster.status()).toMatchObject({ node: 1 });
    expect(await trusting.status()).toMatchObject([{ reachable: true, role: 'Leader' }]);
    const retries: unknown[] = [];
    const onRetry = (retry: unknown): void => void retries.push(retry);
    await using wary = connect(['https://127.0.0.1:1', node.url], { ...quick, onRetry });
    for (const call of [
      wary.publish('a', 'm'),
      wary.pop('a'),
      wary.cluster.status(),
      wary.backup.save().next(),
      wary.backup.restore([]),
    ]) {
      const error = await errorOf(call);
      expect(error).toMatchObject({
        code: 'untrusted-certificate',
        outcome: 'none',
        retryable: false,
        url: node.url,
      });
      expect(error.message).toContain(`the certificate of ${node.url} is not trusted: self-signed`);
    }
    expect(retries).toEqual([]);
  });

  it('is not spoken by a plain port, which is said once and for all', async () => {
    await using node = await V1Node.start();
    const url = node.url.replace('http:', 'https:');
    await using client = connect(url, quick);
    for (const call of [client.topics(), client.backup.save().next()]) {
      expect(await errorOf(call)).toMatchObject({
        code: 'wrong-scheme',
        outcome: 'none',
        retryable: false,
        url,
        message: `${url} cannot be reached: that port speaks no TLS, so its URL begins with http://`,
      });
    }
  });

  it('may be what a port speaks that hangs up on a client without it', async () => {
    const tls = { cert: testCertificate, key: testKey };
    await using node = await V1Node.start(undefined, tls);
    const url = node.url.replace('https:', 'http:');
    await using client = connect(url, { ...quick, timeoutMs: 100 });
    const error = await errorOf(client.topics());
    expect(error).toMatchObject({ code: 'unreachable', outcome: 'none', retryable: true, url });
    expect(error.message).toContain('perhaps that port speaks TLS, and its URL begins with https');
    const [report] = await client.status();
    expect(report).toMatchObject({ error: { code: 'unreachable', outcome: 'none', url } });
  });

  it.each([
    '',
    'no certificate',
    testKey,
    testCertificate.replace('MIIB', 'XXXX'),
    testCertificate.slice(0, 100),
  ])('takes no authority like %j', (ca) => {
    expect(() => connect('https://a', { ca })).toThrow(
      new RangeError('ca must be certificates in PEM'),
    );
    expect(() => connect('https://a', { ca: Buffer.from(ca) })).toThrow(RangeError);
  });

  it('takes several authorities, and words between them', () => {
    const ca = `# first\n${testCertificate}# second\n${testCertificate}`;
    expect(() => connect('https://a', { ca })).not.toThrow();
  });

  it.each(['', 'two words', 'line\nfeed'])('takes no token like %j', (adminToken) => {
    expect(() => connect('http://a', { adminToken })).toThrow(RangeError);
  });
});
