import type { Message } from '../results/result.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { RowKind, placePrefix, readU64Text, u64Text, u8Text } from '../store/row-keys.ts';
import { StoreCorrupt } from '../store/store.ts';
import type { Bodies } from './bodies.ts';
import { OrderedRows } from './ordered-rows.ts';
import type { Rows } from './rows.ts';
import { type Trail, UNTOUCHED, readTrail, trailBytes, writeTrail } from './trail.ts';

/** Sequences `from … to`, some of which may be gone. */
interface Range {
  from: number;
  to: number;
}

/** What the store keeps of a lane beside its rows. */
export interface LaneRecord {
  readonly turn: number;
  readonly freshCount: number;
  readonly returnedCount: number;
  /** Ranges that have a row. */
  readonly middleCount: number;
  /** 0 … 0 when there is none. */
  readonly head: Readonly<Range>;
  readonly tail: Readonly<Range>;
}

export interface LaneOrigin {
  readonly rows: Rows;
  readonly bodies: Bodies;
  readonly place: number;
  readonly priority: number;
  readonly record: LaneRecord;
}

export const EMPTY_LANE: LaneRecord = {
  turn: 0,
  freshCount: 0,
  returnedCount: 0,
  middleCount: 0,
  head: { from: 0, to: 0 },
  tail: { from: 0, to: 0 },
};

const NO_RANGE: Readonly<Range> = { from: 0, to: 0 };

/** A message and what has become of it. */
export interface Found {
  readonly message: Message;
  readonly trail: Trail;
}

/**
 * The ready messages of one priority that have no key, in the order of their sequences. *Fresh* ones came straight from
 * their publish: they are ranges of sequences, the first and the last one in memory, those between them in rows. What
 * was delivered before, or delayed, has a row of its own (*returned*). So a topic that is first-in first-out has one
 * range, however long its backlog, and no row.
 */
export class KeylessLane {
  readonly priority: number;
  readonly #bodies: Bodies;
  readonly #middle: OrderedRows;
  readonly #returned: OrderedRows;
  readonly #head: Range;
  /** The same as the head while there is only one range. */
  readonly #tail: Range;
  #middleCount: number;
  #freshCount: number;
  #returnedCount: number;
  /** When it is served, among those of its priority. */
  turn: number;

  constructor({ rows, bodies, place, priority, record }: LaneOrigin) {
    this.priority = priority;
    this.#bodies = bodies;
    const suffix = u8Text(priority);
    const { middleCount, freshCount, returnedCount } = record;
    const fresh = placePrefix(RowKind.fresh, place) + suffix;
    const returned = placePrefix(RowKind.returned, place) + suffix;
    this.#middle = new OrderedRows(rows, fresh, middleCount === 0);
    this.#returned = new OrderedRows(rows, returned, returnedCount === 0);
    this.#middleCount = middleCount;
    this.#freshCount = freshCount;
    this.#returnedCount = returnedCount;
    this.#head = { ...record.head };
    this.#tail = { ...record.tail };
    this.turn = record.turn;
  }

  get count(): number {
    return this.#freshCount + this.#returnedCount;
  }

  record(): LaneRecord {
    return {
      turn: this.turn,
      freshCount: this.#freshCount,
      returnedCount: this.#returnedCount,
      middleCount: this.#middleCount,
      head: { ...this.#head },
      tail: { ...this.#tail },
    };
  }

  /** Adds the newest message of the topic. */
  append(sequence: number): void {
    this.#freshCount += 1;
    if (this.#freshCount === 1 && this.#middleCount === 0) {
      set(this.#head, { from: sequence, to: sequence });
      set(this.#tail, this.#head);
      return;
    }
    if (this.#tail.to + 1 === sequence) {
      this.#tail.to = sequence;
      if (this.#isOneRange) this.#head.to = sequence;
      return;
    }
    if (!this.#isOneRange) {
      this.#middle.put(u64Text(this.#tail.from), encodeTo(this.#tail.to), true);
      this.#middleCount += 1;
    }
    set(this.#tail, { from: sequence, to: sequence });
  }

  putBack(sequence: number, trail: Trail): void {
    this.#returned.put(u64Text(sequence), encodeTrail(trail), true);
    this.#returnedCount += 1;
  }

  /** The message with the lowest sequence. */
  first(): Found | undefined {
    const fresh = this.#freshCount > 0 ? this.#firstFresh() : undefined;
    const row = this.#returnedCount > 0 ? this.#returned.first : undefined;
    if (row === undefined) return fresh && { message: fresh, trail: UNTOUCHED };
    const sequence = readU64Text(row.key, row.key.length - 8);
    if (fresh !== undefined && fresh.sequence < sequence) {
      return { message: fresh, trail: UNTOUCHED };
    }
    return { message: this.#bodies.get(sequence), trail: decodeTrail(row.value) };
  }

  /** What has become of a message that is in this lane. */
  trailOf(sequence: number): Trail {
    const value = this.#returnedCount > 0 ? this.#returned.get(u64Text(sequence)) : undefined;
    return value === undefined ? UNTOUCHED : decodeTrail(value);
  }

  isReturned(sequence: number): boolean {
    return this.#returnedCount > 0 && this.#returned.get(u64Text(sequence)) !== undefined;
  }

  /** Removes a message that is in this lane, wherever. */
  remove(sequence: number): void {
    const suffix = u64Text(sequence);
    if (this.isReturned(sequence)) {
      this.#returned.delete(suffix);
      this.#returnedCount -= 1;
      return;
    }
    this.#freshCount -= 1;
    if (sequence !== this.#head.from) return;
    this.#startAt(sequence + 1);
    if (this.#head.from > this.#head.to) this.#nextRange();
  }

  get #isOneRange(): boolean {
    return this.#head.from === this.#tail.from;
  }

  /** What the head has before this sequence is gone. */
  #startAt(sequence: number): void {
    if (this.#isOneRange) this.#tail.from = sequence;
    this.#head.from = sequence;
  }

  #firstFresh(): Message {
    for (;;) {
      const { from, to } = this.#head;
      const message = from === 0 ? undefined : this.#bodies.first(from, to);
      if (message !== undefined) {
        this.#startAt(message.sequence);
        return message;
      }
      if (from === 0 || !this.#nextRange()) {
        throw new StoreCorrupt(`the store has lost messages: ${this.#freshCount} were ready`);
      }
    }
  }

  /** Goes on behind the head, of which nothing is left. */
  #nextRange(): boolean {
    const row = this.#middleCount > 0 ? this.#middle.first : undefined;
    if (row !== undefined) {
      const suffix = row.key.slice(-8);
      set(this.#head, { from: readU64Text(suffix, 0), to: decodeTo(row.value) });
      this.#middle.delete(suffix);
      this.#middleCount -= 1;
      return true;
    }
    const isOver = this.#tail.from <= this.#head.from;
    set(this.#head, isOver ? NO_RANGE : this.#tail);
    if (isOver) set(this.#tail, NO_RANGE);
    return !isOver;
  }
}

function set(range: Range, { from, to }: Readonly<Range>): void {
  range.from = from;
  range.to = to;
}

const encodeTo = (to: number): Buffer => new ByteWriter(8).u64(to).finish();
const decodeTo = (value: Buffer): number => new ByteReader(value).u64();

const encodeTrail = (trail: Trail): Buffer =>
  writeTrail(new ByteWriter(trailBytes(trail)), trail).finish();

const decodeTrail = (value: Buffer): Trail => readTrail(new ByteReader(value));
