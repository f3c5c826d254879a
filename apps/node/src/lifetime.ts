import type { Logger } from 'pino';
import { ExitCode } from './exit-code.ts';

/** After SIGTERM common supervisors wait 5 s and kill then: the process ends by itself before. */
const STOP_MS_MAX = 4_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface Stoppable {
  stop(): Promise<void>;
}

/** What the end of the process needs. */
export interface LifetimeOptions {
  readonly logger: Logger;
  /** Writes out what the log still holds. */
  readonly flush: () => void;
  /** Ends with words for a person, and a code. Must not return. */
  readonly crash: (error: unknown) => void;
}

/**
 * Decides when the process ends: at a signal, or when the process that started it with an IPC channel is gone. A second
 * signal ends it at once. Safe at any moment: what was acknowledged is on disk.
 */
export class Lifetime {
  readonly #options: LifetimeOptions;
  #running: Stoppable | undefined;
  #stopping = false;
  #isWaiting = false;

  constructor(options: LifetimeOptions) {
    this.#options = options;
    for (const signal of STOP_SIGNALS) process.on(signal, () => this.#end(signal));
    if (process.connected) process.on('disconnect', () => this.#end('the parent process is gone'));
    process.on('uncaughtException', (error) => options.crash(error));
  }

  /** Until `work` is done nothing runs that must be stopped: whoever asks for the end gets it at once. */
  async whileWaiting<T>(work: () => Promise<T>): Promise<T> {
    this.#isWaiting = true;
    try {
      return await work();
    } finally {
      this.#isWaiting = false;
    }
  }

  /** From now on there is something to stop; false when the end came before. */
  async started(running: Stoppable): Promise<void> {
    this.#running = running;
    if (this.#stopping) await this.#stop(running);
  }

  #end(reason: string): void {
    const { logger } = this.#options;
    if (this.#stopping) {
      if (reason.startsWith('SIG')) this.#exit(ExitCode.failure, 'asked twice: ends at once');
      return;
    }
    this.#stopping = true;
    logger.info({ event: 'stopping', reason }, `stops (${reason})`);
    if (this.#isWaiting) this.#exit(ExitCode.done, 'stopped as asked');
    setTimeout(
      () => this.#exit(ExitCode.failure, `did not stop within ${STOP_MS_MAX} ms: ends at once`),
      STOP_MS_MAX,
    );
    if (this.#running !== undefined) void this.#stop(this.#running);
  }

  async #stop(running: Stoppable): Promise<void> {
    try {
      await running.stop();
      this.#exit(ExitCode.done, 'stopped');
    } catch (error) {
      this.#options.crash(error);
    }
  }

  #exit(code: ExitCode, text: string): void {
    const { logger, flush } = this.#options;
    logger.info({ event: 'stopped', code }, text);
    flush();
    process.exit(code);
  }
}
