import type { Store } from '../store/store.ts';
import { RunningHash } from '../results/running-hash.ts';
import { Dedup } from './dedup.ts';
import { Dirty } from './dirty.ts';
import { Due } from './due.ts';
import { KeyRecords } from './key-records.ts';
import { type LeaseOrder, newLeaseOrder } from './leases.ts';
import { Producers } from './producers.ts';
import { Requests } from './requests.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { Rows } from './rows.ts';
import { StoredMessages } from './stored-messages.ts';
import type { Topic } from './topic.ts';

/** All that the machine knows: a function of the log up to `index`. What is not in memory is in the store. */
export interface QueueState {
  /** The last entry executed. */
  index: number;
  /** Its time, in ms since the Unix epoch. */
  at: number;
  hash: RunningHash;
  /** Time without a leader so far, all in all, in ms. */
  gapMs: number;
  /** Signs lease tokens; of `SECRET_BYTES`. */
  secret: Buffer | undefined;
  /** By name, in creation order. */
  readonly topics: Map<string, Topic>;
  /** The same by place. */
  readonly places: Map<number, Topic>;
  /** Topics with a purge or a redrive that goes on. */
  readonly busy: Set<Topic>;
  /** Topics ever created. */
  topicsCreated: number;
  /** Places ever used; see `store-keys.ts`. */
  placesUsed: number;
  /** What lies at or below this place was thrown away. */
  floor: number;
  /** Places of deleted topics whose contents the store may still hold, and the entry that deleted each one. */
  readonly doomed: Map<number, number>;
  readonly producers: Producers;
  readonly requests: Requests;
  readonly dedup: Dedup;
  readonly due: Due;
  readonly leaseOrder: LeaseOrder;
  /** The restore that goes on. */
  restore: Restore | undefined;
  /** What the store does not know yet; `rows` knows of rows, `producers` of producers. */
  readonly dirty: Dirty;
  readonly rows: Rows;
  readonly keyRecords: KeyRecords;
  readonly stored: StoredMessages;
}

export interface Restore {
  readonly progress: RestoreProgress;
  /** By place, in creation order. Nobody sees them before the end. */
  readonly topics: Map<number, Topic>;
  readonly names: Set<string>;
}

/** What a state is made of that a store holds, or none. */
export interface StateOrigin {
  readonly requests: { readonly total: number; readonly count: number };
  /** There is no row at all. */
  readonly hasNoRows: boolean;
}

/** A state without topics. */
export function emptyState(
  store: Store,
  producersMax: number,
  { requests, hasNoRows }: StateOrigin,
): QueueState {
  const rows = new Rows(store);
  const due = new Due(rows, hasNoRows);
  return {
    index: 0,
    at: 0,
    hash: new RunningHash(),
    gapMs: 0,
    secret: undefined,
    topics: new Map(),
    places: new Map(),
    busy: new Set(),
    topicsCreated: 0,
    placesUsed: 0,
    floor: 0,
    doomed: new Map(),
    producers: new Producers(producersMax),
    requests: new Requests(rows, requests),
    dedup: new Dedup(rows, due),
    due,
    leaseOrder: newLeaseOrder(),
    restore: undefined,
    dirty: new Dirty(),
    rows,
    keyRecords: new KeyRecords(rows),
    stored: new StoredMessages(store),
  };
}
