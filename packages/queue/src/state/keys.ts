import { assert } from '@rrmq/raft';
import { RowKind, endOf, placePrefix, readU64Text, u64Text, u8Text } from '../store/row-keys.ts';
import { type KeyRecord, decodeKeyedRow, encodeKeyedRow } from './key-record.ts';
import type { KeyRecords } from './key-records.ts';
import { OrderedRows } from './ordered-rows.ts';
import type { Rows } from './rows.ts';
import type { Trail } from './trail.ts';

const NOTHING = Buffer.alloc(0);

/** Counts what is served in a topic. */
export interface Turns {
  next(): number;
}

/** What the store keeps of the keys of a topic beside their rows. */
export interface KeysRecord {
  /** Lanes ever used. */
  readonly lanes: number;
  /** Keys that can be served. */
  readonly waiting: number;
  /** Ready messages with a key, and bytes of their bodies; those of blocked keys are among them. */
  readonly count: number;
  readonly blockedCount: number;
  readonly blockedBytes: number;
}

export const NO_KEYS: KeysRecord = {
  lanes: 0,
  waiting: 0,
  count: 0,
  blockedCount: 0,
  blockedBytes: 0,
};

/** A ready message with a key. */
export interface KeyedMessage {
  readonly key: string;
  readonly sequence: number;
  readonly priority: number;
  readonly bytes: number;
}

/**
 * The ready messages with keys: each key has its messages in order (`keyed` rows), and a place in the ring of its
 * priority (`turn` rows) while it can be served: it has something ready and is not blocked.
 */
export class Keys {
  readonly #rows: Rows;
  readonly #records: KeyRecords;
  readonly #place: number;
  readonly #keyedPrefix: string;
  readonly #turns: Turns;
  /** By priority. */
  readonly #rings: OrderedRows[] = [];
  #lanes: number;
  #waiting: number;
  #count: number;
  #blockedCount: number;
  #blockedBytes: number;

  constructor(rows: Rows, { place, records, record, turns }: KeysOrigin) {
    this.#rows = rows;
    this.#records = records;
    this.#place = place;
    this.#keyedPrefix = placePrefix(RowKind.keyed, place);
    this.#turns = turns;
    this.#lanes = record.lanes;
    this.#waiting = record.waiting;
    this.#count = record.count;
    this.#blockedCount = record.blockedCount;
    this.#blockedBytes = record.blockedBytes;
  }

  get count(): number {
    return this.#count;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Ready messages behind blocked keys. */
  get blocked(): { readonly count: number; readonly bytes: number } {
    return { count: this.#blockedCount, bytes: this.#blockedBytes };
  }

  record(): KeysRecord {
    return {
      lanes: this.#lanes,
      waiting: this.#waiting,
      count: this.#count,
      blockedCount: this.#blockedCount,
      blockedBytes: this.#blockedBytes,
    };
  }

  /** The turn of the key of a priority that is served first; `undefined` when none waits. */
  firstTurn(priority: number): number | undefined {
    const row = this.#waiting === 0 ? undefined : this.#ring(priority).first;
    return row && readU64Text(row.key, row.key.length - 8);
  }

  /** Of the key of a priority that is served first: its first message. */
  first(priority: number): { readonly sequence: number; readonly trail: Trail } {
    const row = this.#ring(priority).first;
    assert(row !== undefined, 'a key is served when one waits');
    const record = this.#record(row.value.toString());
    const { lane, first } = record;
    record.firstTrail ??= this.#keyedRow(lane, first).trail;
    return { sequence: first, trail: record.firstTrail };
  }

  trailOf(key: string, sequence: number): Trail {
    return this.#keyedRow(this.#record(key).lane, sequence).trail;
  }

  /** A message becomes ready. */
  add({ key, sequence, priority, bytes }: KeyedMessage, trail: Trail): void {
    const known = this.#records.find(this.#place, key);
    const record = known ?? this.#newRecord();
    this.#rows.put(
      this.#keyedKey(record.lane, sequence),
      encodeKeyedRow({ priority, bytes, trail }),
      true,
    );
    this.#counted(record, 1, bytes);
    if (record.count === 1 || sequence < record.first) {
      this.#startsWith(key, record, { sequence, priority, trail });
    }
    this.#settle(key, record, known === undefined);
  }

  /** A message that is ready is not any more. */
  remove({ key, sequence, bytes }: Omit<KeyedMessage, 'priority'>): void {
    const record = this.#record(key);
    this.#removeFrom(key, record, { sequence, bytes });
    this.#settle(key, record, false);
  }

  /** The message is served. Its key goes to the end of the ring, or is blocked. */
  serve({ key, sequence, bytes }: Omit<KeyedMessage, 'priority'>, blocks: boolean): void {
    const record = this.#record(key);
    this.#leaveRing(record);
    this.#removeFrom(key, record, { sequence, bytes });
    if (blocks) this.#block(record, 1);
    this.#settle(key, record, false);
  }

  /** What blocked the key does not any more. */
  unblock(key: string): void {
    const record = this.#record(key);
    assert(record.blocked, 'a key that is blocked no more was blocked');
    this.#block(record, -1);
    this.#settle(key, record, false);
  }

  #block(record: KeyRecord, sign: 1 | -1): void {
    record.blocked = sign === 1;
    this.#blockedCount += sign * record.count;
    this.#blockedBytes += sign * record.bytes;
  }

  #removeFrom(
    key: string,
    record: KeyRecord,
    { sequence, bytes }: { readonly sequence: number; readonly bytes: number },
  ): void {
    const rowKey = this.#keyedKey(record.lane, sequence);
    this.#rows.delete(rowKey);
    this.#counted(record, -1, -bytes);
    if (sequence !== record.first) return;
    const row = record.count === 0 ? undefined : this.#rows.next(rowKey, this.#laneEnd(record));
    if (row === undefined) {
      assert(record.count === 0, 'a key has as many rows as it counts');
      this.#leaveRing(record);
      record.first = 0;
      record.firstTrail = undefined;
      return;
    }
    const { priority, trail } = decodeKeyedRow(row.value);
    const next = { sequence: readU64Text(row.key, row.key.length - 8), priority, trail };
    this.#startsWith(key, record, next);
  }

  /** Another message of the key is the first one. It keeps its turn, perhaps in the ring of another priority. */
  #startsWith(key: string, record: KeyRecord, { sequence, priority, trail }: FirstOfKey): void {
    const { turn } = record;
    const moves = turn > 0 && priority !== record.priority;
    if (moves) this.#leaveRing(record);
    record.first = sequence;
    record.firstTrail = trail;
    record.priority = priority;
    if (moves) this.#enterRing(key, record, turn);
  }

  /** Takes the key into the ring if it can be served and is not there, and keeps what is known of it. */
  #settle(key: string, record: KeyRecord, isNew: boolean): void {
    const { turn, blocked, count } = record;
    if (turn === 0 && !blocked && count > 0) this.#enterRing(key, record, this.#turns.next());
    if (count === 0 && !blocked) this.#records.delete(this.#place, key);
    else this.#records.put(this.#place, key, { record, isNew });
  }

  #enterRing(key: string, record: KeyRecord, turn: number): void {
    record.turn = turn;
    const value = Buffer.from(key);
    this.#ring(record.priority).put(u64Text(turn), value, true);
    this.#waiting += 1;
  }

  #leaveRing(record: KeyRecord): void {
    if (record.turn === 0) return;
    this.#waiting -= 1;
    this.#ring(record.priority).delete(u64Text(record.turn));
    record.turn = 0;
  }

  #counted(record: KeyRecord, messages: number, bytes: number): void {
    record.count += messages;
    record.bytes += bytes;
    this.#count += messages;
    if (!record.blocked) return;
    this.#blockedCount += messages;
    this.#blockedBytes += bytes;
  }

  #newRecord(): KeyRecord {
    this.#lanes += 1;
    const lane = this.#lanes;
    const nothing = { count: 0, bytes: 0, first: 0, priority: 0, firstTrail: undefined };
    return { lane, blocked: false, turn: 0, ...nothing };
  }

  /** What is known of a key. */
  find(key: string): KeyRecord | undefined {
    return this.#records.find(this.#place, key);
  }

  #record(key: string): KeyRecord {
    const record = this.#records.find(this.#place, key);
    assert(record !== undefined, 'a key is known while it has messages that are ready or leased');
    return record;
  }

  #keyedRow(lane: number, sequence: number) {
    const value = this.#rows.get(this.#keyedKey(lane, sequence));
    return decodeKeyedRow(value ?? NOTHING);
  }

  #keyedKey(lane: number, sequence: number): string {
    return this.#lanePrefix(lane) + u64Text(sequence);
  }

  #lanePrefix(lane: number): string {
    return this.#keyedPrefix + u64Text(lane);
  }

  #laneEnd({ lane }: KeyRecord): string {
    return endOf(this.#lanePrefix(lane));
  }

  #ring(priority: number): OrderedRows {
    return (this.#rings[priority] ??= this.#newRing(priority));
  }

  #newRing(priority: number): OrderedRows {
    const prefix = placePrefix(RowKind.turn, this.#place) + u8Text(priority);
    return new OrderedRows(this.#rows, prefix, this.#waiting === 0);
  }
}

/** The message of a key that is received first. */
interface FirstOfKey {
  readonly sequence: number;
  readonly priority: number;
  readonly trail: Trail;
}

interface KeysOrigin {
  readonly place: number;
  readonly records: KeyRecords;
  readonly record: KeysRecord;
  readonly turns: Turns;
}
