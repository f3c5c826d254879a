import { Readable, Writable } from 'node:stream';
import type { ExitCode } from '../src/exit-code.ts';
import { run } from '../src/program.ts';

/** Where and how the program runs. */
export interface Surroundings {
  readonly url?: string;
  readonly stdin?: readonly (string | Buffer)[];
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output and standard error. */
  readonly isTerminal?: boolean;
  readonly isStdinTerminal?: boolean;
  readonly stop?: AbortSignal;
  readonly stdout?: Writable;
}

/** What the program left behind. */
export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs `rrmq` with `args` in this process. */
export async function rrmq(args: readonly string[], around: Surroundings = {}): Promise<Ran> {
  const out = new Captured();
  const err = new Captured();
  const isTerminal = around.isTerminal ?? false;
  const env = around.url === undefined ? {} : { RRMQ_URL: around.url };
  const code = await run(
    args,
    {
      stdin: Readable.from(around.stdin ?? []),
      stdout: around.stdout ?? out,
      stderr: err,
      env: { ...env, ...around.env },
      isTerminal: {
        stdin: around.isStdinTerminal ?? false,
        stdout: isTerminal,
        stderr: isTerminal,
      },
      stop: around.stop ?? new AbortController().signal,
    },
    '1.2.3',
  );
  return { code, out: out.text, err: err.text };
}

class Captured extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Standard output that fails after `writes` writes; by default its reader went away. */
export class ClosedPipe extends Writable {
  #writes: number;
  readonly #onWrite: () => void;
  readonly #code: string;

  constructor(writes: number, onWrite: () => void = () => undefined, code = 'EPIPE') {
    super();
    this.#code = code;
    this.#writes = writes;
    this.#onWrite = onWrite;
    this.on('error', () => undefined);
  }

  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: (e?: Error) => void): void {
    this.#onWrite();
    if (this.#writes-- > 0) return done();
    const message =
      this.#code === 'ENOSPC' ? 'ENOSPC: no space left on device, write' : 'write EPIPE';
    done(Object.assign(new Error(message), { code: this.#code }));
  }
}
