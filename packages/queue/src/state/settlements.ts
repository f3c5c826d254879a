import { SETTLEMENTS_MAX } from '../commands/limits.ts';
import { RowKind, placePrefix, u64Text } from '../store/row-keys.ts';
import type { Rows } from './rows.ts';

/** How a delivery was settled. Numbers in the store. */
export const SettledAs = { ack: 1, nack: 2, release: 3, reject: 4 } as const;
export type SettledAs = (typeof SettledAs)[keyof typeof SettledAs];

/** Pages that are kept of so many settlements. */
export function pagesOf(count: number): number {
  const full = Math.floor(count / PAGE_ENTRIES);
  const kept = Math.min(full, Math.ceil(SETTLEMENTS_MAX / PAGE_ENTRIES) + 1);
  return kept + (count % PAGE_ENTRIES === 0 ? 0 : 1);
}

/** Whether a page may hold some of so many settlements. */
export const isPageOf = (count: number, page: number): boolean => page * PAGE_ENTRIES < count;

/** | u64 sequence | u32 delivery | u8 how | */
const ENTRY_BYTES = 13;
/** A page is 3.3 KiB: a flush writes the last one again. */
const PAGE_ENTRIES = 256;
export const SETTLEMENTS_PAGE_BYTES = ENTRY_BYTES * PAGE_ENTRIES;

const TWO_32 = 0x1_0000_0000;

/**
 * The last settlements of a topic, so that a repeated one is known for what it is: pages of rows, the last one in
 * memory. Only repeated or late settlements are looked up, in the pages that may hold their sequence.
 */
export class Settlements {
  readonly #rows: Rows;
  readonly #place: number;
  #count: number;
  #page: Buffer | undefined;
  #isDirty = false;
  /** Lowest and highest sequence of full pages that were read. */
  readonly #spans = new Map<number, Span>();

  /** `count`: settlements so far. */
  constructor(rows: Rows, place: number, count: number) {
    this.#rows = rows;
    this.#place = place;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  add(sequence: number, delivery: number, how: SettledAs): void {
    const at = (this.#count % PAGE_ENTRIES) * ENTRY_BYTES;
    const page = this.#current();
    page.writeUInt32LE(sequence % TWO_32, at);
    page.writeUInt32LE(Math.floor(sequence / TWO_32), at + 4);
    page.writeUInt32LE(delivery, at + 8);
    page.writeUInt8(how, at + 12);
    this.#count += 1;
    this.#isDirty = true;
    if (this.#count % PAGE_ENTRIES === 0) this.#turnPage();
  }

  /** How a delivery was settled, if it is remembered. */
  find(sequence: number, delivery: number): SettledAs | undefined {
    const oldest = Math.max(0, this.#count - SETTLEMENTS_MAX);
    const firstPage = Math.floor(oldest / PAGE_ENTRIES);
    for (let page = Math.floor(this.#count / PAGE_ENTRIES); page >= firstPage; page -= 1) {
      const from = Math.max(oldest - page * PAGE_ENTRIES, 0);
      const to = Math.min(this.#count - page * PAGE_ENTRIES, PAGE_ENTRIES);
      if (to <= 0 || !this.#mayHold(page, sequence)) continue;
      const how = findIn(this.#pageOf(page), { from, to, sequence, delivery });
      if (how !== undefined) return how;
    }
    return undefined;
  }

  /** Puts the last page into the rows, if it has changed. */
  save(): void {
    if (!this.#isDirty || this.#page === undefined) return;
    const page = Math.floor(this.#count / PAGE_ENTRIES);
    this.#rows.put(this.#keyOf(page), Buffer.from(this.#page));
    this.#isDirty = false;
  }

  #turnPage(): void {
    const full = this.#count / PAGE_ENTRIES - 1;
    this.#rows.put(this.#keyOf(full), this.#current());
    this.#page = undefined;
    this.#isDirty = false;
    const obsolete = full - Math.ceil(SETTLEMENTS_MAX / PAGE_ENTRIES) - 1;
    if (obsolete < 0) return;
    this.#rows.delete(this.#keyOf(obsolete));
    this.#spans.delete(obsolete);
  }

  #mayHold(page: number, sequence: number): boolean {
    if (page === Math.floor(this.#count / PAGE_ENTRIES)) return true;
    const span = this.#spans.get(page) ?? spanOf(this.#stored(page));
    this.#spans.set(page, span);
    return span.lowest <= sequence && sequence <= span.highest;
  }

  /** The page that is being filled. */
  #current(): Buffer {
    const page = Math.floor(this.#count / PAGE_ENTRIES);
    const isNew = this.#count % PAGE_ENTRIES === 0;
    return (this.#page ??= isNew
      ? Buffer.alloc(SETTLEMENTS_PAGE_BYTES)
      : Buffer.from(this.#stored(page)));
  }

  #pageOf(page: number): Buffer {
    return page === Math.floor(this.#count / PAGE_ENTRIES) ? this.#current() : this.#stored(page);
  }

  #stored(page: number): Buffer {
    return this.#rows.get(this.#keyOf(page)) ?? Buffer.alloc(SETTLEMENTS_PAGE_BYTES);
  }

  #keyOf(page: number): string {
    return placePrefix(RowKind.settlements, this.#place) + u64Text(page);
  }
}

interface Span {
  readonly lowest: number;
  readonly highest: number;
}

function spanOf(page: Buffer): Span {
  let [lowest, highest] = [Infinity, 0];
  for (let at = 0; at < SETTLEMENTS_PAGE_BYTES; at += ENTRY_BYTES) {
    const sequence = page.readUInt32LE(at) + page.readUInt32LE(at + 4) * TWO_32;
    lowest = Math.min(lowest, sequence);
    highest = Math.max(highest, sequence);
  }
  return { lowest, highest };
}

interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly sequence: number;
  readonly delivery: number;
}

function findIn(page: Buffer, { from, to, sequence, delivery }: Wanted): SettledAs | undefined {
  const low = sequence % TWO_32;
  const high = Math.floor(sequence / TWO_32);
  for (let at = (to - 1) * ENTRY_BYTES; at >= from * ENTRY_BYTES; at -= ENTRY_BYTES) {
    if (page.readUInt32LE(at) !== low || page.readUInt32LE(at + 4) !== high) continue;
    if (page.readUInt32LE(at + 8) === delivery) return settledAs(page.readUInt8(at + 12));
  }
  return undefined;
}

function settledAs(number: number): SettledAs {
  if (number === SettledAs.nack || number === SettledAs.release) return number;
  return number === SettledAs.reject ? SettledAs.reject : SettledAs.ack;
}
