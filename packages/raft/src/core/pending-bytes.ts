import type { LogIndex } from './numbers.ts';

/**
 * Counts the bytes that a leader has appended and that are not yet both committed and durable here: the bound on what a
 * stalled quorum, or a disk of its own that hangs, can pile up.
 */
export class PendingBytes {
  #batches: { last: LogIndex; bytes: number }[] = [];
  #head = 0;
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(last: LogIndex, bytes: number): void {
    this.#batches.push({ last, bytes });
    this.#total += bytes;
  }

  settledThrough(index: LogIndex): void {
    let oldest = this.#batches[this.#head];
    while (oldest !== undefined && oldest.last <= index) {
      this.#total -= oldest.bytes;
      this.#head += 1;
      oldest = this.#batches[this.#head];
    }
    if (this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
  }
}
