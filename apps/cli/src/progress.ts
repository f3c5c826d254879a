import { formatBytes } from './bytes.ts';
import type { Io } from './io.ts';

/** Between two updates, in ms: ten a second read smoothly and cost nothing. */
const UPDATE_MS = 100;

/** Characters of the bar. */
const BAR_WIDTH = 24;

/** What a line of progress says of `count` after `seconds`. */
type Telling = (count: number, seconds: number) => string;

/** A line on standard error that counts up while work is done; silent when no person reads it. */
export class Progress {
  readonly #io: Io;
  readonly #tell: Telling;
  readonly #startedMs = performance.now();
  #shownMs = 0;
  count = 0;

  constructor(io: Io, tell: Telling) {
    this.#io = io;
    this.#tell = tell;
  }

  /** Counts on. */
  step(by = 1): void {
    this.count += by;
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
    const seconds = Math.max(0.001, (nowMs - this.#startedMs) / 1000);
    this.#io.stderr.write(`\r\u001b[K${this.#tell(this.count, seconds)}`);
  }
}

/** `120 published (40/s)` */
export function counting(what: string): Telling {
  return (count, seconds) => `${count} ${what} (${Math.round(count / seconds)}/s)`;
}

/** `restored [######------] 50% 1.0 MiB (2.0 MiB/s)`; without a bar when the total is not known. */
export function countingBytes(what: string, total: number | undefined): Telling {
  return (count, seconds) => {
    const moved = `${formatBytes(count)} (${formatBytes(Math.round(count / seconds))}/s)`;
    if (total === undefined) return `${what} ${moved}`;
    const share = total === 0 ? 1 : Math.min(1, count / total);
    const bar = '#'.repeat(Math.floor(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '-');
    return `${what} [${bar}] ${Math.floor(share * 100)}% ${moved}`;
  };
}
