import { assert } from '../core/assert.ts';
import { readU64, writeU64 } from '../core/u64.ts';

/** Lays fields one after the other; `FieldReader` reads them in the same order. */
export class FieldWriter {
  #bytes = Buffer.allocUnsafe(512);
  #length = 0;

  number(value: number): this {
    this.#reserve(8);
    writeU64(this.#bytes, value, this.#length);
    this.#length += 8;
    return this;
  }

  /** Up to 4 GiB, preceded by their length. */
  bytes(value: Uint8Array): this {
    this.#reserve(4 + value.length);
    this.#bytes.writeUInt32LE(value.length, this.#length);
    this.#bytes.set(value, this.#length + 4);
    this.#length += 4 + value.length;
    return this;
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  /** A view of what was laid down. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    this.#bytes = Buffer.concat([this.#bytes], Math.max(needed, this.#bytes.length * 2));
  }
}

/** Reads what a `FieldWriter` laid down. The bytes passed a checksum, so a field that is missing is a false claim. */
export class FieldReader {
  readonly #source: Buffer;
  #offset = 0;

  constructor(source: Buffer) {
    this.#source = source;
  }

  number(): number {
    return readU64(this.#source, this.#take(8));
  }

  /** A copy. */
  bytes(): Buffer {
    const length = this.#source.readUInt32LE(this.#take(4));
    const start = this.#take(length);
    return Buffer.from(this.#source.subarray(start, start + length));
  }

  text(): string {
    return this.bytes().toString();
  }

  #take(bytes: number): number {
    const start = this.#offset;
    assert(start + bytes <= this.#source.length, 'a field lies inside what was written');
    this.#offset = start + bytes;
    return start;
  }
}
