import { RrmqError } from './error.ts';
import type { Settings } from './options.ts';

/** Counts the unsettled calls of a client and refuses more than it may hold. */
export class Admission {
  readonly #limits: Pick<Settings, 'maxPendingCalls' | 'maxPendingBytes'>;
  #calls = 0;
  #bytes = 0;
  #closed = false;
  #emptied: (() => void) | undefined;

  constructor(limits: Pick<Settings, 'maxPendingCalls' | 'maxPendingBytes'>) {
    this.#limits = limits;
  }

  /**
   * Counts one call with `bytes` of request until `leave` is called with the same.
   * @throws {RrmqError} `closed` or `too-many-pending`; the call is not counted then.
   */
  enter(bytes: number): void {
    if (this.#closed) throw refused('closed', 'the client is closed');
    const { maxPendingCalls, maxPendingBytes } = this.#limits;
    // One request alone is always let in, however large: otherwise it could never be sent.
    const isFull =
      this.#calls >= maxPendingCalls || (this.#calls > 0 && this.#bytes + bytes > maxPendingBytes);
    if (isFull) {
      throw refused(
        'too-many-pending',
        `${this.#calls} calls with ${this.#bytes} bytes are under way`,
      );
    }
    this.#calls++;
    this.#bytes += bytes;
  }

  /** The counterpart of `enter`. */
  leave(bytes: number): void {
    this.#calls--;
    this.#bytes -= bytes;
    if (this.#calls === 0) this.#emptied?.();
  }

  /** Lets nobody in from now on and resolves when everybody has left. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#calls === 0) return;
    await new Promise<void>((resolve) => {
      const before = this.#emptied;
      this.#emptied = () => {
        before?.();
        resolve();
      };
    });
  }
}

function refused(code: 'closed' | 'too-many-pending', message: string): RrmqError {
  return new RrmqError(message, { code, outcome: 'none', retryable: code === 'too-many-pending' });
}
