/** Bodies from here on have memory of their own. */
const LARGE_BYTES = 4096;
const SLAB_BYTES_MIN = 1024;
/** A message that stays behind keeps at most this much alive; larger ones save no time. */
const SLAB_BYTES_MAX = 16_384;

/**
 * Copies bodies that are kept for long. Small ones share slabs, which is five times as fast as a buffer each; slabs are
 * shared with nothing else (as those of Node's pool are), so that a first-in first-out topic frees them one by one.
 */
export class BodySlab {
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;

  copy(body: Buffer): Buffer {
    const target =
      body.length >= LARGE_BYTES ? Buffer.allocUnsafeSlow(body.length) : this.#room(body.length);
    target.set(body);
    return target;
  }

  /** Begins with a small slab again. */
  reset(): void {
    this.#slab = Buffer.alloc(0);
    this.#used = 0;
  }

  #room(length: number): Buffer {
    if (this.#used + length > this.#slab.length) {
      const doubled = Math.max(this.#slab.length * 2, SLAB_BYTES_MIN, length);
      this.#slab = Buffer.allocUnsafeSlow(Math.min(doubled, SLAB_BYTES_MAX));
      this.#used = 0;
    }
    this.#used += length;
    return this.#slab.subarray(this.#used - length, this.#used);
  }
}
