import { assert } from './assert.ts';
import type { LogIndex } from './numbers.ts';

export interface InflightLimits {
  /** Appends. */
  readonly appendsInFlightMax: number;
  /** Bytes of entries; one append alone may be larger. */
  readonly inflightBytesMax: number;
}

/** Appends on their way to one peer, in order; bounded by count and by bytes. */
export class Inflights {
  readonly #limits: InflightLimits;
  #appends: { readonly last: LogIndex; readonly bytes: number }[] = [];
  #bytes = 0;

  constructor(limits: InflightLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#appends.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#appends.length >= this.#limits.appendsInFlightMax;
  }

  /** Whether an append of so many bytes may leave now. One that is larger than the bound leaves alone. */
  admits(bytes: number): boolean {
    if (this.full) return false;
    return this.#appends.length === 0 || this.#bytes + bytes <= this.#limits.inflightBytesMax;
  }

  add(last: LogIndex, bytes: number): void {
    assert(this.admits(bytes), 'an append is sent only when the window has room');
    this.#appends.push({ last, bytes });
    this.#bytes += bytes;
  }

  /** The peer has everything through `match`. */
  freeThrough(match: LogIndex): void {
    let oldest = this.#appends[0];
    while (oldest !== undefined && oldest.last <= match) {
      this.#bytes -= oldest.bytes;
      this.#appends.shift();
      oldest = this.#appends[0];
    }
  }

  clear(): void {
    this.#appends = [];
    this.#bytes = 0;
  }
}
