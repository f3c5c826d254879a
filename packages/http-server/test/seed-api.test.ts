import { describe, expect, it } from '@jest/globals';
import type { HttpLimits } from '@rrmq/http-server';
import { type Answer, type NodeUnderTest, startNode, until } from './node-under-test.ts';
import { type Behaviour, leaderElsewhere } from './test-group.ts';

const success = { status: 200, text: '{"success":true}' };
const failed = (status: number) => ({ status, text: '{"success":false}' });

/** Time is over at the first retry. */
const impatient = { commitTimeoutMs: 50, retryMs: 10_000 };

/** A node with topic `t`, which holds one message. */
async function startWithMessage(limits: Partial<HttpLimits> = {}): Promise<NodeUnderTest> {
  const node = await startNode({ retryMs: 5, ...limits });
  await node.call('PUT', '/topic', { topic: 't' });
  await node.call('PUT', '/message', { topic: 't', message: 'first' });
  return node;
}

const errorCode = ({ headers }: Answer): string =>
  String(headers['rrmq-error']).split(':')[0] ?? '';

describe('topics', () => {
  it('are created once and listed in creation order, whatever their names', async () => {
    await using node = await startNode();
    const names = ['10', '__proto__', '9', 'a/b c', '😀', 'constructor', 'x'.repeat(4096)];
    for (const topic of names) {
      expect(await node.call('PUT', '/topic', { topic })).toMatchObject(success);
    }
    for (const topic of names) {
      expect(await node.call('PUT', '/topic', { topic })).toMatchObject(failed(400));
    }
    const list = await node.call('GET', '/topic');
    expect(list.status).toBe(200);
    expect(list.text).toBe(JSON.stringify({ success: true, topics: names }));
    expect(list.headers['content-type']).toBe('application/json; charset=utf-8');
    for (const topic of names) {
      await node.call('PUT', '/message', { topic, message: `to ${topic}` });
      const popped = await node.call('GET', `/message/${encodeURIComponent(topic)}`);
      expect(JSON.parse(popped.text)).toEqual({ success: true, message: `to ${topic}` });
    }
  });

  it.each<[string, unknown, string]>([
    ['no body', undefined, 'malformed-json'],
    ['malformed JSON', '{"topic":', 'malformed-json'],
    ['JSON that is no UTF-8', Buffer.from('{"topic":"\xff"}', 'latin1'), 'malformed-json'],
    ['null', 'null', 'invalid-topic-name'],
    ['an array', ['topic'], 'invalid-topic-name'],
    ['a string', '"topic"', 'invalid-topic-name'],
    ['no topic', {}, 'invalid-topic-name'],
    ['a null topic', { topic: null }, 'invalid-topic-name'],
    ['an empty topic', { topic: '' }, 'invalid-topic-name'],
    ['a number', { topic: 7 }, 'invalid-topic-name'],
    ['half a surrogate pair', '{"topic":"\\ud800"}', 'invalid-topic-name'],
    ['4097 bytes', { topic: 'x'.repeat(4097) }, 'invalid-topic-name'],
  ])('are not created from %s', async (_, body, code) => {
    await using node = await startNode();
    const answer = await node.call('PUT', '/topic', body);
    expect(answer).toMatchObject(failed(400));
    expect(errorCode(answer)).toBe(code);
    expect(node.group.machine.appliedIndex).toBe(0);
  });

  it('are listed by a new leader when it has executed its first entry', async () => {
    await using node = await startWithMessage();
    node.group.overrides = { ready: false };
    const waiting = node.call('GET', '/topic');
    await node.call('GET', '/status');
    node.group.overrides = {};
    expect(await waiting).toMatchObject({ status: 200 });
    node.group.overrides = { role: 'follower', ready: false };
    expect(await node.call('GET', '/topic')).toMatchObject({ status: 200 });
  });

  it('are refused by a leader that does not become ready in time', async () => {
    await using node = await startWithMessage(impatient);
    node.group.overrides = { ready: false };
    expect(await node.call('GET', '/topic')).toMatchObject(failed(400));
  });
});

describe('messages', () => {
  it('come back in order, once, as they were', async () => {
    await using node = await startNode();
    const messages = ['', 'plain', '"quoted"\\ \n\u0000', '😀', '\ud800 half', 'x'.repeat(1 << 20)];
    await node.call('PUT', '/topic', { topic: 't' });
    for (const message of messages) {
      expect(await node.call('PUT', '/message', { topic: 't', message })).toMatchObject(success);
    }
    for (const message of messages) {
      const { status, text } = await node.call('GET', '/message/t');
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({ success: true, message });
    }
    expect(await node.call('GET', '/message/t')).toMatchObject(failed(404));
  });

  it.each<[string, unknown, number, string]>([
    ['malformed JSON', '{', 400, 'malformed-json'],
    ['null', 'null', 400, 'invalid-body'],
    ['no message', { topic: 't' }, 400, 'invalid-body'],
    ['a null message', { topic: 't', message: null }, 400, 'invalid-body'],
    ['a number', { topic: 't', message: 1 }, 400, 'invalid-body'],
    ['an object', { topic: 't', message: {} }, 400, 'invalid-body'],
    ['no topic', { message: 'm' }, 400, 'invalid-topic-name'],
    ['a topic that is no string', { topic: ['t'], message: 'm' }, 400, 'invalid-topic-name'],
    ['an empty topic', { topic: '', message: 'm' }, 400, 'invalid-topic-name'],
    ['an unknown topic', { topic: 'u', message: 'm' }, 404, 'unknown-topic'],
  ])('are not published from %s', async (_, body, status, code) => {
    await using node = await startWithMessage();
    const before = node.group.machine.appliedIndex;
    const answer = await node.call('PUT', '/message', body);
    expect(answer).toMatchObject(failed(status));
    expect(errorCode(answer)).toBe(code);
    expect(node.group.machine.appliedIndex).toBe(before);
  });

  it('write nothing to the log when there is none to pop', async () => {
    await using node = await startWithMessage();
    await node.call('GET', '/message/t');
    const before = node.group.machine.appliedIndex;
    const answers = [await node.call('GET', '/message/t'), await node.call('GET', '/message/u')];
    expect(answers.map(errorCode)).toEqual(['no-message', 'unknown-topic']);
    expect(answers).toMatchObject([failed(404), failed(404)]);
    expect(node.group.machine.appliedIndex).toBe(before);
  });

  it('that arrive between the look and the confirmation are popped', async () => {
    await using node = await startNode();
    await node.call('PUT', '/topic', { topic: 't' });
    node.group.behaviour = 'hang';
    const popping = node.call('GET', '/message/t');
    await until(() => node.group.held === 1);
    node.group.behaviour = 'commit';
    await node.call('PUT', '/message', { topic: 't', message: 'late' });
    node.group.release();
    expect(await popping).toMatchObject({ text: '{"success":true,"message":"late"}' });
  });

  it('published by a producer are added once', async () => {
    await using node = await startWithMessage();
    const put = (sequence: string, epoch = '0') =>
      node.call(
        'PUT',
        '/message',
        { topic: 't', message: 'm' },
        {
          'Producer-Id': 'p',
          'Producer-Epoch': epoch,
          'Producer-Sequence': sequence,
        },
      );
    expect((await put('1')).headers['rrmq-duplicate']).toBeUndefined();
    const repeated = await put('1');
    expect(repeated).toMatchObject(success);
    expect(repeated.headers['rrmq-duplicate']).toBe('true');
    const refused = [await put('3'), await put('1', '1'), await put('2', '0'), await put('x')];
    expect(refused.map(errorCode)).toEqual([
      'producer-sequence-gap',
      'undefined',
      'producer-fenced',
      'invalid-producer',
    ]);
    expect(node.group.machine.available('t')).toBe(3);
  });

  it('of other content types are popped as text, or else as base64', async () => {
    await using node = await startNode();
    await node.call('PUT', '/topic', { topic: 't' });
    const bodies = [Buffer.from('{"a":1}'), Buffer.from('<é>'), Buffer.from([0xff])];
    const types = ['application/json', 'text/xml', 'image/png'];
    const messages = bodies.map((body, i) => ({ contentType: types[i] ?? '', body }));
    await node.group.publish('t', messages);
    const popped = [];
    for (const _ of bodies) popped.push((await node.call('GET', '/message/t')).text);
    expect(popped).toEqual([
      '{"success":true,"message":{"a":1}}',
      '{"success":true,"message":"<é>"}',
      '{"success":true,"message":"/w=="}',
    ]);
  });
});

const writes: [string, string, object | undefined][] = [
  ['PUT', '/topic', { topic: 'new' }],
  ['PUT', '/topic', { topic: 't' }],
  ['PUT', '/message', { topic: 't', message: 'm' }],
  ['PUT', '/message', { topic: 'unknown', message: 'm' }],
  ['GET', '/message/t', undefined],
  ['GET', '/message/unknown', undefined],
];

const troubles: [Behaviour, number, string][] = [
  ['not-leader', 400, 'not-leader'],
  ['unconfirmed', 400, 'unconfirmed'],
  ['transferring', 400, 'unconfirmed'],
  ['stopping', 400, 'shutting-down'],
  ['overloaded', 503, 'overloaded'],
  ['too-large', 413, 'body-too-large'],
  ['hang', 408, 'not-committed-in-time'],
];

describe('a group in trouble', () => {
  describe.each(troubles)('%s: %i %s', (behaviour, status, code) => {
    it('for every call that needs the leader', async () => {
      await using node = await startWithMessage(impatient);
      node.group.overrides = { role: 'follower', leader: leaderElsewhere };
      node.group.behaviour = behaviour;
      const answers = await Promise.all(writes.map((write) => node.call(...write)));
      expect(answers).toMatchObject(writes.map(() => failed(status)));
      expect(answers.map(errorCode)).toEqual(writes.map(() => code));
    });
  });

  it('a follower names the leader, and says when it knows none', async () => {
    await using node = await startWithMessage();
    node.group.behaviour = 'not-leader';
    node.group.overrides = { role: 'follower', leader: leaderElsewhere };
    const { headers } = await node.call('GET', '/message/t');
    expect(headers['rrmq-leader']).toBe('http://10.0.0.2:7002');
    node.group.overrides = { role: 'candidate', leader: undefined };
    const answer = await node.call('GET', '/message/t');
    expect(errorCode(answer)).toBe('no-leader');
    expect(answer.headers['rrmq-leader']).toBeUndefined();
  });

  it('a refusal of a moment is waited out', async () => {
    await using node = await startWithMessage();
    node.group.behaviour = 'unconfirmed';
    const popping = node.call('GET', '/message/t');
    const creating = node.call('PUT', '/topic', { topic: 't' });
    setImmediate(() => {
      node.group.behaviour = 'commit';
    });
    expect(await popping).toMatchObject({ text: '{"success":true,"message":"first"}' });
    expect(errorCode(await creating)).toBe('topic-exists');
  });

  it('an outcome that nobody knows is a timeout', async () => {
    await using node = await startWithMessage();
    node.group.behaviour = 'lose-track';
    expect(await node.call('GET', '/message/t')).toMatchObject(failed(408));
  });

  it('what is committed after its timeout does no harm', async () => {
    await using node = await startWithMessage(impatient);
    node.group.behaviour = 'hang';
    const answers = await Promise.all(writes.map((write) => node.call(...write)));
    expect(answers).toMatchObject(writes.map(() => failed(408)));
    node.group.behaviour = 'commit';
    node.group.release();
    expect(await node.call('GET', '/topic')).toMatchObject({
      text: '{"success":true,"topics":["t","new"]}',
    });
    expect(node.group.machine.violations()).toEqual([]);
  });
});

describe('status and probes', () => {
  it.each([
    ['leader', 'Leader'],
    ['follower', 'Follower'],
    ['candidate', 'Candidate'],
    ['pre-candidate', 'Follower'],
  ] as const)('a %s shows as %s', async (role, shown) => {
    await using node = await startNode();
    node.group.overrides = { role };
    const { status, text } = await node.call('GET', '/status');
    expect([status, text]).toEqual([200, `{"role":"${shown}","term":3}`]);
  });

  it('tell a living node from a ready one', async () => {
    await using node = await startNode();
    const { port } = await node.server.internal.listen(0, '127.0.0.1');
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect(health.status).toBe(200);
    expect(await node.call('GET', '/')).toMatchObject({ status: 200 });
    expect(await node.call('GET', '/readyz')).toMatchObject({ status: 200 });
    node.group.overrides = { ready: false, role: 'follower' };
    expect(await node.call('GET', '/readyz')).toMatchObject({
      status: 503,
      text: '{"ready":false,"reason":"no leader is known"}',
    });
    expect(await node.call('GET', '/livez')).toMatchObject({ status: 200 });
  });
});

describe('what is no call', () => {
  it.each([
    ['GET', '/nothing', 404],
    ['GET', '/TOPIC', 404],
    ['GET', '/message', 405],
    ['GET', '/message/', 404],
    ['GET', '/message/a/b', 404],
    ['POST', '/topic', 405],
    ['DELETE', '/topic', 405],
    ['POST', '/message', 405],
    ['PUT', '/message/t', 405],
    ['HEAD', '/message/t', 405],
    ['GET', '/message/%zz', 400],
    ['GET', '/message/%ed%a0%80', 400],
    ['POST', '/message/%zz', 400],
  ])('%s %s is answered %i', async (method, path, status) => {
    await using node = await startWithMessage();
    const answer = await node.call(method, path);
    expect(answer.status).toBe(status);
    expect(answer.text).toBe(method === 'HEAD' ? '' : '{"success":false}');
    expect(answer.headers['rrmq-error']).toMatch(/^[a-z-]+: [\x20-\x7e]+$/);
    expect(answer.headers.allow !== undefined).toBe(status === 405);
    expect(node.group.machine.available('t')).toBe(1);
  });

  it('the methods of a path are named', async () => {
    await using node = await startNode();
    expect((await node.call('POST', '/topic')).headers.allow).toBe('PUT, GET, HEAD');
    expect((await node.call('HEAD', '/message/t')).headers.allow).toBe('GET');
    expect(await node.call('HEAD', '/status')).toMatchObject({ status: 200, text: '' });
  });
});
