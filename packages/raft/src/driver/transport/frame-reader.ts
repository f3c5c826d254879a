/** Each frame starts with its length, u32 little-endian, which does not count itself. */
export const LENGTH_BYTES = 4;

/** The first room for a split frame: enough for every rpc without entries. */
const FIRST_BYTES = 1024;

/** A buffer up to this size is kept for the next split frame: the usual large append (1 MiB and its head) fits. */
const KEPT_BYTES_MAX = 2 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);

/**
 * Splits a stream of bytes, cut anywhere, into frames. A frame that lies in one piece is handed on as a view; only
 * what is split is copied. Holds at most one frame, in at most twice the memory that came of it: a length may be a lie.
 */
export class FrameReader {
  /** The longest frame allowed, without its length; may be changed between frames. */
  bytesMax: number;
  /** The frame that has not come in full: length and content; `#filled` bytes of it are valid. */
  #partial = EMPTY;
  #filled = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /**
   * Takes the next bytes and calls `onFrame` for each frame that is complete, without its length. The frame is a view
   * that is valid during the call. Stops when `onFrame` returns false. Returns false, and is of no use from then on,
   * when a frame is empty or longer than `bytesMax`.
   */
  push(bytes: Buffer, onFrame: (frame: Buffer) => boolean): boolean {
    let offset = 0;
    if (this.#filled > 0) {
      const resumed = this.#resume(bytes, onFrame);
      if (typeof resumed === 'boolean') return resumed;
      offset = resumed;
    }
    while (bytes.length - offset >= LENGTH_BYTES) {
      const length = bytes.readUInt32LE(offset);
      if (length === 0 || length > this.bytesMax) return false;
      const end = offset + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      if (!onFrame(bytes.subarray(offset + LENGTH_BYTES, end))) return true;
      offset = end;
    }
    this.#take(bytes, offset, bytes.length);
    return true;
  }

  /** Completes the split frame; returns where the next frame starts, or what `push` shall return. */
  #resume(bytes: Buffer, onFrame: (frame: Buffer) => boolean): number | boolean {
    let offset = this.#fillTo(LENGTH_BYTES, bytes, 0);
    if (this.#filled < LENGTH_BYTES) return true;
    const length = this.#partial.readUInt32LE(0);
    if (length === 0 || length > this.bytesMax) return false;
    offset = this.#fillTo(LENGTH_BYTES + length, bytes, offset);
    if (this.#filled < LENGTH_BYTES + length) return true;
    const frame = this.#partial.subarray(LENGTH_BYTES, this.#filled);
    this.#filled = 0;
    const goesOn = onFrame(frame);
    if (this.#partial.length > KEPT_BYTES_MAX) this.#partial = EMPTY;
    return goesOn ? offset : true;
  }

  /** Takes bytes from `offset` until `#filled` is `target` or there are none left; returns the offset after them. */
  #fillTo(target: number, bytes: Buffer, offset: number): number {
    const missing = Math.max(0, target - this.#filled);
    const end = Math.min(bytes.length, offset + missing);
    this.#take(bytes, offset, end);
    return end;
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (start === end) return;
    this.#reserve(this.#filled + end - start);
    bytes.copy(this.#partial, this.#filled, start, end);
    this.#filled += end - start;
  }

  /** Makes room for `needed` bytes, in doubling steps so that each byte is copied about once. */
  #reserve(needed: number): void {
    if (needed <= this.#partial.length) return;
    const size = Math.max(needed, this.#partial.length * 2, FIRST_BYTES);
    const grown = Buffer.allocUnsafeSlow(size);
    this.#partial.copy(grown, 0, 0, this.#filled);
    this.#partial = grown;
  }
}
