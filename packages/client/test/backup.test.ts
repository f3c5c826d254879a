import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { BackupVerifier, connect, type RrmqClient } from '@rrmq/client';
import {
  BACKUP_MEDIA_TYPE,
  encodeBackupChunkHead,
  encodeBackupStart,
  encodeBackupTrailer,
} from '@rrmq/contract';
import { errorOf, until } from './fixture.ts';
import { testCertificate, testKey } from './test-certificate.ts';
import { json, problem, type Script, V1Node, viewOf } from './v1-node.ts';

const quick = { retryDelayMs: 1, retryDelayMsMax: 5, adminToken: 'secret' };
const backup = encodeBackup([Buffer.from('one'), Buffer.alloc(100_000, 'x')]);

function encodeBackup(chunks: readonly Buffer[]): Buffer {
  const about = { clusterId: 'c', index: 7, at: 1, createdAt: '2026-01-01', version: '1' };
  const parts: Uint8Array[] = [encodeBackupStart({ format: 1, ...about })];
  for (const chunk of chunks) parts.push(encodeBackupChunkHead(chunk), chunk);
  const before = Buffer.concat(parts);
  const sha256 = createHash('sha256').update(before).digest('hex');
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return Buffer.concat([before, encodeBackupTrailer({ chunks: chunks.length, bytes, sha256 })]);
}

function sendBackup(response: ServerResponse, bytes: Buffer): void {
  response.writeHead(200, { 'content-type': BACKUP_MEDIA_TYPE });
  response.end(bytes);
}

async function saved(client: RrmqClient): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of client.backup.save()) parts.push(part);
  return Buffer.concat(parts);
}

/** Answers as a leader, and uploads by `then`. */
const leading =
  (node: () => V1Node, then: Script): Script =>
  (seen, response) => {
    if (seen.call === 'GET /v1/cluster') json(response, 200, viewOf([node().url], 1, 1));
    else then(seen, response);
  };

describe('a backup that is saved', () => {
  it('comes as the node sent it', async () => {
    await using node = await V1Node.start((_, response) => sendBackup(response, backup));
    await using client = connect(node.url, quick);
    expect(await saved(client)).toEqual(backup);
    expect(node.seen[0]).toMatchObject({
      call: 'GET /v1/backup',
      headers: { authorization: 'Bearer secret' },
    });
  });

  it('comes over https', async () => {
    const tls = { cert: testCertificate, key: testKey };
    await using node = await V1Node.start((_, response) => sendBackup(response, backup), tls);
    await using client = connect(node.url, { ...quick, ca: testCertificate });
    expect(await saved(client)).toEqual(backup);
  });

  it('is asked for again when the node cannot begin', async () => {
    let calls = 0;
    await using node = await V1Node.start((_, response) => {
      if (++calls === 1) problem(response, 'unconfirmed');
      else sendBackup(response, backup);
    });
    await using client = connect(node.url, quick);
    expect(await saved(client)).toEqual(backup);
  });

  it('is refused for good, or nowhere to be had', async () => {
    await using node = await V1Node.start((_, response) => problem(response, 'unauthorized'));
    await using client = connect(node.url, quick);
    expect(await errorOf(saved(client))).toMatchObject({ code: 'unauthorized', status: 401 });
    await using lost = connect('http://127.0.0.1:1', { ...quick, timeoutMs: 100 });
    expect(await errorOf(saved(lost))).toMatchObject({ code: 'unreachable', outcome: 'none' });
  });

  it.each([
    [null, 'no-leader', 'this node does not lead and knows of no leader'],
    [1, 'backup-unavailable', 'the read was refused'],
  ])('says why no node can begin when the leader is %p: %s', async (leader, code, text) => {
    await using node: V1Node = await V1Node.start(({ call }, response) => {
      if (call === 'GET /v1/cluster') json(response, 200, viewOf([node.url], 1, leader));
      else problem(response, 'backup-unavailable', 'the read was refused');
    });
    await using client = connect(node.url, { ...quick, timeoutMs: 1_000 });
    const error = await errorOf(saved(client));
    expect(error).toMatchObject({ code, outcome: 'none', retryable: true, url: node.url });
    expect(error.message).toContain(text);
  });

  it.each([
    [
      'breaks off',
      (response: ServerResponse) =>
        response.write(backup.subarray(0, 2000), () => response.destroy()),
      'connection-lost',
    ],
    [
      'ends early',
      (response: ServerResponse) => response.end(backup.subarray(0, 2000)),
      'backup-malformed',
    ],
    [
      'is damaged',
      (response: ServerResponse) => response.end(Buffer.from(backup).fill(1, 500, 501)),
      'backup-malformed',
    ],
  ])('that %s is an error', async (_, finish, code) => {
    await using node = await V1Node.start((_seen, response) => {
      response.writeHead(200, { 'content-type': BACKUP_MEDIA_TYPE });
      finish(response);
    });
    await using client = connect(node.url, quick);
    expect(await errorOf(saved(client))).toMatchObject({ code, outcome: 'none' });
  });

  it('ends when its reader stops, or aborts', async () => {
    let closed = 0;
    await using node = await V1Node.start((_, response) => {
      response.writeHead(200, { 'content-type': BACKUP_MEDIA_TYPE });
      response.write(backup.subarray(0, 2000));
      response.on('close', () => closed++);
    });
    await using client = connect(node.url, quick);
    for await (const part of client.backup.save()) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    const controller = new AbortController();
    const reading = (async () => {
      for await (const part of client.backup.save({ signal: controller.signal })) {
        expect(part.length).toBeGreaterThan(0);
        controller.abort();
      }
    })();
    expect(await errorOf(reading)).toMatchObject({ code: 'aborted' });
    await until(() => closed === 2);
  });
});

describe('a backup that is restored', () => {
  it('goes to the leader, as it is', async () => {
    const restored = { topics: 2, messages: 5 };
    await using node: V1Node = await V1Node.start(
      leading(
        () => node,
        (_, response) => json(response, 200, restored),
      ),
    );
    await using client = connect(node.url, quick);
    const pieces = [backup.subarray(0, 1000), backup.subarray(1000)];
    expect(await client.backup.restore(pieces)).toEqual(restored);
    expect(node.seen[1]).toMatchObject({
      call: 'POST /v1/backup',
      body: backup.toString('latin1'),
      headers: { authorization: 'Bearer secret', 'content-type': BACKUP_MEDIA_TYPE },
    });
  });

  it.each([
    ['not-empty', 'none'],
    ['backup-malformed', 'none'],
    ['not-committed-in-time', 'unknown'],
  ] as const)('is refused as %s, once', async (code, outcome) => {
    await using node: V1Node = await V1Node.start(
      leading(
        () => node,
        (_, response) => problem(response, code),
      ),
    );
    await using client = connect(node.url, quick);
    expect(await errorOf(client.backup.restore([backup]))).toMatchObject({ code, outcome });
    expect(node.seen.filter(({ call }) => call.startsWith('POST'))).toHaveLength(1);
  });

  it('has an unknown outcome when the connection is lost behind it', async () => {
    await using node: V1Node = await V1Node.start(
      leading(
        () => node,
        (_, response) => response.destroy(),
      ),
    );
    await using client = connect(node.url, quick);
    const error = await errorOf(client.backup.restore([backup]));
    expect(error).toMatchObject({ code: 'connection-lost', outcome: 'unknown' });
  });

  it('that cannot be read is the error of its source', async () => {
    await using node: V1Node = await V1Node.start(
      leading(
        () => node,
        (_, response) => json(response, 200, { topics: 0, messages: 0 }),
      ),
    );
    await using client = connect(node.url, quick);
    const source = (function* broken() {
      yield backup.subarray(0, 100);
      throw new RangeError('cannot read');
    })();
    await expect(client.backup.restore(source)).rejects.toThrow('cannot read');
  });
});

describe('a backup checked without a node', () => {
  it('tells what it is', () => {
    const verifier = new BackupVerifier();
    verifier.push(backup);
    expect(verifier.end()).toMatchObject({ clusterId: 'c', index: 7, chunks: 2, bytes: 100_003 });
  });
});
