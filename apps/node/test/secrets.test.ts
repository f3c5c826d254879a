import { chmodSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { NodeFailure } from '../src/node-failure.ts';
import { type SecretSettings, readSecrets } from '../src/secrets.ts';
import { TempFolder } from './processes/temp-folder.ts';

const SECRET = 'a secret of sixteen and more';

const NOTHING: SecretSettings = {
  clusterSecret: undefined,
  adminToken: undefined,
  tls: undefined,
};

let folder: TempFolder;
let warnings: string[];

beforeEach(() => {
  folder = new TempFolder();
  warnings = [];
});

afterEach(() => folder[Symbol.dispose]());

function write(name: string, content: string, mode = 0o600): string {
  const path = folder.file(name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const read = (settings: Partial<SecretSettings>) =>
  readSecrets({ ...NOTHING, ...settings }, (text) => warnings.push(text));

const inFile = (path: string) => ({ kind: 'file', path, from: '--x' }) as const;
const inText = (text: string) => ({ kind: 'text', text, from: 'RRMQ_X' }) as const;

function failureOf(settings: Partial<SecretSettings>): NodeFailure {
  try {
    read(settings);
  } catch (error) {
    if (error instanceof NodeFailure) return error;
  }
  throw new Error('these settings were taken');
}

function tlsOf(key: string, cert: string, ca = cert): SecretSettings['tls'] {
  const [one, two, three] = [key, cert, ca].map((path) => ({ path, from: '--tls' }));
  return one && two && three && { key: one, cert: two, ca: three };
}

const pair = () => generate(undefined, { algorithm: 'sha256', keyType: 'ec' });

describe('secrets', () => {
  it('are none without settings', () => {
    expect(read({})).toEqual(NOTHING);
  });

  it('are read without the line break at their end', () => {
    const clusterSecret = inFile(write('secret', `${SECRET}\n`));
    expect(read({ clusterSecret, adminToken: inText('0123456789abcdef') })).toEqual({
      ...NOTHING,
      clusterSecret: SECRET,
      adminToken: '0123456789abcdef',
    });
    expect(warnings).toEqual([]);
  });

  it('in a file that everyone may read are taken with a warning', () => {
    const path = write('secret', SECRET, 0o644);
    expect(read({ clusterSecret: inFile(path) }).clusterSecret).toBe(SECRET);
    expect(warnings).toEqual([
      `${path} (--x) is open to everyone on this machine: chmod 600 ${path}`,
    ]);
  });

  it.each([
    ['missing', undefined, 'does not exist'],
    ['empty', ' \n', 'is empty'],
    ['short', 'hunter2', 'is shorter than 16 characters'],
    ['far too long', 'x'.repeat(1024 * 1024 + 1), 'is too large'],
  ])('in a file that is %s are refused, and not told', (name, content, words) => {
    const path = content === undefined ? folder.file(name) : write(name, content);
    const { message, advice } = failureOf({ clusterSecret: inFile(path) });
    expect(message).toContain(words);
    expect(message).toContain(path);
    expect(`${message} ${advice}`).not.toContain('hunter2');
  });

  it('in a file with a relative path are looked for in the working directory, and the place is told', () => {
    const { message } = failureOf({ clusterSecret: inFile('no/such.secret') });
    expect(message).toBe(`The file ${resolve('no/such.secret')} (--x) does not exist.`);
  });

  it('in what is no file are refused', () => {
    const { message } = failureOf({ clusterSecret: inFile(folder.path) });
    expect(message).toContain('cannot be read (EISDIR)');
  });

  it('that are short or cannot be sent are refused, and not told', () => {
    const short = failureOf({ adminToken: inText('hunter2') });
    expect(short.message).toBe('The secret in RRMQ_X is shorter than 16 characters.');
    const odd = failureOf({ adminToken: inText('two words of a token') });
    expect(odd.message).toBe('The token in RRMQ_X holds characters that no HTTP header can carry.');
  });
});

describe('files of TLS', () => {
  let [KEY, CERT] = ['', ''];

  beforeAll(async () => {
    ({ private: KEY, cert: CERT } = await pair());
  });

  it('are read as they are', () => {
    const tls = tlsOf(write('key', KEY), write('cert', CERT, 0o644));
    const found = read({ tls }).tls;
    expect([found?.key, found?.cert, found?.ca].map(String)).toEqual([KEY, CERT, CERT]);
    expect(warnings).toEqual([]);
  });

  it('are told when everyone may read the key', () => {
    read({ tls: tlsOf(write('key', KEY, 0o644), write('cert', CERT)) });
    expect(warnings).toHaveLength(1);
  });

  it('that were mistaken for each other are refused', () => {
    const { message } = failureOf({ tls: tlsOf(write('key', CERT), write('cert', CERT)) });
    expect(message).toContain('holds no PRIVATE KEY in PEM');
  });

  it('that do not belong together are refused', async () => {
    const { cert } = await pair();
    const { message } = failureOf({ tls: tlsOf(write('key', KEY), write('cert', cert)) });
    expect(message).toContain('cannot be used for TLS');
    expect(message).not.toContain(KEY.slice(40, 60));
  });

  it('that are missing are named', () => {
    const tls = tlsOf(write('key', KEY), write('cert', CERT), 'nowhere.crt');
    expect(failureOf({ tls }).message).toBe(
      `The file ${resolve('nowhere.crt')} (--tls) does not exist.`,
    );
    const path = folder.file('nowhere');
    const { message } = failureOf({ tls: tlsOf(write('key', KEY), write('cert', CERT), path) });
    expect(message).toBe(`The file ${path} (--tls) does not exist.`);
  });
});
