import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { crc32 as crc32Of } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { BACKUP_MEDIA_TYPE, BackupDecoder, type BackupPart, problemSchema } from '@rrmq/contract';
import type { QueueResult } from '@rrmq/queue';
import { term } from '@rrmq/raft';
import { type Answer, type NodeUnderTest, startNode, until } from './node-under-test.ts';
import { BackupRefused, leaderElsewhere } from './test-group.ts';

const chunks = [Buffer.from('one'), Buffer.alloc(200_000, 'x'), Buffer.from('three')];

function partsOf(backup: Buffer): BackupPart[] {
  const decoder = new BackupDecoder();
  const parts = [...decoder.push(backup)];
  decoder.end();
  return parts;
}

/** The bytes of a backup, as a node sends them. */
async function backupOf(node: NodeUnderTest): Promise<Buffer> {
  node.group.backup = chunks;
  const response = await fetch(`http://127.0.0.1:${node.port}/v1/backup`);
  return Buffer.from(await response.arrayBuffer());
}

const type = { 'Content-Type': BACKUP_MEDIA_TYPE };
const restore = (node: NodeUnderTest, backup: Buffer) =>
  node.call('POST', '/v1/backup', backup, type);

function codeOf({ status, text }: Answer): string {
  const problem = problemSchema.parse(JSON.parse(text));
  expect(problem.status).toBe(status);
  return problem.code;
}

const kinds = (node: NodeUnderTest): string[] =>
  node.group.restored.map((command) => (JSON.parse(command) as { kind: string }).kind);

/** A restore that had begun was ended by what is no chunk, under the number that was wanted next. */
function expectAbandoned(node: NodeUnderTest): void {
  const all = kinds(node);
  const last = JSON.parse(node.group.restored.at(-1) ?? '{"number":0,"chunk":""}') as object;
  const number = Math.max(0, all.filter((kind) => kind === 'restore-chunk').length - 1);
  expect(last).toMatchObject({ number, chunk: '' });
}

/** Chunks for ever, counted. */
class Endless {
  taken = 0;

  *[Symbol.iterator](): Generator<Buffer, void, undefined> {
    for (;;) {
      this.taken++;
      yield Buffer.alloc(256 * 1024);
    }
  }
}

describe('GET /v1/backup', () => {
  it('streams the state with a header in front and a trailer behind', async () => {
    await using node = await startNode();
    node.group.backup = chunks;
    const response = await fetch(`http://127.0.0.1:${node.port}/v1/backup`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(BACKUP_MEDIA_TYPE);
    expect(response.headers.get('content-disposition')).toContain('rrmq-42.backup');
    const parts = partsOf(Buffer.from(await response.arrayBuffer()));
    expect(parts[0]).toMatchObject({
      header: { format: 1, clusterId: 'c0ffee', index: 42, at: 1000, version: 'test' },
    });
    expect(parts.at(-1)).toMatchObject({ trailer: { chunks: 3, bytes: 200_008 } });
    await until(() => node.group.openViews === 0);
  });

  it('that cannot be made now is refused for now', async () => {
    await using node = await startNode();
    node.group.backup = new BackupRefused('no backup can be made now: no leader');
    const answer = await node.call('GET', '/v1/backup');
    expect([answer.status, codeOf(answer)]).toEqual([503, 'backup-unavailable']);
    expect(answer.text).toContain('no leader');
  });

  it('that cannot be opened is a failure of the node', async () => {
    await using node = await startNode();
    node.group.backup = new Error('disk on fire');
    const answer = await node.call('GET', '/v1/backup');
    expect([answer.status, codeOf(answer)]).toEqual([500, 'internal-error']);
    expect(answer.text).not.toContain('fire');
  });

  it('that breaks off looks broken off', async () => {
    await using node = await startNode();
    node.group.backup = (function* broken() {
      yield Buffer.from('one');
      throw new Error('disk on fire');
    })();
    await expect(node.call('GET', '/v1/backup')).rejects.toThrow(/aborted|hang up/);
    expect(node.group.openViews).toBe(0);
  });

  it('waits for its client, and is closed when that goes away', async () => {
    await using node = await startNode();
    const endless = new Endless();
    node.group.backup = endless;
    const socket = node.connect();
    socket.pause();
    socket.write('GET /v1/backup HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => node.group.openViews === 1);
    let before = -1;
    // Nothing more is taken once the buffers between the two are full.
    await until(() => {
      const still = before === endless.taken;
      before = endless.taken;
      return still && before > 0;
    });
    expect(endless.taken).toBeLessThan(100);
    socket.destroy();
    await until(() => node.group.openViews === 0);
  });

  it('is given up when its client stands still', async () => {
    await using node = await startNode({ streamIdleMs: 20 });
    node.group.backup = new Endless();
    const socket = node.connect();
    socket.pause();
    socket.write('GET /v1/backup HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => node.group.openViews === 1);
    await until(() => node.group.openViews === 0);
    socket.destroy();
  });

  it('is sent to a few clients at once', async () => {
    await using node = await startNode();
    node.group.backup = new Endless();
    const sockets = Array.from({ length: 4 }, () => node.connect());
    for (const socket of sockets) {
      socket.pause();
      socket.write('GET /v1/backup HTTP/1.1\r\nHost: x\r\n\r\n');
    }
    await until(() => node.group.openViews === 4);
    expect(codeOf(await node.call('GET', '/v1/backup'))).toBe('overloaded');
    for (const socket of sockets) socket.destroy();
  });
});

describe('POST /v1/backup', () => {
  it('restores what was saved, in order, and ends it when all is checked', async () => {
    await using node = await startNode();
    const answer = await restore(node, await backupOf(node));
    expect(answer).toMatchObject({ status: 200, text: '{"topics":0,"messages":0}' });
    expect(kinds(node)).toEqual([
      'restore-begin',
      'restore-chunk',
      'restore-chunk',
      'restore-chunk',
      'restore-end',
    ]);
    const commands = node.group.restored.map((text) => JSON.parse(text) as object);
    expect(commands[0]).toEqual({
      kind: 'restore-begin',
      backupId: expect.any(String),
      text: expect.stringContaining('cluster c0ffee, index 42, saved at 20'),
    });
    expect(commands[3]).toEqual({ kind: 'restore-chunk', number: 2, chunk: 'three' });
    expect(commands[4]).toEqual({ kind: 'restore-end' });
    expect(new Set(node.group.effects)).toEqual(new Set(['grows']));
  });

  it('tells what the cluster holds then', async () => {
    await using node = await startNode();
    const backup = await backupOf(node);
    await node.call('PUT', '/topic', { topic: 't' });
    await node.call('PUT', '/message', { topic: 't', message: 'm' });
    expect(await restore(node, backup)).toMatchObject({ text: '{"topics":1,"messages":1}' });
  });

  it.each<[string, (backup: Buffer) => Buffer, string]>([
    ['is none', () => Buffer.from('no backup at all'), 'this is no backup'],
    ['is empty', () => Buffer.alloc(0), 'the trailer is missing'],
    ['is cut off', (backup) => backup.subarray(0, -1), 'the trailer is missing'],
    ['is damaged', (backup) => changed(backup, 400), 'a chunk is damaged'],
    ['has another SHA-256', withOtherSum, 'SHA-256'],
  ])('refuses what %s, and leaves nothing of it', async (_, change, text) => {
    await using node = await startNode();
    const answer = await restore(node, change(await backupOf(node)));
    expect([answer.status, codeOf(answer)]).toEqual([400, 'backup-malformed']);
    expect(answer.text).toContain(text);
    expect(kinds(node)).not.toContain('restore-end');
    expectAbandoned(node);
  });

  it.each<[QueueResult | { ok: false; code: string }, number, string]>([
    [{ ok: false, code: 'not-empty' }, 409, 'not-empty'],
    [{ ok: false, code: 'no-restore' }, 409, 'restore-conflict'],
    [{ ok: false, code: 'malformed-command' }, 400, 'backup-malformed'],
  ])('that the queue refuses as %j is answered %i %s', async (result, status, code) => {
    await using node = await startNode();
    const backup = await backupOf(node);
    node.group.restoreResults.push(result as QueueResult);
    const answer = await restore(node, backup);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(kinds(node)).toEqual(['restore-begin']);
  });

  it.each([
    ['disk-full', 507, 'disk-full'],
    ['stopping', 503, 'shutting-down'],
    ['not-leader', 503, 'no-leader'],
    ['lose-track', 504, 'not-committed-in-time'],
  ] as const)('in a group that says %s is answered %i %s', async (behaviour, status, code) => {
    await using node = await startNode();
    const backup = await backupOf(node);
    node.group.behaviour = behaviour;
    const answer = await restore(node, backup);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  });

  it('is thrown away when a chunk is refused, also on full disks', async () => {
    await using node = await startNode();
    const backup = await backupOf(node);
    const taken = { ok: true, kind: 'topic-created', topicNumber: 1 } as const;
    const refused = { ok: false, code: 'malformed-command' } as const;
    node.group.restoreResults.push(taken, taken, refused);
    expect(codeOf(await restore(node, backup))).toBe('backup-malformed');
    expect(kinds(node)).toHaveLength(4);
    expect(JSON.parse(node.group.restored[3] ?? '')).toMatchObject({ number: 1, chunk: '' });
    expect(node.group.effects.at(-1)).toBe('shrinks');
  });

  it('goes on in one term only', async () => {
    await using node = await startNode();
    const backup = await backupOf(node);
    node.group.behaviour = 'hang';
    const restoring = restore(node, backup);
    await until(() => node.group.held === 1);
    node.group.overrides = { term: term(5) };
    node.group.behaviour = 'commit';
    node.group.release();
    const answer = await restoring;
    expect([answer.status, codeOf(answer)]).toEqual([503, 'no-leader']);
    expect(kinds(node)).toEqual(['restore-begin']);
  });

  it('is taken one at a time', async () => {
    await using node = await startNode();
    const backup = await backupOf(node);
    node.group.behaviour = 'hang';
    const first = restore(node, backup);
    await until(() => node.group.held === 1);
    expect(codeOf(await restore(node, backup))).toBe('restore-conflict');
    node.group.behaviour = 'commit';
    node.group.release();
    expect(await first).toMatchObject({ status: 200 });
    expect(await restore(node, backup)).toMatchObject({ status: 200 });
  });

  it('waits out what is over in a moment', async () => {
    await using node = await startNode({ retryMs: 1 });
    const backup = await backupOf(node);
    node.group.behaviour = 'overloaded';
    const restoring = restore(node, backup);
    await until(() => node.group.effects.length > 2);
    node.group.behaviour = 'commit';
    expect(await restoring).toMatchObject({ status: 200 });
  });

  it('takes a backup only as one, and sends others than the leader away before they read it', async () => {
    await using node = await startNode();
    const backup = await backupOf(node);
    expect(codeOf(await node.call('POST', '/v1/backup', backup))).toBe('unsupported-media-type');
    node.group.overrides = { role: 'follower', leader: leaderElsewhere };
    const answer = await restore(node, backup);
    expect(answer.status).toBe(307);
    expect(answer.headers.location).toBe('http://10.0.0.2:7002/v1/backup');
    expect(node.group.restored).toEqual([]);
  });

  it('reads no faster than the group takes it', async () => {
    await using node = await startNode();
    const backup = await backupOf(node);
    const connected = once(node.server.external.server, 'connection');
    node.group.behaviour = 'hang';
    const upload = uploadTo(node);
    upload.write(backup.subarray(0, 1000));
    upload.write(Buffer.alloc(64 << 20));
    const [socket] = (await connected) as [Socket];
    await until(() => node.group.held === 1);
    let before = -1;
    // Nothing more is read once the buffers between the two are full.
    while (before !== socket.bytesRead) {
      before = socket.bytesRead;
      for (let turn = 0; turn < 50; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect(socket.bytesRead).toBeLessThan(16 << 20);
    expect(node.group.effects).toHaveLength(1);
    upload.destroy();
    node.group.release();
  });

  it('may take longer than other requests, as long as bytes come', async () => {
    await using patient = await startNode();
    const backup = await backupOf(patient);
    await using node = await startNode({ headTimeoutMs: 200, requestTimeoutMs: 300 });
    await node.server.warmUp();
    const upload = uploadTo(node);
    upload.write(backup.subarray(0, 100));
    // It is over its time now, and goes on.
    const [error] = (await once(node.server.external.server, 'clientError')) as [Error];
    expect(error).toMatchObject({ code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    upload.end(backup.subarray(100));
    const [response] = (await once(upload, 'response')) as [IncomingMessage];
    expect([response.statusCode, await textOf(response)]).toEqual([200, expect.any(String)]);
    expect(node.server.external.server.listenerCount('clientError')).toBe(0);
  });

  it.each(['breaks off', 'stands still'])('that %s midway leaves nothing', async (how) => {
    await using node = await startNode({ streamIdleMs: 300 });
    const backup = await backupOf(node);
    const upload = uploadTo(node);
    upload.write(backup.subarray(0, -10));
    await until(() => kinds(node).length === 4);
    if (how === 'breaks off') upload.destroy();
    await until(() => kinds(node).length === 5);
    expectAbandoned(node);
    expect(await restore(node, backup)).toMatchObject({ status: 200 });
  });
});

async function textOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString();
}

function uploadTo({ port }: NodeUnderTest): ClientRequest {
  const upload = request({ port, method: 'POST', path: '/v1/backup', headers: type, agent: false });
  upload.on('error', () => undefined);
  return upload;
}

function changed(backup: Buffer, at: number): Buffer {
  const copy = Buffer.from(backup);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** The trailer's own checksum is right. */
function withOtherSum(backup: Buffer): Buffer {
  const other = Buffer.from(backup);
  const trailer = other.subarray(-52);
  trailer.fill(0xab, 20);
  trailer.writeUInt32BE(crc32Of(trailer.subarray(8)), 4);
  return other;
}
