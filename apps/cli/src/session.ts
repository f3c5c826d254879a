import { type CallOptions, connect, type ConnectOptions, type RrmqClient } from '@rrmq/client';
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { usageFailure } from './failure.ts';
import type { Io } from './io.ts';
import { Output, type OutputFormat } from './output.ts';

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
    ca: ca === undefined ? undefined : contentOf(ca, '--ca'),
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
  if (file === undefined) return io.env['RRMQ_ADMIN_TOKEN'] || undefined;
  const token = contentOf(file, '--token-file').trim();
  if (token !== '') return token;
  throw usageFailure(`${file} holds no token`, 'write the admin token of the cluster into it');
}

function contentOf(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageFailure(`${option} cannot be read: ${why}`, 'name a file that you may read');
  }
}

/** @throws {Failure} when a URL is more than a node's: calls have their own paths. */
function requireNoPath(urls: string): void {
  for (const url of urls.split(',').map((each) => each.trim())) {
    if (!URL.canParse(url) || new URL(url).pathname === '/') continue;
    const next = `write it without the path: ${new URL(url).origin}`;
    throw usageFailure(`the URL of a node has no path: ${url}`, next);
  }
}

function connectTo(urls: string, options: ConnectOptions): RrmqClient {
  requireNoPath(urls);
  try {
    return connect(urls, options);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw usageFailure(what, 'give --url or RRMQ_URL as http://host:port, several with commas');
  }
}
