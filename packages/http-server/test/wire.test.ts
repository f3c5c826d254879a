import { once } from 'node:events';
import { Agent } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Deadlines, type Waiting } from '../src/deadlines.ts';
import { received, send, startNode, until } from './node-under-test.ts';

const put = (message: string, more = ''): string => {
  const body = JSON.stringify({ topic: 't', message });
  const length = Buffer.byteLength(body);
  return `PUT /message HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${length}\r\n\r\n${body}`;
};
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

const statuses = (answers: string): number[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => Number(match[1]));

async function startWithTopic(limits = {}) {
  const node = await startNode(limits);
  await node.call('PUT', '/topic', { topic: 't' });
  return node;
}

describe('bodies', () => {
  it.each([
    ['announced', { 'content-length': String((8 << 20) + 1) }],
    ['in pieces', { 'transfer-encoding': 'chunked' }],
  ])('larger than 8 MiB, %s, are refused, and the sender sees it', async (_, headers) => {
    await using node = await startWithTopic();
    for (const path of ['/message', '/topic']) {
      const answer = await node.call('PUT', path, Buffer.alloc((8 << 20) + 1, ' '), headers);
      expect(answer).toMatchObject({ status: 413, text: '{"success":false}' });
      expect(answer.headers.connection).toBe('close');
    }
  });

  it('larger than 8 MiB are refused where none is expected, too, and nothing is popped', async () => {
    await using node = await startWithTopic();
    await node.call('PUT', '/message', { topic: 't', message: 'kept' });
    const length = { 'content-length': String((8 << 20) + 1) };
    const answer = await node.call('GET', '/message/t', Buffer.alloc((8 << 20) + 1, ' '), length);
    expect(answer).toMatchObject({ status: 413, text: '{"success":false}' });
    expect((await node.call('GET', '/message/t')).text).toContain('kept');
  });

  it('of 8 MiB are fine', async () => {
    await using node = await startWithTopic();
    const frame = Buffer.byteLength('{"topic":"t","message":""}');
    const message = 'x'.repeat((8 << 20) - frame);
    expect(await node.call('PUT', '/message', { topic: 't', message })).toMatchObject({
      status: 200,
    });
    const { text } = await node.call('GET', '/message/t');
    expect(text === JSON.stringify({ success: true, message })).toBe(true);
  });

  it('that arrive in pieces, beyond the memory for all of them, are refused for now', async () => {
    await using node = await startWithTopic({ arrivingBytesMax: 190 });
    const whole = put('x'.repeat(150), 'Connection: close\r\n');
    const half = whole.slice(0, -75); // 101 of 176 bytes of the body
    const sockets = [node.connect(), node.connect()];
    const first = Promise.race(sockets.map((socket) => once(socket, 'data')));
    for (const socket of sockets) socket.write(half);
    const refused = String(await first);
    expect(statuses(refused)).toEqual([503]);
    expect(refused).toContain('Retry-After: 1');
    for (const socket of sockets) socket.end(whole.slice(-75));
    await until(() => node.group.machine.available('t') === 1);
    const third = node.connect();
    third.write(half);
    setImmediate(() => third.write(whole.slice(-75)));
    expect(statuses(await received(third))).toEqual([200]);
  });

  it('come byte by byte, or after "100 Continue"', async () => {
    await using node = await startWithTopic();
    const socket = node.connect();
    socket.setNoDelay(true);
    for (const byte of put('slow', 'Connection: close\r\n')) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(statuses(await received(socket))).toEqual([200]);
    const expecting = node.connect();
    expecting.write(put('patient', 'Expect: 100-continue\r\nConnection: close\r\n'));
    expect(statuses(await received(expecting))).toEqual([100, 200]);
    expect(node.group.machine.available('t')).toBe(2);
  });

  it('of clients that go away midway are forgotten', async () => {
    await using node = await startWithTopic();
    const before = node.group.machine.appliedIndex;
    const socket = node.connect();
    socket.write(put('never').slice(0, -5));
    await until(() => socket.bytesWritten > 0);
    socket.destroy();
    expect(await node.call('GET', '/status')).toMatchObject({ status: 200 });
    expect(node.group.machine.appliedIndex).toBe(before);
  });
});

describe('connections', () => {
  it('carry pipelined requests, answered in order', async () => {
    await using node = await startWithTopic();
    const socket = node.connect();
    const answers = received(socket);
    socket.write(put('1') + put('2') + get('/status') + get('/%zz'));
    await until(() => node.group.machine.available('t') === 2);
    socket.write(get('/message/t?a=b') + get('/message/t', 'Connection: close\r\n'));
    expect(statuses(await answers)).toEqual([200, 200, 200, 404, 200, 200]);
    const popped = [...(await answers).matchAll(/"message":"(\d)"/g)].map((match) => match[1]);
    expect(popped).toEqual(['1', '2']);
  });

  it('take absolute URLs, as sent to proxies', async () => {
    await using node = await startWithTopic();
    await node.call('PUT', '/message', { topic: 't', message: 'hi' });
    const socket = node.connect();
    socket.write(get('http://host/message/%74', 'Connection: close\r\n'));
    expect(await received(socket)).toContain('{"success":true,"message":"hi"}');
  });

  it.each([
    ['a head beyond 64 KiB', get('/status', `X: ${'x'.repeat(70_000)}\r\n`), [431]],
    ['no HTTP', 'hello\r\n\r\n', [400]],
  ])('that send %s are closed', async (_, text, expected) => {
    await using node = await startNode();
    const socket = node.connect();
    socket.write(text);
    expect(statuses(await received(socket))).toEqual(expected);
  });

  it('end when a request does not arrive in time', async () => {
    await using node = await startNode({ headTimeoutMs: 1, requestTimeoutMs: 1 });
    const socket = node.connect();
    socket.write('PUT /message HTTP/1.1\r\nHost: x\r\n');
    expect(statuses(await received(socket))).toEqual([408]);
  });
});

describe('a stop', () => {
  it('answers what is in flight and closes connections that clients keep open', async () => {
    const node = await startWithTopic();
    const agent = new Agent({ keepAlive: true });
    const { port } = node;
    await send({ port, path: '/status', agent }, undefined); // a connection that is idle by now
    const untouched = node.connect();
    await new Promise((resolve) => {
      untouched.once('connect', resolve);
    });
    node.group.behaviour = 'hang';
    const inFlight = send(
      { port, method: 'PUT', path: '/message', agent },
      { topic: 't', message: 'm' },
    );
    await until(() => node.group.held === 1);
    const stopped = node.server.stop();
    await expect(send({ port, path: '/status', agent: false }, undefined)).rejects.toThrow(
      'ECONNREFUSED',
    );
    node.group.release();
    const answer = await inFlight;
    expect(answer.status).toBe(200);
    expect(answer.headers.connection).toBe('close');
    await stopped;
    await received(untouched);
    agent.destroy();
  });

  it('ends in bounded time when something is never answered', async () => {
    const node = await startWithTopic({ stopTimeoutMs: 20 });
    node.group.behaviour = 'hang';
    const inFlight = node.call('GET', '/message/t').catch((error: unknown) => error);
    await until(() => node.group.held === 1);
    await node.server.stop();
    expect(await inFlight).toMatchObject({ code: 'ECONNRESET' });
  });

  it('leaves upgraded connections to their owner', async () => {
    const node = await startNode();
    const owned = new Promise<{ destroyed: boolean; destroy(): void }>((resolve) => {
      node.server.external.server.on('upgrade', (_, socket) => resolve(socket));
    });
    node.connect().write(get('/', 'Connection: Upgrade\r\nUpgrade: rrmq-raft/1\r\n'));
    const socket = await owned;
    await node.server.stop();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});

describe('deadlines', () => {
  const expired: string[] = [];
  const entry = (name: string): Waiting => ({
    dueAtMs: 0,
    previous: undefined,
    next: undefined,
    expire: () => expired.push(name),
  });

  beforeEach(() => {
    jest.useFakeTimers();
    expired.length = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('expire in order, each after its time and not before', () => {
    const deadlines = new Deadlines(100);
    deadlines.enter(entry('a'));
    jest.advanceTimersByTime(60);
    deadlines.enter(entry('b'));
    jest.advanceTimersByTime(39);
    expect(expired).toEqual([]);
    jest.advanceTimersByTime(2);
    expect(expired).toEqual(['a']);
    jest.advanceTimersByTime(58);
    expect(expired).toEqual(['a']);
    jest.advanceTimersByTime(2);
    expect(expired).toEqual(['a', 'b']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('spare those that left, from any place, and serve those that enter meanwhile', () => {
    const deadlines = new Deadlines(100);
    const entries = ['a', 'b', 'c', 'd'].map(entry);
    for (const each of entries) deadlines.enter(each);
    for (const place of [1, 0, 3]) deadlines.leave(entries[place] ?? entry('none'));
    jest.advanceTimersByTime(101);
    expect(expired).toEqual(['c']);
    const again = { ...entry('e'), expire: () => deadlines.enter(entry('f')) };
    deadlines.enter(again);
    jest.advanceTimersByTime(250);
    expect(expired).toEqual(['c', 'f']);
  });
});
