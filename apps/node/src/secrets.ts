import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { ExitCode } from './exit-code.ts';
import { NodeFailure } from './node-failure.ts';
import type { NamedFile, SecretSource, Settings, TlsPaths } from './settings.ts';
import { systemErrorCode } from './system-error.ts';

/** 16 random characters take longer to guess than anyone has; fewer may be a word. */
const SECRET_LENGTH_MIN = 16;

/** What keeps a long file named by mistake out of memory; keys and certificates are far shorter. */
const FILE_BYTES_MAX = 1024 * 1024;

const MAKE_ONE = 'Make one: openssl rand -hex 32';

/** Reading and writing by those who are neither the owner nor of the group. */
const OTHERS = 0o006;

/** What can stand in an HTTP header after "Bearer". */
const TOKEN = /^[\x21-\x7e]*$/;

/** The settings that name secrets. */
export type SecretSettings = Pick<Settings, 'clusterSecret' | 'adminToken' | 'tls'>;

/** TLS as read from its files, in PEM. */
interface TlsFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
  /** Who signs the certificates of peers. */
  readonly ca: Buffer;
}

/** What must not be told to anyone: never log or print one of these. */
export interface Secrets {
  /** All nodes of the cluster have the same; `undefined`: nodes are believed without. */
  readonly clusterSecret: string | undefined;
  /** `undefined`: operators are believed when they call from this machine. */
  readonly adminToken: string | undefined;
  readonly tls: TlsFiles | undefined;
}

/**
 * Reads the secrets and files that the settings name; relative paths begin at the working directory. `warn` hears, in words for people, of files that others may read.
 * @throws {NodeFailure} that names the file or variable, and never what stands in it.
 */
export function readSecrets(settings: SecretSettings, warn: (text: string) => void): Secrets {
  const { clusterSecret, adminToken, tls } = settings;
  return {
    clusterSecret: clusterSecret && readSecret(absolute(clusterSecret), warn),
    adminToken: adminToken && readToken(absolute(adminToken), warn),
    tls:
      tls &&
      readTls({ key: absolute(tls.key), cert: absolute(tls.cert), ca: absolute(tls.ca) }, warn),
  };
}

/** Words about a file name the place where it was looked for. */
function absolute<Source extends SecretSource | NamedFile>(source: Source): Source {
  return 'path' in source ? { ...source, path: resolve(source.path) } : source;
}

function readToken(source: SecretSource, warn: (text: string) => void): string {
  const token = readSecret(source, warn);
  if (TOKEN.test(token)) return token;
  const message = `The token in ${placeOf(source)} holds characters that no HTTP header can carry.`;
  throw new NodeFailure(message, ExitCode.usage, MAKE_ONE);
}

/** Line breaks at its end, which editors and `echo` leave behind, are no part of a secret. */
function readSecret(source: SecretSource, warn: (text: string) => void): string {
  const text = (source.kind === 'text' ? source.text : readClosed(source, warn)).trim();
  if (text.length >= SECRET_LENGTH_MIN) return text;
  const message = `The secret in ${placeOf(source)} is shorter than ${SECRET_LENGTH_MIN} characters.`;
  throw new NodeFailure(message, ExitCode.usage, MAKE_ONE);
}

const placeOf = (source: SecretSource): string =>
  source.kind === 'text' ? source.from : `${source.path} (${source.from})`;

function readClosed({ path, from }: NamedFile, warn: (text: string) => void): string {
  warnWhenOpen(path, from, warn);
  return readNamed(path, from).toString('utf8');
}

function readTls({ key, cert, ca }: TlsPaths, warn: (text: string) => void): TlsFiles {
  warnWhenOpen(key.path, key.from, warn);
  const files = {
    key: readPem(key, 'PRIVATE KEY'),
    cert: readPem(cert, 'CERTIFICATE'),
    ca: readPem(ca, 'CERTIFICATE'),
  };
  try {
    createSecureContext(files);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `The files ${key.path}, ${cert.path} and ${ca.path} cannot be used for TLS: ${why}.`;
    const advice = 'The key must belong to the certificate, and have no passphrase.';
    throw new NodeFailure(message, ExitCode.usage, advice, error);
  }
  return files;
}

/** Says so when a file is clearly the wrong one. */
function readPem({ path, from }: NamedFile, label: string): Buffer {
  const content = readNamed(path, from);
  if (new RegExp(`-----BEGIN [A-Z0-9 ]*${label}-----`).test(content.toString('latin1')))
    return content;
  const message = `The file ${path} (${from}) holds no ${label} in PEM.`;
  throw new NodeFailure(message, ExitCode.usage, 'Name another file, or convert it by openssl.');
}

function readNamed(path: string, from: string): Buffer {
  const fail = (what: string, cause?: unknown): never => {
    const message = `The file ${path} (${from}) ${what}.`;
    const advice = 'Correct the path, or the file and its permissions.';
    throw new NodeFailure(message, ExitCode.usage, advice, cause);
  };
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) return fail('is too large for what it is named for');
    const content = readFileSync(path);
    return content.toString('latin1').trim() === '' ? fail('is empty') : content;
  } catch (error) {
    if (error instanceof NodeFailure) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return fail('does not exist', error);
    return fail(`cannot be read (${code ?? String(error)})`, error);
  }
}

/** Where permissions mean something: Windows knows none of this kind. */
function warnWhenOpen(path: string, from: string, warn: (text: string) => void): void {
  if (process.platform === 'win32') return;
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & OTHERS) === 0) return;
  warn(`${path} (${from}) is open to everyone on this machine: chmod 600 ${path}`);
}
