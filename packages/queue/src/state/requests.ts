import { createHash } from 'node:crypto';
import { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter, LENGTH_BYTES } from '../bytes/byte-writer.ts';
import { REQUESTS_MAX, REQUEST_MS } from '../commands/limits.ts';
import { RowKind, kindPrefix, nameText, readU64Text, u64Text } from '../store/row-keys.ts';
import { OrderedRows } from './ordered-rows.ts';
import type { Rows } from './rows.ts';

/** What is remembered of a request by its idempotency key. */
export interface RequestRecord {
  /** Counts the requests, from 1. */
  readonly order: number;
  readonly at: number;
  /** SHA-256 of the command. */
  readonly fingerprint: Buffer;
  /** See `result-encoding.ts`. */
  readonly result: Buffer;
}

/** When a request was remembered, and under which key. */
export interface RequestOrder {
  readonly at: number;
  readonly key: string;
}

const FINGERPRINT_BYTES = 32;

export type Verdict =
  | { readonly kind: 'new' }
  | { readonly kind: 'repeated'; readonly result: Buffer }
  | { readonly kind: 'key-reused' };

/** The requests of the group that carried idempotency keys, for `REQUEST_MS`. */
export class Requests {
  readonly #rows: Rows;
  readonly #orders: OrderedRows;
  /** Requests ever remembered, and those that have an order row. */
  #total: number;
  #count: number;

  constructor(rows: Rows, { total, count }: { readonly total: number; readonly count: number }) {
    this.#rows = rows;
    this.#total = total;
    this.#count = count;
    this.#orders = new OrderedRows(rows, kindPrefix(RowKind.requestOrder), count === 0);
  }

  get total(): number {
    return this.#total;
  }

  get count(): number {
    return this.#count;
  }

  /** When the oldest one is to be forgotten. */
  get nextDue(): number | undefined {
    const oldest = this.#oldest();
    return oldest && oldest.at + REQUEST_MS;
  }

  judge(key: string, command: Buffer, at: number): Verdict {
    const record = this.#get(key);
    if (record === undefined || record.at + REQUEST_MS <= at) return { kind: 'new' };
    if (!record.fingerprint.equals(fingerprintOf(command))) return { kind: 'key-reused' };
    return { kind: 'repeated', result: record.result };
  }

  /** Remembers a request that was judged new. */
  remember(key: string, { command, result, at }: Remembered): void {
    this.#total += 1;
    this.#count += 1;
    const order = this.#total;
    const record = { order, at, fingerprint: fingerprintOf(command), result };
    this.#rows.put(keyOf(key), encodeRequest(record));
    this.#orders.put(u64Text(order), encodeOrder({ at, key }), true);
    if (this.#count > REQUESTS_MAX) this.forgetOldest();
  }

  /** Forgets the oldest one, unless its key was used again since. */
  forgetOldest(): void {
    const oldest = this.#oldest();
    if (oldest === undefined) return;
    this.#orders.delete(u64Text(oldest.order));
    this.#count -= 1;
    if (this.#get(oldest.key)?.order === oldest.order) this.#rows.delete(keyOf(oldest.key));
  }

  #oldest(): (RequestOrder & { readonly order: number }) | undefined {
    const row = this.#count === 0 ? undefined : this.#orders.first;
    return row && { ...readOrder(new ByteReader(row.value)), order: readU64Text(row.key, 1) };
  }

  #get(key: string): RequestRecord | undefined {
    const value = this.#rows.get(keyOf(key));
    return value && readRequest(new ByteReader(value));
  }
}

interface Remembered {
  readonly command: Buffer;
  readonly result: Buffer;
  readonly at: number;
}

const keyOf = (key: string): string => kindPrefix(RowKind.request) + nameText(key);

const fingerprintOf = (command: Buffer): Buffer => createHash('sha256').update(command).digest();

/** | u64 order | u64 at | fingerprint | the result | */
function encodeRequest({ order, at, fingerprint, result }: RequestRecord): Buffer {
  const writer = new ByteWriter(16 + FINGERPRINT_BYTES + result.length).u64(order).u64(at);
  return writer.bytes(fingerprint).bytes(result).finish();
}

export function readRequest(reader: ByteReader): RequestRecord {
  const [order, at, rest] = [reader.u64(), reader.u64(), reader.rest()];
  if (rest.length < FINGERPRINT_BYTES) reader.fail();
  return {
    order,
    at,
    fingerprint: rest.subarray(0, FINGERPRINT_BYTES),
    result: rest.subarray(FINGERPRINT_BYTES),
  };
}

/** | u64 at | field key | */
function encodeOrder({ at, key }: RequestOrder): Buffer {
  return new ByteWriter(8 + LENGTH_BYTES + Buffer.byteLength(key)).u64(at).field(key).finish();
}

export const readOrder = (reader: ByteReader): RequestOrder => ({
  at: reader.u64(),
  key: reader.text(),
});
