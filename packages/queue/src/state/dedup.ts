import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { RowKind, nameText, placePrefix } from '../store/row-keys.ts';
import { type Due, DueKind } from './due.ts';
import type { MessageMeta } from './message-meta.ts';
import type { Rows } from './rows.ts';

/** What is remembered of a dedup id. */
export interface DedupRecord {
  /** The message that was published under it. */
  readonly sequence: number;
  /** Remembered until then in any case, in ms since the Unix epoch. */
  readonly until: number;
  /** The message is in the topic, perhaps as a dead letter: the id is remembered as long. */
  readonly isThere: boolean;
}

/** The dedup ids of all topics. */
export class Dedup {
  readonly #rows: Rows;
  readonly #due: Due;

  constructor(rows: Rows, due: Due) {
    this.#rows = rows;
    this.#due = due;
  }

  /** The sequence of the message that was published under this id, if it is remembered. */
  find(place: number, id: string, at: number): number | undefined {
    const record = this.#get(place, id);
    if (record === undefined || (!record.isThere && record.until <= at)) return undefined;
    return record.sequence;
  }

  /** The message was published; its id is remembered. */
  remember(place: number, { sequence, dedupId }: MessageMeta, until: number): void {
    if (dedupId === undefined) return;
    this.#put(place, dedupId, { sequence, until, isThere: true });
    this.#due.add({ at: until, place, sequence, kind: DueKind.dedup }, dedupId);
  }

  /** The message has left the topic. */
  left(place: number, { sequence, dedupId }: MessageMeta, at: number): void {
    const record = dedupId === undefined ? undefined : this.#get(place, dedupId);
    if (dedupId === undefined || record?.sequence !== sequence) return;
    if (record.until <= at) this.#rows.delete(keyOf(place, dedupId));
    else this.#put(place, dedupId, { ...record, isThere: false });
  }

  /** The id need not be remembered any more, unless its message is still there. */
  forget(place: number, id: string, sequence: number): void {
    const record = this.#get(place, id);
    if (record?.sequence !== sequence || record.isThere) return;
    this.#rows.delete(keyOf(place, id));
  }

  #get(place: number, id: string): DedupRecord | undefined {
    const value = this.#rows.get(keyOf(place, id));
    return value && readDedupRecord(new ByteReader(value));
  }

  #put(place: number, id: string, { sequence, until, isThere }: DedupRecord): void {
    const value = new ByteWriter(17)
      .u64(sequence)
      .u64(until)
      .u8(isThere ? 1 : 0);
    this.#rows.put(keyOf(place, id), value.finish());
  }
}

/** | u64 sequence | u64 until | u8 is there | */
export function readDedupRecord(reader: ByteReader): DedupRecord {
  return { sequence: reader.u64(), until: reader.u64(), isThere: reader.u8() === 1 };
}

const keyOf = (place: number, id: string): string =>
  placePrefix(RowKind.dedup, place) + nameText(id);
