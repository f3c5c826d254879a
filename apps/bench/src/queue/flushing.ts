import type { QueueMachine } from '@rrmq/queue';

/** Those of a node: `DEFAULT_FLUSH_LIMITS` of `@rrmq/raft`, as far as they do not count bytes of a log. */
const FLUSH_BYTES = 4_194_304;
const FLUSH_ENTRIES = 262_144;
const FLUSH_AFTER_MS = 30_000;
const DIRTY_BYTES_MAX = 33_554_432;

/** What the flushes of a run have cost. */
export interface FlushFigures {
  readonly flushes: number;
  /** Of the event loop: nothing is executed meanwhile. */
  readonly blockedMs: number;
  readonly longestBlockMs: number;
  /** Nothing could be executed because too much was waiting for the disk. */
  readonly heldMs: number;
}

/** Flushes a machine in the background, when and as a node does. */
export class Flushing {
  readonly #machine: QueueMachine;
  #flushing: Promise<void> | undefined;
  #entriesSince = 0;
  #dirtySinceMs: number | undefined;
  #figures = { flushes: 0, blockedMs: 0, longestBlockMs: 0, heldMs: 0 };

  constructor(machine: QueueMachine) {
    this.#machine = machine;
  }

  get figures(): FlushFigures {
    return { ...this.#figures };
  }

  /** Nothing more may be executed before a flush is over. */
  get isFull(): boolean {
    return this.#machine.dirtyBytes >= DIRTY_BYTES_MAX;
  }

  /** After every turn: begins a flush when one is due. */
  poke(executed: number): void {
    this.#entriesSince += executed;
    this.#dirtySinceMs ??= performance.now();
    if (this.#flushing === undefined && this.#isDue()) this.#begin();
  }

  /** Waits until more may be executed. @throws when the store could not be written. */
  async room(): Promise<void> {
    const startedMs = performance.now();
    while (this.isFull) {
      if (this.#flushing === undefined) this.#begin();
      await this.#flushing;
    }
    this.#figures.heldMs += performance.now() - startedMs;
  }

  /** All that was executed is on the disk. */
  async finish(): Promise<void> {
    await this.#flushing;
    this.#begin();
    await this.#flushing;
  }

  #isDue(): boolean {
    const sinceMs = performance.now() - (this.#dirtySinceMs ?? Infinity);
    return (
      this.#machine.dirtyBytes >= FLUSH_BYTES ||
      this.#entriesSince >= FLUSH_ENTRIES ||
      sinceMs >= FLUSH_AFTER_MS
    );
  }

  #begin(): void {
    this.#entriesSince = 0;
    this.#dirtySinceMs = undefined;
    const startedMs = performance.now();
    const flushed = this.#machine.flush();
    const blockedMs = performance.now() - startedMs;
    this.#figures.flushes += 1;
    this.#figures.blockedMs += blockedMs;
    this.#figures.longestBlockMs = Math.max(this.#figures.longestBlockMs, blockedMs);
    this.#flushing = this.#over(flushed);
  }

  async #over(flushed: Promise<unknown>): Promise<void> {
    await flushed;
    this.#flushing = undefined;
  }
}
