import { assert } from '@rrmq/raft';
import { checksumOf } from './checksum.ts';

const TWO_32 = 0x1_0000_0000;

/** Bytes of a length, which stands before every variable field. */
export const LENGTH_BYTES = 4;

/** Of the count that stands before what is repeated. */
export const COUNT_BYTES = 4;

/** Text stands for its UTF-8 bytes. */
export type Bytes = Uint8Array | string;

export const byteLength = (bytes: Bytes): number =>
  typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;

/** Of a field, its length included. */
export const fieldBytes = (bytes: Bytes): number => LENGTH_BYTES + byteLength(bytes);

/**
 * Fills one buffer of a size known beforehand, from front to back, little-endian. `finish` asserts that it is full:
 * the size and the layout of an encoding cannot drift apart.
 */
export class ByteWriter {
  readonly #target: Buffer;
  #offset = 0;

  /** Fills a buffer of its own, or the one given. */
  constructor(target: number | Buffer) {
    this.#target = typeof target === 'number' ? Buffer.allocUnsafe(target) : target;
  }

  u8(value: number): this {
    this.#offset = this.#target.writeUInt8(value, this.#offset);
    return this;
  }

  u16(value: number): this {
    this.#offset = this.#target.writeUInt16LE(value, this.#offset);
    return this;
  }

  u32(value: number): this {
    this.#offset = this.#target.writeUInt32LE(value, this.#offset);
    return this;
  }

  /** A whole number below 2^53. */
  u64(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a u64 holds 0 … 2^53 - 1');
    return this.u32(value % TWO_32).u32(Math.floor(value / TWO_32));
  }

  /** The same in the order of the number line: for keys. */
  u64BigEndian(value: number): this {
    assert(Number.isSafeInteger(value) && value >= 0, 'a u64 holds 0 … 2^53 - 1');
    this.#offset = this.#target.writeUInt32BE(Math.floor(value / TWO_32), this.#offset);
    this.#offset = this.#target.writeUInt32BE(value % TWO_32, this.#offset);
    return this;
  }

  /** As many bytes, without their length. */
  bytes(bytes: Bytes): this {
    this.#offset +=
      typeof bytes === 'string'
        ? this.#target.write(bytes, this.#offset)
        : this.#copy(bytes, this.#offset);
    return this;
  }

  /** The crc32 of all that was written so far. */
  checksum(): this {
    return this.u32(checksumOf(this.#target, 0, this.#offset));
  }

  /** A length and as many bytes. */
  field(bytes: Bytes): this {
    const start = this.#offset + LENGTH_BYTES;
    const length =
      typeof bytes === 'string' ? this.#target.write(bytes, start) : this.#copy(bytes, start);
    this.#target.writeUInt32LE(length, this.#offset);
    this.#offset = start + length;
    return this;
  }

  finish(): Buffer {
    assert(this.#offset === this.#target.length, 'an encoding fills its buffer exactly');
    return this.#target;
  }

  #copy(bytes: Uint8Array, start: number): number {
    this.#target.set(bytes, start);
    return bytes.length;
  }
}
