import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SeedNode } from './seed-node.ts';
import { rrmq } from './shell.ts';
import { testCertificate, testKey } from './test-certificate.ts';

let plain: SeedNode;
let secure: https.Server;
/** Where the server with TLS is. */
let host: string;
let folder: string;

beforeEach(async () => {
  plain = await SeedNode.start();
  secure = https.createServer({ cert: testCertificate, key: testKey }, (_, response) => {
    response.end('{"role":"Leader","term":1}');
  });
  secure.listen(0, '127.0.0.1');
  await once(secure, 'listening');
  host = `127.0.0.1:${(secure.address() as AddressInfo).port}`;
  folder = await mkdtemp(join(tmpdir(), 'rrmq-cli-'));
});

afterEach(async () => {
  secure.close();
  secure.closeAllConnections();
  await plain.close();
  await rm(folder, { recursive: true });
});

const commands = [[['status']], [['topic', 'ls', '--timeout', '200ms']]];

describe('https', () => {
  it.each(commands)('%j advises --ca for a certificate that is not trusted', async (args) => {
    const ran = await rrmq(args, { url: `https://${host}` });
    expect(ran.err).toContain('is not trusted: self-signed certificate');
    expect(ran.err).toContain('\nnext: name the certificate of the authority that signed it with');
  });

  it.each(commands)('%j advises http for a port that speaks no TLS', async (args) => {
    const url = plain.url.replace('http:', 'https:');
    const ran = await rrmq(args, { url });
    expect(ran.code).toBe(4);
    expect(ran.err).toContain(`${url} cannot be reached: that port speaks no TLS`);
    expect(ran.err).toContain('\nnext: write http:// in --url or RRMQ_URL');
    expect(ran.err.trim().split('\n')).toHaveLength(2);
  });

  it.each(commands)('%j advises https for a port that may speak it', async (args) => {
    const ran = await rrmq(args, { url: `http://${host}` });
    expect(ran).toMatchObject({ code: 4 });
    expect(ran.err).toContain(`http://${host} hung up without an answer: perhaps that port speaks`);
    expect(ran.err).toContain(
      '\nnext: if the nodes speak TLS, write https:// in --url or RRMQ_URL',
    );
  });

  it('is spoken with nodes that the authority of --ca vouches for', async () => {
    const file = join(folder, 'ca.crt');
    await writeFile(file, testCertificate);
    const ran = await rrmq(['status', '--ca', file], { url: `https://${host}` });
    expect(ran).toMatchObject({ code: 0, err: '' });
  });
});

describe('a file of the wrong kind', () => {
  it('as --ca is refused by its name', async () => {
    const file = join(folder, 'token');
    await writeFile(file, 'secret\n');
    const ran = await rrmq(['status', '--ca', file], { url: plain.url });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(`error: --ca ${file} holds no certificates in PEM\nnext: name the`);
  });

  it('as --token-file is refused by its name, and its content is not shown', async () => {
    const file = join(folder, 'ca.crt');
    await writeFile(file, testCertificate);
    const ran = await rrmq(['status', '--token-file', file], { url: plain.url });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain(
      `error: --token-file ${file} holds no admin token: one is of visible`,
    );
    expect(ran.err).not.toContain('--url');
    expect(ran.err).not.toContain('BEGIN');
  });

  it('that cannot be read is named, without what the system calls it', async () => {
    const file = join(folder, 'none');
    const ran = await rrmq(['status', '--ca', file], { url: plain.url });
    expect(ran.err).toBe(
      `error: --ca ${file} cannot be read: no such file or directory (ENOENT)\n` +
        'next: name a file that you may read\n',
    );
  });

  it('is no better in RRMQ_ADMIN_TOKEN', async () => {
    const env = { RRMQ_ADMIN_TOKEN: 'two words' };
    const ran = await rrmq(['status'], { url: plain.url, env });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(ran.err).toContain('error: RRMQ_ADMIN_TOKEN is no admin token');
  });
});
