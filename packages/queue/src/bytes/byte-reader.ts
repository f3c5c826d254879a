import { isUtf8 } from 'node:buffer';

const TWO_32 = 0x1_0000_0000;
const NOTHING = Buffer.alloc(0);

/**
 * Reads untrusted bytes from front to back, little-endian, and never throws. The first read beyond the end, or of a
 * value out of range, fails the reader for good; failed reads give 0 or nothing. Look at `complete` once, at the end.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;
  #failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** All bytes were read, and each one made sense. */
  get complete(): boolean {
    return !this.#failed && this.#offset === this.#bytes.length;
  }

  /** Marks the bytes as malformed, for a reason that the caller found. */
  fail(): void {
    this.#failed = true;
  }

  u8(): number {
    const at = this.#take(1);
    return at < 0 ? 0 : this.#bytes.readUInt8(at);
  }

  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#bytes.readUInt16LE(at);
  }

  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#bytes.readUInt32LE(at);
  }

  /** A whole number below 2^53. */
  u64(): number {
    const value = this.u32() + this.u32() * TWO_32;
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.#failed = true;
    return 0;
  }

  /** A length and as many bytes; a view, valid as long as the bytes read from. */
  field(): Buffer {
    const length = this.u32();
    const at = this.#take(length);
    return at < 0 ? NOTHING : this.#bytes.subarray(at, at + length);
  }

  /** All bytes that are left; a view. */
  rest(): Buffer {
    const at = this.#take(this.#bytes.length - this.#offset);
    return at < 0 ? NOTHING : this.#bytes.subarray(at);
  }

  /** A field that holds well-formed UTF-8. */
  text(): string {
    const bytes = this.field();
    if (isUtf8(bytes)) return bytes.toString();
    this.#failed = true;
    return '';
  }

  /** Where the next `length` bytes start, or -1 when there are not as many. */
  #take(length: number): number {
    const at = this.#offset;
    if (this.#failed || length > this.#bytes.length - at) {
      this.#failed = true;
      return -1;
    }
    this.#offset = at + length;
    return at;
  }
}
