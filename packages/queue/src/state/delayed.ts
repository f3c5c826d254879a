import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { RowKind, placePrefix, readU64Text, u64Text } from '../store/row-keys.ts';
import { OrderedRows } from './ordered-rows.ts';
import type { Rows } from './rows.ts';
import { type Trail, readTrail, trailBytes, writeTrail } from './trail.ts';

/** A message that rests. */
export interface DelayedRow {
  /** In ms since the Unix epoch. */
  readonly until: number;
  /** Its key is blocked meanwhile: it was nacked. */
  readonly blocks: boolean;
  readonly trail: Trail;
}

/** The delayed messages of a topic. When each one is due: `due.ts`. */
export class Delayed {
  readonly #delayed: OrderedRows;
  #count: number;

  constructor(rows: Rows, place: number, count: number) {
    this.#delayed = new OrderedRows(rows, placePrefix(RowKind.delayed, place), count === 0);
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  find(sequence: number): DelayedRow | undefined {
    const value = this.#count === 0 ? undefined : this.#delayed.get(u64Text(sequence));
    return value && readDelayedRow(new ByteReader(value));
  }

  add(sequence: number, row: DelayedRow): void {
    this.#delayed.put(u64Text(sequence), encodeDelayedRow(row), true);
    this.#count += 1;
  }

  remove(sequence: number): void {
    this.#delayed.delete(u64Text(sequence));
    this.#count -= 1;
  }

  /** The first sequence above this one that is delayed. */
  after(sequence: number): number | undefined {
    if (this.#count === 0) return undefined;
    const row = this.#delayed.after(this.#delayed.prefix + u64Text(sequence));
    return row && readU64Text(row.key, row.key.length - 8);
  }
}

/** | u64 until | u8 blocks | trail | */
function encodeDelayedRow({ until, blocks, trail }: DelayedRow): Buffer {
  const writer = new ByteWriter(9 + trailBytes(trail)).u64(until).u8(blocks ? 1 : 0);
  return writeTrail(writer, trail).finish();
}

export function readDelayedRow(reader: ByteReader): DelayedRow {
  return { until: reader.u64(), blocks: reader.u8() === 1, trail: readTrail(reader) };
}
