import { RowKind, nameText, placePrefix } from '../store/row-keys.ts';
import { type KeyRecord, decodeKeyRecord, encodeKeyRecord } from './key-record.ts';
import type { Rows } from './rows.ts';

/** More keys than are received between two acks, in some 2 MiB. */
const REMEMBERED_MAX = 8192;

/** What is known of keys, all topics together: rows, of which those used last are in memory as they are. */
export class KeyRecords {
  readonly #rows: Rows;
  /** By the key of the row. */
  readonly #remembered = new Map<string, KeyRecord>();

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** The one record of a key: whoever changes it puts it back. */
  find(place: number, key: string): KeyRecord | undefined {
    const rowKey = rowKeyOf(place, key);
    const known = this.#remembered.get(rowKey);
    if (known !== undefined) return known;
    const value = this.#rows.get(rowKey);
    if (value === undefined) return undefined;
    const record = decodeKeyRecord(value);
    this.#remember(rowKey, record);
    return record;
  }

  /** `isNew`: there is none of this key. */
  put(place: number, key: string, { record, isNew }: { record: KeyRecord; isNew: boolean }): void {
    const rowKey = rowKeyOf(place, key);
    this.#rows.put(rowKey, encodeKeyRecord(record), isNew);
    this.#remember(rowKey, record);
  }

  delete(place: number, key: string): void {
    const rowKey = rowKeyOf(place, key);
    this.#rows.delete(rowKey);
    this.#remembered.delete(rowKey);
  }

  #remember(rowKey: string, record: KeyRecord): void {
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    this.#remembered.set(rowKey, record);
  }
}

const rowKeyOf = (place: number, key: string): string =>
  placePrefix(RowKind.key, place) + nameText(key);
