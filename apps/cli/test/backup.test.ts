import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeBackupChunkHead, encodeBackupStart, encodeBackupTrailer } from '@rrmq/contract';
import { formatBytes } from '../src/bytes.ts';
import { countingBytes } from '../src/progress.ts';
import { SeedNode } from './seed-node.ts';
import { ClosedPipe, type Ran, rrmq, type Surroundings } from './shell.ts';

let node: SeedNode;
let folder: string;

beforeEach(async () => {
  node = await SeedNode.start();
  folder = await mkdtemp(join(tmpdir(), 'rrmq-cli-'));
});

afterEach(async () => {
  await node.close();
  await rm(folder, { recursive: true });
});

function onNode(args: string[], around: Surroundings = {}): Promise<Ran> {
  return rrmq(args, { url: node.url, ...around });
}

const createdAt = '2026-01-01T00:00:00.000Z';
const backup = encodeBackup(Buffer.alloc(3 * 1024, 'x'));
const restored = { status: 200, body: { topics: 2, messages: 5 } };

function encodeBackup(chunk: Buffer): Buffer {
  const about = { clusterId: 'c0ffee', index: 7, at: 1, createdAt, version: '1' };
  const start = encodeBackupStart({ format: 1, ...about });
  const before = Buffer.concat([start, encodeBackupChunkHead(chunk), chunk]);
  const sha256 = createHash('sha256').update(before).digest('hex');
  return Buffer.concat([before, encodeBackupTrailer({ chunks: 1, bytes: chunk.length, sha256 })]);
}

describe('rrmq backup save', () => {
  beforeEach(() => {
    node.v1 = () => backup;
  });

  it('writes a whole file, for its owner only', async () => {
    const file = join(folder, 'a.backup');
    const ran = await onNode(['backup', 'save', file]);
    expect(ran).toEqual({ code: 0, out: `c0ffee\t7\t${createdAt}\t3.0 KiB\n`, err: '' });
    expect(await readFile(file)).toEqual(backup);
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(await readdir(folder)).toEqual(['a.backup']);
  });

  it('replaces a file only when told to', async () => {
    const file = join(folder, 'a.backup');
    await writeFile(file, 'old');
    const refused = await onNode(['backup', 'save', file]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--force') });
    expect(await readFile(file, 'utf8')).toBe('old');
    expect(node.v1Requests).toEqual([]);
    expect(await onNode(['backup', 'save', file, '--force'])).toMatchObject({ code: 0 });
    expect(await readFile(file)).toEqual(backup);
  });

  it('never replaces a file that appeared meanwhile', async () => {
    const file = join(folder, 'a.backup');
    node.v1 = () => {
      writeFileSync(file, 'other');
      return backup;
    };
    expect(await onNode(['backup', 'save', file])).toMatchObject({ code: 1, out: '' });
    expect(await readFile(file, 'utf8')).toBe('other');
    expect(await readdir(folder)).toEqual(['a.backup']);
  });

  it.each([
    ['is cut off', backup.subarray(0, -1)],
    ['is damaged', Buffer.from(backup).fill('y', 1000, 1001)],
  ])('leaves nothing when it %s', async (_, bytes) => {
    node.v1 = () => bytes;
    const ran = await onNode(['backup', 'save', join(folder, 'a.backup')]);
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('[backup-malformed]\nnext: ');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says where it cannot write', async () => {
    const file = join(folder, 'no', 'a.backup');
    const missing = await onNode(['backup', 'save', file]);
    expect(missing).toMatchObject({ code: 1 });
    const what = `cannot write ${file}: there is no folder ${join(folder, 'no')}`;
    expect(missing.err).toBe(`error: ${what}\nnext: create the folder, or choose another\n`);
    await writeFile(join(folder, 'file'), '');
    const ran = await onNode(['backup', 'save', join(folder, 'file', 'a.backup')]);
    expect(ran.err).toContain(`${join('file', 'a.backup')}: not a directory (ENOTDIR)\n`);
    expect(ran.err).not.toContain('.partial');
  });

  it('says what other commands say when no leader is known', async () => {
    node.role = 'Follower';
    node.v1 = () => 'backup-unavailable';
    const ran = await onNode(['backup', 'save', join(folder, 'a.backup'), '--timeout', '200ms']);
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(ran.err).toContain('this node does not lead and knows of no leader');
    expect(ran.err).toContain('[no-leader]\nnext: wait for an election');
  });

  it('writes to standard output, but not to a terminal or a reader that leaves', async () => {
    expect(await onNode(['backup', 'save', '-'])).toMatchObject({ code: 0, err: '' });
    expect(await onNode(['backup', 'save', '-'], { isTerminal: true })).toMatchObject({ code: 2 });
    const ran = await onNode(['backup', 'save', '-'], { stdout: new ClosedPipe(0) });
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('to its end') });
  });
});

describe('rrmq backup verify', () => {
  it.each(['json', 'jsonl'])('tells what a file is as %s', async (format) => {
    const file = join(folder, 'a.backup');
    await writeFile(file, backup);
    const ran = await rrmq(['backup', 'verify', file, '-o', format]);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ran.out)).toEqual({
      file,
      format: 1,
      clusterId: 'c0ffee',
      index: 7,
      at: 1,
      createdAt,
      version: '1',
      chunks: 1,
      bytes: 3072,
    });
  });

  it('reads standard input', async () => {
    const stdin = [backup.subarray(0, 100), backup.subarray(100)];
    expect(await rrmq(['backup', 'verify', '-'], { stdin })).toMatchObject({ code: 0 });
  });

  it.each([
    ['is cut off', backup.subarray(0, -1), 'the trailer is missing'],
    ['is damaged', Buffer.from(backup).fill('y', 1000, 1001), 'a chunk is damaged'],
    ['is something else', Buffer.from('something else'), 'this is no backup'],
    ['is empty', Buffer.alloc(0), 'the trailer is missing'],
  ])('ends with 1 when it %s', async (_, bytes, text) => {
    const ran = await rrmq(['backup', 'verify', '-'], { stdin: [bytes] });
    expect(ran).toMatchObject({ code: 1, out: '', err: expect.stringContaining(text) });
  });

  it('says which file cannot be read', async () => {
    const ran = await rrmq(['backup', 'verify', join(folder, 'none')]);
    expect(ran).toMatchObject({ code: 1, err: expect.stringContaining('cannot read') });
  });
});

describe('rrmq backup restore', () => {
  beforeEach(() => {
    node.v1 = () => restored;
  });

  it('sends a file, with the admin token', async () => {
    const file = join(folder, 'a.backup');
    await writeFile(file, backup);
    const env = { RRMQ_URL: node.url, RRMQ_ADMIN_TOKEN: 'secret' };
    const ran = await rrmq(['backup', 'restore', file], { env });
    expect(ran).toEqual({ code: 0, out: '2\t5\n', err: '' });
    expect(node.v1Requests).toEqual([
      {
        call: 'POST /v1/backup',
        authorization: 'Bearer secret',
        body: backup.toString('latin1'),
      },
    ]);
  });

  it('sends nothing of a damaged file', async () => {
    const file = join(folder, 'a.backup');
    await writeFile(file, backup.subarray(0, -1));
    expect(await onNode(['backup', 'restore', file])).toMatchObject({ code: 1 });
    expect(node.v1Requests).toEqual([]);
  });

  it('sends standard input', async () => {
    const stdin = [backup.subarray(0, 100), backup.subarray(100)];
    const ran = await onNode(['backup', 'restore', '-', '-o', 'json'], { stdin });
    expect(JSON.parse(ran.out)).toEqual({ topics: 2, messages: 5 });
  });

  it.each([
    ['not-empty', 1, 'without topics'],
    ['not-committed-in-time', 5, 'look before you repeat it'],
    ['no-leader', 4, 'wait for an election'],
  ] as const)('refused as %s ends with %i and a next step', async (problem, code, next) => {
    node.v1 = () => problem;
    const ran = await onNode(['backup', 'restore', '-'], { stdin: [backup] });
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(next);
  });

  it('stopped meanwhile ends with 130', async () => {
    const stop = new AbortController();
    node.v1 = () => {
      stop.abort();
      return restored;
    };
    const ran = await onNode(['backup', 'restore', '-'], { stdin: [backup], stop: stop.signal });
    expect([5, 130]).toContain(ran.code); // all was sent before: it may have been restored
  });
});

describe('progress', () => {
  it('tells bytes, rate and, where the total is known, the share', () => {
    expect(countingBytes('saved', undefined)(3 << 20, 2)).toBe('saved 3.0 MiB (1.5 MiB/s)');
    expect(countingBytes('restored', 100)(50, 1)).toBe(
      'restored [############------------] 50% 50 B (50 B/s)',
    );
    expect(countingBytes('restored', 0)(0, 1)).toContain('100%');
  });

  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1536, '1.5 KiB'],
    [5 * 2 ** 40, '5.0 TiB'],
  ])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});
