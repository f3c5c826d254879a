const DRAWN_EVERY_MS = 500;

/** Says on a terminal which mutants are being run, and how far each is. Elsewhere the verdicts are enough. */
export class MutantProgress {
  readonly #total: number;
  readonly #isTerminal = process.stderr.isTTY;
  readonly #seeds = new Map<string, number>();
  #over = 0;
  #drawnAtMs = 0;

  constructor(total: number) {
    this.#total = total;
  }

  at(name: string, seed: number): void {
    this.#seeds.set(name, seed);
    const nowMs = performance.now();
    if (!this.#isTerminal || nowMs - this.#drawnAtMs < DRAWN_EVERY_MS) return;
    this.#drawnAtMs = nowMs;
    const running = [...this.#seeds].map(([each, at]) => `${each} at seed ${at}`);
    process.stderr.write(`\r\u001B[K${this.#over} of ${this.#total}; ${running.join(', ')}`);
  }

  over(name: string): void {
    this.#seeds.delete(name);
    this.#over += 1;
    this.end();
  }

  /** A line that stays. */
  tell(line: string): void {
    process.stderr.write(`${line}\n`);
  }

  end(): void {
    if (this.#isTerminal) process.stderr.write('\r\u001B[K');
  }
}
