import { isUtf8 } from 'node:buffer';

const TWO_32 = 0x1_0000_0000;
const ASCII_MAX = 0x7f;
const SHORT_BYTES = 64;
const NOTHING = Buffer.alloc(0);

/**
 * Reads untrusted bytes from front to back, little-endian, and never throws. The first read beyond the end, or of a
 * value out of range, fails the reader for good; failed reads give 0 or nothing. Look at `complete` once, at the end.
 */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;
  #failed = false;

  /** Reads bytes `start … end - 1`. */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get failed(): boolean {
    return this.#failed;
  }

  /** All bytes were read, and each one made sense. */
  get complete(): boolean {
    return !this.#failed && this.#offset === this.#end;
  }

  /** How many bytes were not read yet. */
  get left(): number {
    return this.#end - this.#offset;
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

  /** `min … max`. */
  u32Within(min: number, max: number): number {
    return this.#within(this.u32(), min, max);
  }

  /** `min … max`. */
  u64Within(min: number, max: number): number {
    return this.#within(this.u64(), min, max);
  }

  /** A whole number below 2^53, from `min` on. */
  u64From(min: number): number {
    return this.#within(this.u64(), min, Number.MAX_SAFE_INTEGER);
  }

  /** The choice whose place among all is a u8; the first one when the reader fails. */
  oneOf<Choice>(choices: readonly [Choice, ...Choice[]]): Choice {
    const choice = choices[this.u8()];
    if (choice !== undefined) return choice;
    this.#failed = true;
    return choices[0];
  }

  /** A length and as many bytes; a view, valid as long as the bytes read from. */
  field(): Buffer {
    return this.view(this.u32());
  }

  /** As many bytes; a view. */
  view(length: number): Buffer {
    const at = this.#take(length);
    return at < 0 ? NOTHING : this.#bytes.subarray(at, at + length);
  }

  /** All bytes that are left; a view. */
  rest(): Buffer {
    const at = this.#take(this.#end - this.#offset);
    return at < 0 ? NOTHING : this.#bytes.subarray(at, this.#end);
  }

  /** A field that holds well-formed UTF-8. */
  text(): string {
    return this.textWithin(0, this.#end);
  }

  /** The same, of `min … max` bytes. */
  textWithin(min: number, max: number): string {
    const length = this.u32Within(min, max);
    const at = this.#take(length);
    if (at < 0) return '';
    const end = at + length;
    // Names are short and most often ASCII: this saves a view and two calls.
    if (length <= SHORT_BYTES && this.#isAscii(at, end)) {
      return this.#bytes.toString('latin1', at, end);
    }
    if (isUtf8(this.#bytes.subarray(at, end))) return this.#bytes.toString('utf8', at, end);
    this.#failed = true;
    return '';
  }

  #isAscii(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) {
      if (this.#bytes.readUInt8(at) > ASCII_MAX) return false;
    }
    return true;
  }

  #within(value: number, min: number, max: number): number {
    if (value >= min && value <= max) return value;
    this.#failed = true;
    return min;
  }

  /** Where the next `length` bytes start, or -1 when there are not as many. */
  #take(length: number): number {
    const at = this.#offset;
    if (this.#failed || length > this.#end - at) {
      this.#failed = true;
      return -1;
    }
    this.#offset = at + length;
    return at;
  }
}
