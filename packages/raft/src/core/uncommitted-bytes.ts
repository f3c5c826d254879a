import type { LogIndex } from './numbers.ts';

/** Counts the bytes that a leader has appended and not yet committed: the bound on what a stalled quorum can pile up. */
export class UncommittedBytes {
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

  committedThrough(index: LogIndex): void {
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
