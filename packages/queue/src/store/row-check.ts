import { ByteReader } from '../bytes/byte-reader.ts';
import { readKeyRecord, readKeyedRow } from '../state/key-record.ts';
import { readDeadLetter } from '../state/dead-letters.ts';
import { readDedupRecord } from '../state/dedup.ts';
import { readDelayedRow } from '../state/delayed.ts';
import { DUE_KEY_BYTES } from '../state/due.ts';
import { readLease } from '../state/leases.ts';
import { readOrder, readRequest } from '../state/requests.ts';
import { SETTLEMENTS_PAGE_BYTES } from '../state/settlements.ts';
import { readTrail } from '../state/trail.ts';
import { RowKind, readU64Text } from './row-keys.ts';
import { openRow } from './row-values.ts';
import { type StoreEntry, StoreCorrupt } from './store.ts';

/** What a row is, and the bytes of the body that it holds: those of dead letters. */
export interface CheckedRow {
  readonly kind: RowKind;
  /** Of its topic; 0 for rows of no topic. */
  readonly place: number;
  readonly bodyBytes: number;
}

/** Bytes of the keys of each kind; names are longer. */
const KEY_BYTES: Readonly<Record<RowKind, number>> = {
  [RowKind.fresh]: 18,
  [RowKind.returned]: 18,
  [RowKind.delayed]: 17,
  [RowKind.lease]: 17,
  [RowKind.key]: 10,
  [RowKind.keyed]: 25,
  [RowKind.turn]: 18,
  [RowKind.dead]: 17,
  [RowKind.dedup]: 10,
  [RowKind.settlements]: 17,
  [RowKind.due]: DUE_KEY_BYTES,
  [RowKind.request]: 2,
  [RowKind.requestOrder]: 9,
  [RowKind.doomed]: 9,
};

const NAMED: ReadonlySet<RowKind> = new Set([RowKind.key, RowKind.dedup, RowKind.request]);

/** The kind of a row by its key; `undefined` for a key that is none of a row. */
export function rowKindOf(key: Buffer): RowKind | undefined {
  const kind = Object.values(RowKind).find((each) => each === key[0]);
  if (kind === undefined) return undefined;
  const fits = NAMED.has(kind) ? key.length >= KEY_BYTES[kind] : key.length === KEY_BYTES[kind];
  return fits ? kind : undefined;
}

/** Where the place stands in a key. */
export function placeAt(kind: RowKind): number | undefined {
  if (kind === RowKind.due) return 9;
  return kind === RowKind.request || kind === RowKind.requestOrder ? undefined : 1;
}

/** Reads all of a row; throws `StoreCorrupt` when it does not hold what it should. */
export function checkRow(kind: RowKind, { key, value }: StoreEntry): CheckedRow {
  const reader = new ByteReader(openRow(key, value));
  const bodyBytes = readRow(kind, reader);
  if (!reader.complete) throw new StoreCorrupt(`the row ${key.toString('hex')} is malformed`);
  const at = placeAt(kind);
  const place = at === undefined ? 0 : readU64Text(key.toString('latin1'), at);
  return { kind, place, bodyBytes };
}

const ANY_MESSAGE = {
  sequence: 0,
  key: undefined,
  priority: 0,
  bytes: 0,
  expiresAt: undefined,
  dedupId: undefined,
};

function readRow(kind: RowKind, reader: ByteReader): number {
  switch (kind) {
    case RowKind.fresh:
      reader.u64();
      return 0;
    case RowKind.returned:
      readTrail(reader);
      return 0;
    case RowKind.delayed:
      readDelayedRow(reader);
      return 0;
    case RowKind.lease:
      readLease(reader, { place: 0, meta: ANY_MESSAGE });
      return 0;
    case RowKind.key:
      readKeyRecord(reader);
      return 0;
    case RowKind.keyed:
      readKeyedRow(reader);
      return 0;
    case RowKind.dead:
      return readDeadLetter(reader, 0).message.body.length;
    case RowKind.dedup:
      readDedupRecord(reader);
      return 0;
    case RowKind.settlements:
      if (reader.rest().length !== SETTLEMENTS_PAGE_BYTES) reader.fail();
      return 0;
    case RowKind.request:
      readRequest(reader);
      return 0;
    case RowKind.requestOrder:
      readOrder(reader);
      return 0;
    case RowKind.turn:
    case RowKind.due:
    case RowKind.doomed:
      reader.rest();
      return 0;
    default:
      return kind satisfies never;
  }
}
