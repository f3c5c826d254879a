/** The longest time is remembered by parts of a minute: for the last 50 to 60 seconds. */
const PARTS = 6;
const PART_MS = 10_000;

/** A write of the log that takes longer is told. A sound disk needs 1 to 30 ms; a heartbeat comes every 50. */
const SLOW_MS = 500;
/** Slow writes are told this often at most: a sick disk makes many. */
const TOLD_MS = 1_000;

/** How long durable writes take. */
export class WriteTimes {
  readonly #nowMs: () => number;
  readonly #onSlow: (ms: number) => void;
  readonly #parts: { part: number; maxMs: number }[] = [];
  #lastMs = 0;
  #toldMs = -Infinity;

  constructor(nowMs: () => number, onSlow: (ms: number) => void) {
    this.#nowMs = nowMs;
    this.#onSlow = onSlow;
  }

  get lastMs(): number {
    return this.#lastMs;
  }

  /** Of the last minute; 0 when nothing was written in it. */
  get maxMs(): number {
    const oldest = this.#part() - PARTS;
    return this.#parts.reduce(
      (max, { part, maxMs }) => (part > oldest ? Math.max(max, maxMs) : max),
      0,
    );
  }

  /** Makes a write and tells how long it took. */
  async measure<T>(write: () => Promise<T>): Promise<T> {
    const startedMs = this.#nowMs();
    const written = await write();
    this.#note(this.#nowMs() - startedMs);
    return written;
  }

  #note(ms: number): void {
    this.#lastMs = ms;
    const part = this.#part();
    const newest = this.#parts.at(-1);
    if (newest?.part === part) newest.maxMs = Math.max(newest.maxMs, ms);
    else this.#parts.push({ part, maxMs: ms });
    if (this.#parts.length > PARTS) this.#parts.shift();
    const nowMs = this.#nowMs();
    if (ms <= SLOW_MS || nowMs - this.#toldMs < TOLD_MS) return;
    this.#toldMs = nowMs;
    this.#onSlow(ms);
  }

  #part(): number {
    return Math.floor(this.#nowMs() / PART_MS);
  }
}
