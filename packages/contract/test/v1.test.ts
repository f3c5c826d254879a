import { describe, expect, it } from '@jest/globals';
import {
  addMemberBodySchema,
  isProblemCode,
  outcomeOfStatus,
  parseBody,
  problemCodes,
  problemOf,
  problemSchema,
  transferBodySchema,
  type V1BodyOf,
  v1Endpoints,
  type V1ReplyOf,
} from '@rrmq/contract';

describe('the table of calls under /v1', () => {
  it('names every call', () => {
    const calls = Object.entries(v1Endpoints).map(
      ([name, row]) => `${name}: ${row.method} ${row.path} (${row.access}, ${row.answeredBy})`,
    );
    expect(calls).toEqual([
      'listTopics: GET /v1/topics (open, leader)',
      'getTopic: GET /v1/topics/:topic (open, leader)',
      'putTopic: PUT /v1/topics/:topic (open, leader)',
      'patchTopic: PATCH /v1/topics/:topic (open, leader)',
      'deleteTopic: DELETE /v1/topics/:topic (open, leader)',
      'pauseTopic: POST /v1/topics/:topic/pause (open, leader)',
      'resumeTopic: POST /v1/topics/:topic/resume (open, leader)',
      'purgeTopic: POST /v1/topics/:topic/purge (open, leader)',
      'publishMessages: POST /v1/topics/:topic/messages (open, leader)',
      'receive: POST /v1/topics/:topic/receive (open, leader)',
      'settle: POST /v1/topics/:topic/settle (open, leader)',
      'ack: POST /v1/topics/:topic/ack (open, leader)',
      'nack: POST /v1/topics/:topic/nack (open, leader)',
      'extend: POST /v1/topics/:topic/extend (open, leader)',
      'peekMessages: GET /v1/topics/:topic/messages (open, leader)',
      'getMessage: GET /v1/topics/:topic/messages/:id (open, leader)',
      'redrive: POST /v1/topics/:topic/dead/redrive (open, leader)',
      'getCluster: GET /v1/cluster (open, any-node)',
      'addMember: POST /v1/cluster/members (admin, leader)',
      'removeMembers: DELETE /v1/cluster/members/:ids (admin, leader)',
      'promoteMembers: POST /v1/cluster/members/:ids/promote (admin, leader)',
      'transferLeadership: POST /v1/cluster/leadership (admin, leader)',
      'saveBackup: GET /v1/backup (admin, any-node)',
      'restoreBackup: POST /v1/backup (admin, leader)',
    ]);
  });

  it('infers bodies and replies', () => {
    const body: V1BodyOf<'transferLeadership'> = { target: 2 };
    const reply: V1ReplyOf<'transferLeadership'> = { leader: 2 };
    const nothing: V1BodyOf<'getCluster'> = undefined;
    // @ts-expect-error: an id is a number
    const wrong: V1BodyOf<'transferLeadership'> = { target: '2' };
    expect([body, reply, nothing, wrong]).toHaveLength(4);
  });
});

describe('problems', () => {
  it.each(Object.entries(problemCodes))('%s says the same as its status alone', (_code, info) => {
    expect(outcomeOfStatus(info.status)).toBe(info.outcome);
    expect(info.title).toMatch(/^[A-Z][^.]+$/);
  });

  it('have all that a client needs', () => {
    const problem = problemOf('no-leader', 'node 3 knows none');
    expect(problem).toEqual({
      type: 'urn:rrmq:problem:no-leader',
      title: 'No leader is elected',
      status: 503,
      code: 'no-leader',
      retryable: true,
      outcome: 'none',
      detail: 'node 3 knows none',
    });
    expect(problemSchema.parse(problem)).toEqual(problem);
  });

  it('have known codes only', () => {
    expect(isProblemCode('would-lose-quorum')).toBe(true);
    expect(isProblemCode('constructor')).toBe(false);
  });
});

describe('bodies under /v1', () => {
  const address = { ip: '10.0.0.4', port: 7004, internalPort: 8004 };

  it.each([
    { address },
    { address: { ip: '::1', port: 1 } },
    { address: { ip: 'node-4.example.com', port: 65_535 }, as: 'learner', replaces: 3 },
    { address, instanceId: '0123456789abcdef0123456789abcdef' },
  ])('take %j', (body) => {
    expect(parseBody(addMemberBodySchema, body)).toEqual({ ok: true, value: body });
  });

  it.each<[unknown, string]>([
    [null, 'the body must be an object'],
    [{}, 'address must be an address: ip, port and internalPort'],
    [
      { address: { ...address, ip: 'http://a' } },
      'address.ip must be a host name or an IP address',
    ],
    [{ address: { ...address, port: 0 } }, 'address.port must be a port'],
    [{ address: { ...address, port: 1.5 } }, 'address.port must be a port'],
    [{ address: { ...address, internalPort: 65_536 } }, 'address.internalPort must be a port'],
    [{ address, as: 'king' }, 'as must be voter or learner'],
    [{ address, replaces: 0 }, 'replaces must be the id of a member'],
    [{ address, instanceId: 'x' }, 'instanceId must be 32 hex digits'],
  ])('refuse %j in our words', (body, text) => {
    expect(parseBody(addMemberBodySchema, body)).toEqual({ ok: false, text });
  });

  it('name a target, or none', () => {
    expect(parseBody(transferBodySchema, {})).toEqual({ ok: true, value: {} });
    expect(parseBody(transferBodySchema, { target: 'x' })).toMatchObject({ ok: false });
  });
});
