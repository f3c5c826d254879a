import type { Io } from './io.ts';

/** Between two updates, in ms: ten a second read smoothly and cost nothing. */
const UPDATE_MS = 100;

/** A line on standard error that counts up while work is done; silent when no person reads it. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #startedMs = performance.now();
  #shownMs = 0;
  count = 0;

  constructor(io: Io, what: string) {
    this.#io = io;
    this.#what = what;
  }

  /** Counts one more. */
  step(): void {
    this.count++;
    const nowMs = performance.now();
    if (nowMs - this.#shownMs >= UPDATE_MS) this.#show(nowMs);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shownMs > 0 && this.#io.isTerminal.stderr) this.#io.stderr.write('\r\u001b[K');
  }

  #show(nowMs: number): void {
    this.#shownMs = nowMs;
    if (!this.#io.isTerminal.stderr) return;
    const perSecond = Math.round(this.count / Math.max(0.001, (nowMs - this.#startedMs) / 1000));
    this.#io.stderr.write(`\r\u001b[K${this.count} ${this.#what} (${perSecond}/s)`);
  }
}
