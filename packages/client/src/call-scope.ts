import { setMaxListeners } from 'node:events';
import { RrmqError } from './error.ts';

/** Why a call had to end before it was settled. */
export type CallEnd = 'timeout' | 'aborted';

/** The lifetime of one call: it ends at its deadline or when its caller aborts it, whichever is first. */
export class CallScope {
  readonly timeoutMs: number;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #abort = (): void => this.#finish('aborted');
  #end: CallEnd | undefined;

  constructor(timeoutMs: number, callerSignal: AbortSignal | undefined) {
    this.timeoutMs = timeoutMs;
    this.#timer = setTimeout(() => this.#finish('timeout'), timeoutMs);
    this.#callerSignal = callerSignal;
    // Any number of calls may share one signal, and a call may ask many nodes; Node would warn of a leak from the
    // eleventh listener on.
    setMaxListeners(0, this.signal);
    if (callerSignal !== undefined) setMaxListeners(0, callerSignal);
    if (callerSignal?.aborted === true) this.#finish('aborted');
    else callerSignal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** Aborted when the call has to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why the call has to end, or `undefined` while it may go on. */
  get end(): CallEnd | undefined {
    return this.#end;
  }

  /** The error of a call that ended before anything was sent. */
  endedUnsent(): RrmqError {
    const end = this.#end ?? 'aborted';
    return new RrmqError(this.describeEnd(), {
      code: end,
      outcome: 'none',
      retryable: end === 'timeout',
    });
  }

  /** Why the call ended, for a message. */
  describeEnd(): string {
    return this.#end === 'timeout'
      ? `gave up after ${this.timeoutMs} ms`
      : 'the call was aborted by its caller';
  }

  /** Runs `listener` once when the call ends, at once when it has. Returns how to forget it. */
  onEnd(listener: () => void): () => void {
    if (this.#end !== undefined) {
      listener();
      return () => undefined;
    }
    this.signal.addEventListener('abort', listener, { once: true });
    return () => this.signal.removeEventListener('abort', listener);
  }

  /** Settles as `promise` does, or rejects with `endedUnsent()` when the call ends first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const forget = this.onEnd(() => reject(this.endedUnsent()));
      void promise.then(resolve, reject).finally(forget);
    });
  }

  /** Resolves after `ms`, or when the call ends. */
  sleep(ms: number): Promise<void> {
    if (this.#end !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        forget();
        resolve();
      };
      const timer = setTimeout(wake, ms);
      const forget = this.onEnd(wake);
    });
  }

  /** Frees the timer and the listener. To be called when the call is settled. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#callerSignal?.removeEventListener('abort', this.#abort);
  }

  #finish(end: CallEnd): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#controller.abort();
  }
}
