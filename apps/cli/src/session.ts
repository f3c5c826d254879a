import { type CallOptions, connect, type ConnectOptions, type RrmqClient } from '@rrmq/client';
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
  const { url, output, timeout } = command.optsWithGlobals<GlobalOptions>();
  const urls = url ?? (io.env['RRMQ_URL'] || defaultUrls);
  const client = connectTo(urls, { ...options, timeoutMs: timeout });
  try {
    await work({ io, client, output: new Output(io, output), call: { signal: io.stop } });
  } finally {
    await client.close();
  }
}

function connectTo(urls: string, options: ConnectOptions): RrmqClient {
  try {
    return connect(urls, options);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw usageFailure(what, 'give --url or RRMQ_URL as http://host:port, several with commas');
  }
}
