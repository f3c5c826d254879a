/** Large enough that the store learns of a new piece of memory rarely, small enough to be freed soon. */
const SLAB_BYTES = 65_536;

/**
 * Gives out pieces of memory for the records of one flush, which are kept and let go together: a buffer each would
 * take three times as long.
 */
export class Arena {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  take(bytes: number): Buffer {
    if (bytes > SLAB_BYTES / 4) return Buffer.allocUnsafeSlow(bytes);
    if (this.#used + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    this.#used += bytes;
    return this.#slab.subarray(this.#used - bytes, this.#used);
  }
}
