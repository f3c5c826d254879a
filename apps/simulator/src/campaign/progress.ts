import type { Tally } from './tally.ts';

const PLAIN_EVERY_MS = 30_000;
const DRAWN_EVERY_MS = 500;

/** How far a campaign is; shares of 1. */
export type Share = (tally: Tally, elapsedMs: number) => number;

/** Says how far a campaign is: one line that changes on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #share: Share;
  readonly #startedAtMs = performance.now();
  readonly #isTerminal = process.stderr.isTTY;
  #printedAtMs = performance.now();
  /** Failures that were told. */
  #failures = 0;

  constructor(share: Share) {
    this.#share = share;
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  /** To be called whenever the tally has grown. A failure is told at once: it may be hours to the end. */
  show(tally: Tally): void {
    for (const { seed, error } of tally.failures.slice(this.#failures)) {
      this.end();
      process.stderr.write(`seed ${seed}: ${error.split('\n', 1)[0] ?? ''}\n`);
    }
    this.#failures = tally.failures.length;
    const nowMs = performance.now();
    if (nowMs - this.#printedAtMs < (this.#isTerminal ? DRAWN_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.#printedAtMs = nowMs;
    const line = this.#line(tally);
    process.stderr.write(this.#isTerminal ? `\r\u001B[K${line}` : `${line}\n`);
  }

  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001B[K');
  }

  #line(tally: Tally): string {
    const { elapsedMs } = this;
    const share = Math.min(1, this.#share(tally, elapsedMs));
    const leftS = share > 0 ? ((elapsedMs / share) * (1 - share)) / 1_000 : undefined;
    const rate = tally.simulatedMs / elapsedMs;
    return (
      `${String(Math.floor(share * 100)).padStart(3)} %  ${tally.seeds} seeds, ` +
      `${rate.toFixed(0)} simulated s a second, ${tally.failures.length} failed, ` +
      `${leftS === undefined ? '?' : timeOf(leftS)} left`
    );
  }
}

const timeOf = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
