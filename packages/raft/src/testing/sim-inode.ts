import type { Random } from '../ports.ts';

/** The unit that survives a crash whole or not at all. */
const SECTOR_BYTES = 512;

/** The content of a simulated file, as programs see it and as it would survive. */
export class SimInode {
  #seen = Buffer.alloc(0);
  #durable = Buffer.alloc(0);
  #bytes = 0;
  #durableBytes = 0;
  /** Numbers of the sectors that differ, or may, between the two and that a crash may keep. */
  readonly #dirty = new Set<number>();

  get bytes(): number {
    return this.#bytes;
  }

  contents(): Buffer {
    return Buffer.from(this.#seen.subarray(0, this.#bytes));
  }

  read(target: Uint8Array, position: number): number {
    const end = Math.min(this.#bytes, position + target.length);
    if (end <= position) return 0;
    target.set(this.#seen.subarray(position, end));
    return end - position;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    this.#seen = grown(this.#seen, end);
    this.#seen.set(bytes, position);
    this.#bytes = Math.max(this.#bytes, end);
    for (let sector = sectorOf(position); sector * SECTOR_BYTES < end; sector += 1) {
      this.#dirty.add(sector);
    }
  }

  /** Makes a range durable. */
  persist(position: number, bytes: number): void {
    const end = position + bytes;
    this.#durable = grown(this.#durable, end);
    this.#seen.copy(this.#durable, position, position, end);
    this.#durableBytes = Math.max(this.#durableBytes, end);
    for (let sector = sectorOf(position); sector * SECTOR_BYTES < end; sector += 1) {
      this.#dirty.delete(sector);
    }
  }

  sync(): void {
    for (const sector of this.#dirty) this.#keep(sector);
    this.#dirty.clear();
    this.#durableBytes = this.#bytes;
  }

  /** A write or sync failed: what is dirty counts as clean from now on and never survives. */
  forget(): void {
    this.#dirty.clear();
  }

  /** Any subset of the dirty sectors survives. */
  crash(random: Random): void {
    const share = random.next();
    for (const sector of this.#dirty) if (random.next() < share) this.#keep(sector);
    this.#dirty.clear();
    this.#seen = Buffer.from(this.#durable);
    this.#bytes = this.#durableBytes;
  }

  flipBit(offset: number, bit: number): void {
    for (const image of [this.#seen, this.#durable]) {
      if (offset < image.length) image[offset] = (image[offset] ?? 0) ^ (1 << bit);
    }
  }

  truncate(bytes: number): void {
    this.#seen.fill(0, bytes);
    this.#durable.fill(0, bytes);
    this.#bytes = Math.min(this.#bytes, bytes);
    this.#durableBytes = Math.min(this.#durableBytes, bytes);
  }

  #keep(sector: number): void {
    const start = sector * SECTOR_BYTES;
    const end = Math.min(start + SECTOR_BYTES, this.#bytes);
    if (end <= start) return;
    this.#durable = grown(this.#durable, end);
    this.#seen.copy(this.#durable, start, start, end);
    this.#durableBytes = Math.max(this.#durableBytes, end);
  }
}

const sectorOf = (position: number): number => Math.floor(position / SECTOR_BYTES);

/** The buffer, or a larger one with the same content. */
function grown(buffer: Buffer<ArrayBuffer>, bytes: number): Buffer<ArrayBuffer> {
  if (bytes <= buffer.length) return buffer;
  const larger = Buffer.alloc(Math.max(bytes, buffer.length * 2));
  buffer.copy(larger);
  return larger;
}
