import { assert } from '@rrmq/raft';
import { PRIORITY_MAX } from '../commands/limits.ts';
import type { Bodies } from './bodies.ts';
import { EMPTY_LANE, type Found, KeylessLane, type LaneRecord } from './keyless-lane.ts';
import type { KeyRecord } from './key-record.ts';
import type { KeyRecords } from './key-records.ts';
import { Keys, type KeysRecord, NO_KEYS } from './keys.ts';
import type { MessageMeta } from './message-meta.ts';
import type { Rows } from './rows.ts';
import { type Trail, UNTOUCHED } from './trail.ts';

/** What the store keeps of what is ready in a topic, beside rows. */
export interface ReadyRecord {
  /** Turns given out. */
  readonly turns: number;
  /** Of the bodies of all that is ready. */
  readonly bytes: number;
  /** Those that hold something, or held it, by ascending priority. */
  readonly lanes: readonly (LaneRecord & { readonly priority: number })[];
  readonly keys: KeysRecord;
}

export const NOTHING_READY: ReadyRecord = { turns: 0, bytes: 0, lanes: [], keys: NO_KEYS };

export interface ReadyOrigin {
  readonly rows: Rows;
  readonly keyRecords: KeyRecords;
  readonly bodies: Bodies;
  readonly place: number;
  readonly record: ReadyRecord;
}

/**
 * The ready messages of a topic, and who is served next: of the highest priority, who waits longest – a key, or all
 * messages without one together. `docs/SEMANTICS.md`, "Receiving".
 */
export class Ready {
  readonly #rows: Rows;
  readonly #bodies: Bodies;
  readonly #place: number;
  readonly #keys: Keys;
  /** By priority. */
  readonly #lanes: (KeylessLane | undefined)[] = [];
  #turns: number;
  #bytes: number;
  #keyless = 0;

  constructor({ rows, keyRecords: records, bodies, place, record }: ReadyOrigin) {
    this.#rows = rows;
    this.#bodies = bodies;
    this.#place = place;
    this.#turns = record.turns;
    this.#bytes = record.bytes;
    const turns = { next: () => this.#nextTurn() };
    this.#keys = new Keys(rows, { place, records, record: record.keys, turns });
    for (const lane of record.lanes) {
      const { count } = this.#newLane(lane.priority, lane);
      this.#keyless += count;
    }
  }

  /** All that is ready. */
  get count(): number {
    return this.#keyless + this.#keys.count;
  }

  /** Of the bodies of all of it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What could be served now, one after another without waiting: of each key one message. */
  get available(): number {
    return this.#keyless + this.#keys.waiting;
  }

  /** What is ready behind blocked keys. */
  get blocked(): { readonly count: number; readonly bytes: number } {
    return this.#keys.blocked;
  }

  record(): ReadyRecord {
    const lanes = this.#lanes
      .filter((lane) => lane !== undefined)
      .map((lane) => ({ priority: lane.priority, ...lane.record() }));
    return { turns: this.#turns, bytes: this.#bytes, lanes, keys: this.#keys.record() };
  }

  /** Adds the newest message of the topic. */
  append(message: MessageMeta): void {
    const { key, sequence, priority, bytes } = message;
    if (key !== undefined) return this.putBack(message, UNTOUCHED);
    this.#bytes += bytes;
    const lane = this.#laneOf(priority);
    if (lane.count === 0) lane.turn = this.#nextTurn();
    lane.append(sequence);
    this.#keyless += 1;
  }

  /** A message that was leased or delayed is ready. Its key, if it has one, is blocked as before. */
  putBack({ key, sequence, priority, bytes }: MessageMeta, trail: Trail): void {
    this.#bytes += bytes;
    if (key !== undefined) {
      return this.#keys.add({ key, sequence, priority, bytes }, trail);
    }
    const lane = this.#laneOf(priority);
    if (lane.count === 0) lane.turn = this.#nextTurn();
    lane.putBack(sequence, trail);
    this.#keyless += 1;
  }

  /** Whoever is served next. */
  next(): Found | undefined {
    for (let priority = PRIORITY_MAX; priority >= 0; priority -= 1) {
      const found = this.#nextOf(priority);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whoever would be served next if there was only the lowest priority. */
  nextOfLowest(): Found | undefined {
    for (let priority = 0; priority <= PRIORITY_MAX; priority += 1) {
      const found = this.#nextOf(priority);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Takes out what `next` or `nextOfLowest` has found. `blocks`: its key waits until `unblock`. */
  serve({ key, sequence, priority, bytes }: MessageMeta, blocks: boolean): void {
    this.#bytes -= bytes;
    if (key !== undefined) return this.#keys.serve({ key, sequence, bytes }, blocks);
    const lane = this.#lanes[priority];
    assert(lane !== undefined, 'what is served was found in a lane');
    lane.remove(sequence);
    this.#keyless -= 1;
    if (lane.count > 0) lane.turn = this.#nextTurn();
  }

  /** Takes out a ready message, wherever it stands. Nobody is served. */
  remove({ key, sequence, priority, bytes }: MessageMeta): void {
    this.#bytes -= bytes;
    if (key !== undefined) return this.#keys.remove({ key, sequence, bytes });
    this.#lanes[priority]?.remove(sequence);
    this.#keyless -= 1;
  }

  unblock(key: string): void {
    this.#keys.unblock(key);
  }

  /** What has become of a ready message. */
  trailOf({ key, sequence, priority }: MessageMeta): Trail {
    if (key !== undefined) return this.#keys.trailOf(key, sequence);
    return this.#lanes[priority]?.trailOf(sequence) ?? UNTOUCHED;
  }

  /** A ready message without a key was delivered before, or delayed. */
  isReturned({ priority, sequence }: Pick<MessageMeta, 'priority' | 'sequence'>): boolean {
    return this.#lanes[priority]?.isReturned(sequence) === true;
  }

  /** What is known of a key that has ready messages, or is blocked. */
  keyRecord(key: string): Readonly<KeyRecord> | undefined {
    return this.#keys.find(key);
  }

  #nextOf(priority: number): Found | undefined {
    const lane = this.#lanes[priority];
    const hasKeyless = lane !== undefined && lane.count > 0;
    const keyTurn = this.#keys.firstTurn(priority);
    if (hasKeyless && (keyTurn === undefined || lane.turn < keyTurn)) return lane.first();
    if (keyTurn === undefined) return undefined;
    const { sequence, trail } = this.#keys.first(priority);
    return { message: this.#bodies.get(sequence), trail };
  }

  #laneOf(priority: number): KeylessLane {
    return this.#lanes[priority] ?? this.#newLane(priority, EMPTY_LANE);
  }

  #newLane(priority: number, record: LaneRecord): KeylessLane {
    const [rows, bodies, place] = [this.#rows, this.#bodies, this.#place];
    const lane = new KeylessLane({ rows, bodies, place, priority, record });
    this.#lanes[priority] = lane;
    return lane;
  }

  #nextTurn(): number {
    this.#turns += 1;
    return this.#turns;
  }
}
