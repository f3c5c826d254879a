import type { Readable, Writable } from 'node:stream';
import { reasonOf } from './reason.ts';

/** Everything the program has of its surroundings. Tests pass their own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person writes standard input, reads standard output, reads standard error. */
  readonly isTerminal: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
  };
  /** Aborted when the program is asked to stop (SIGINT, SIGTERM, SIGHUP). */
  readonly stop: AbortSignal;
}

/** Thrown when whoever read our output has gone (`rrmq … | head`): the program ends quietly. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Thrown when the output cannot be written, by a full disk for example. The message says why. */
export class OutputFailed extends Error {
  override readonly name = 'OutputFailed';
}

/**
 * Writes `text` and resolves when the stream has taken it: nothing is lost at exit, and a slow reader slows
 * the program down instead of filling its memory. Rejects with `OutputClosed` when nobody reads any more,
 * else with `OutputFailed`.
 */
export function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error === null || error === undefined) resolve();
      else if (isClosed(error)) reject(new OutputClosed('the output was closed'));
      else reject(new OutputFailed(reasonOf(error), { cause: error }));
    });
  });
}

function isClosed(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
}
