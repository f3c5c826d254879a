import {
  type CallOptions,
  connect,
  type ConnectOptions,
  type RrmqClient,
  RrmqError,
} from '@rrmq/client';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { usageFailure } from './failure.ts';
import type { Io } from './io.ts';
import { Output, type OutputFormat } from './output.ts';
import { reasonOf } from './reason.ts';

/** The nodes of `rrmq dev`, so that a first try needs no option. */
export const defaultUrls = 'http://127.0.0.1:7001,http://127.0.0.1:7002,http://127.0.0.1:7003';

/** Options that every command takes, parsed. */
interface GlobalOptions {
  readonly url?: string;
  readonly output?: OutputFormat;
  /** In ms. */
  readonly timeout: number;
  readonly tokenFile?: string;
  readonly ca?: string;
}

/** What a command works with. */
export interface Session {
  readonly io: Io;
  readonly client: RrmqClient;
  readonly output: Output;
  /** For every call: it ends with the program. */
  readonly call: CallOptions;
}

/** Runs `work` with a client of the chosen cluster, and closes the client whatever happens. */
export async function withSession(
  io: Io,
  command: Command,
  work: (session: Session) => Promise<void>,
  options: ConnectOptions = {},
): Promise<void> {
  const { url, output, timeout, tokenFile, ca } = command.optsWithGlobals<GlobalOptions>();
  const urls = url ?? (io.env['RRMQ_URL'] || defaultUrls);
  const client = connectTo(urls, {
    timeoutMs: timeout,
    adminToken: adminToken(io, tokenFile),
    ca: authorities(ca),
    ...options,
  });
  try {
    await work({ io, client, output: new Output(io, output), call: { signal: io.stop } });
  } finally {
    await client.close();
  }
}

/** By file or by environment, never by argument: other users of the machine can read arguments. */
function adminToken(io: Io, file: string | undefined): string | undefined {
  const token =
    file === undefined ? io.env['RRMQ_ADMIN_TOKEN'] : contentOf(file, '--token-file').trim();
  if (file === undefined && (token ?? '') === '') return undefined;
  if (isAccepted({ adminToken: token })) return token;
  const source = file === undefined ? 'RRMQ_ADMIN_TOKEN is' : `--token-file ${file} holds`;
  const what = `${source} no admin token: one is of visible ASCII characters, without spaces`;
  throw usageFailure(what, 'give the admin token that the nodes were started with');
}

function authorities(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const ca = contentOf(file, '--ca');
  if (isAccepted({ ca })) return ca;
  const what = `--ca ${file} holds no certificates in PEM`;
  throw usageFailure(
    what,
    'name the file of the authority that signed the certificates of the nodes',
  );
}

/** What an option may be, the client decides alone; here it is asked, to lay a refusal to the right file. */
function isAccepted(options: ConnectOptions): boolean {
  try {
    connect(defaultUrls, options);
    return true;
  } catch {
    return false;
  }
}

function contentOf(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const what = `${option} ${file} cannot be read: ${reasonOf(error)}`;
    throw usageFailure(what, 'name a file that you may read');
  }
}

function connectTo(urls: string, options: ConnectOptions): RrmqClient {
  try {
    return connect(urls, options);
  } catch (error) {
    if (!(error instanceof RrmqError)) throw error;
    const next = 'give --url or RRMQ_URL as http://host:port, several with commas';
    throw usageFailure(error.message, next);
  }
}
