/**
 * Where the queue keeps its state: an ordered map from keys to values, both bytes, in the order of the keys' bytes.
 * Reads are synchronous and see what is committed; writes are transactions, with two moments that matter:
 * *committed* – reads see it – and *flushed* – it survives a crash. Implementations: `node-lmdb-store.ts` on disk,
 * `memory-store.ts` for the simulator; both pass `test/store-conformance.ts`.
 */
export interface Store extends StoreReader {
  /**
   * Makes all changes or none. Transactions are committed and flushed in the order of the calls. The caller leaves keys
   * and values alone until then. A rejection with the code `ENOSPC` changes nothing and may be tried again; after any
   * other one it is unknown what is on disk, and the store must not be written any more.
   */
  write(changes: readonly Change[]): WriteLevels;
  /** What is committed now, however long it is looked at. Views that are open when the store closes are closed. */
  snapshot(): StoreView;
  /** Waits for the writes in flight. Nothing may be asked afterwards. */
  close(): Promise<void>;
}

export interface StoreReader {
  /** A copy of the value. */
  get(key: Buffer): Buffer | undefined;
  /** Copies of the first entries with `from <= key < to`, in ascending order; one at least when there is one. */
  range(from: Buffer, to: Buffer, limit: RangeLimit): StoreEntry[];
}

/** Where a range ends early, so that nobody's memory or time is taken by surprise. */
export interface RangeLimit {
  readonly entries: number;
  /** No further entry once the values have as many bytes. */
  readonly bytes: number;
}

export interface StoreView extends StoreReader {
  /** Must be called: an open view keeps old pages. May be called again. Reads throw afterwards. */
  close(): void;
}

export interface StoreEntry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/**
 * A key of 1 … 1,978 bytes (what LMDB takes at its usual page size), and its new value, or `undefined` to remove it;
 * then it may be absent.
 */
export interface Change {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

/** When `committed` rejects, so does `flushed`, with the same error; nobody needs to look at both. */
export interface WriteLevels {
  readonly committed: Promise<void>;
  readonly flushed: Promise<void>;
}

/**
 * The stores of one data directory, one per generation, from 1; at most one is open. The one in force is
 * `state-<generation>.mdb`; one that is being received is `state-<generation>.receiving.mdb`.
 */
export interface StoreHost {
  /**
   * Opens the store of a generation and removes all others. Generation 1 is made, empty and durable, when it is
   * missing; rejects with `StoreCorrupt` when a later one is missing, or when it is no store.
   */
  open(generation: number): Promise<Store>;
  /** Begins an empty store beside the one that is open; a former one of this generation that was not kept is removed. */
  receive(generation: number): Promise<ReceivingStore>;
  /** Resolves after other work of this process had a turn: long walks wait for it now and then. */
  turn(): Promise<void>;
}

export interface ReceivingStore {
  readonly store: Store;
  /** Closes the store and gives it the name of its generation; durable on return. */
  keep(): Promise<void>;
  /** Closes the store and removes it. */
  discard(): Promise<void>;
}

/** What the store holds is not what was written to it, or was written by a release that this one does not know. */
export class StoreCorrupt extends Error {
  override readonly name = 'StoreCorrupt';
}
