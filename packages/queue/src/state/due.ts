import { RowKind, kindPrefix, readU64Text, u64Text, u8Text } from '../store/row-keys.ts';
import { OrderedRows } from './ordered-rows.ts';
import type { Rows } from './rows.ts';

/** Numbers in the store, in the order in which things of one message are done. */
export const DueKind = { delay: 1, expiry: 2, dedup: 3 } as const;
export type DueKind = (typeof DueKind)[keyof typeof DueKind];

/** Something that is to be done with a message when its time has come. */
export interface DueItem {
  /** In ms since the Unix epoch. */
  readonly at: number;
  readonly place: number;
  readonly sequence: number;
  readonly kind: DueKind;
}

/** What the first item is, and what was noted with it. */
export interface DueRow {
  readonly item: DueItem;
  readonly note: string;
}

const NOTHING = Buffer.alloc(0);

/** What is to be done, all topics together, by (time, place, sequence, kind). */
export class Due {
  readonly #items: OrderedRows;

  constructor(rows: Rows, isEmpty: boolean) {
    this.#items = new OrderedRows(rows, kindPrefix(RowKind.due), isEmpty);
  }

  get first(): DueRow | undefined {
    const row = this.#items.first;
    return row && { item: parseDueKey(row.key), note: row.value.toString() };
  }

  add(item: DueItem, note = ''): void {
    this.#items.put(suffixOf(item), note === '' ? NOTHING : Buffer.from(note), true);
  }

  delete(item: DueItem): void {
    this.#items.delete(suffixOf(item));
  }
}

const suffixOf = ({ at, place, sequence, kind }: DueItem): string =>
  u64Text(at) + u64Text(place) + u64Text(sequence) + u8Text(kind);

/** Bytes of a key: kind, time, place, sequence, kind of item. */
export const DUE_KEY_BYTES = 26;

export function parseDueKey(key: string): DueItem {
  return {
    at: readU64Text(key, 1),
    place: readU64Text(key, 9),
    sequence: readU64Text(key, 17),
    kind: dueKindOf(key.charCodeAt(25)),
  };
}

function dueKindOf(number: number): DueKind {
  if (number === DueKind.delay || number === DueKind.expiry) return number;
  return DueKind.dedup;
}
