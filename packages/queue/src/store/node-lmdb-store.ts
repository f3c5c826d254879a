import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { getSystemErrorName } from 'node:util';
import type { Transaction } from 'lmdb';
import { codeOf } from '../bytes/error-code.ts';
import type { Lmdb } from './node-lmdb-file.ts';
import {
  type Change,
  type RangeLimit,
  type Store,
  StoreCorrupt,
  type StoreEntry,
  type StoreView,
  type WriteLevels,
} from './store.ts';

const MDB_MAP_FULL = -30_792;
const EIO = 5;
const ENOSPC = 28;

/** LMDB calls a write that was cut short EIO; with less room than this beside the transaction it was a full disk. */
const ROOM_BYTES_MIN = 4_194_304;

/**
 * A store in an LMDB file. LMDB writes and syncs in a thread of its own; `write` takes about 1 µs per change of the
 * event loop. Reads are reads of mapped memory: one that is not in memory waits for the disk.
 */
export class LmdbStore implements Store {
  readonly #file: string;
  readonly #lmdb: Lmdb;
  readonly #views = new Set<LmdbView>();
  #writes: Promise<unknown> = Promise.resolve();

  constructor(file: string, lmdb: Lmdb) {
    this.#file = file;
    this.#lmdb = lmdb;
  }

  get(key: Buffer): Buffer | undefined {
    return readValue(this.#lmdb, key, undefined);
  }

  range(from: Buffer, to: Buffer, limit: RangeLimit): StoreEntry[] {
    return readRange(this.#lmdb, { from, to, limit }, undefined);
  }

  /** Committed and flushed are one moment here: LMDB syncs before it commits. */
  write(changes: readonly Change[]): WriteLevels {
    const done = this.#write(changes);
    this.#writes = Promise.allSettled([this.#writes, done]);
    return { committed: done, flushed: done };
  }

  snapshot(): StoreView {
    this.#lmdb.resetReadTxn();
    const view = new LmdbView(this.#lmdb, this.#lmdb.useReadTransaction(), (closed) => {
      this.#views.delete(closed);
    });
    this.#views.add(view);
    return view;
  }

  async close(): Promise<void> {
    await this.#writes;
    // LMDB must not be closed under an open transaction.
    for (const view of this.#views) view.close();
    await this.#lmdb.close();
  }

  async #write(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    try {
      await this.#lmdb.batch(() => {
        for (const { key, value } of changes) {
          void (value === undefined ? this.#lmdb.remove(key) : this.#lmdb.put(key, value));
        }
      });
    } catch (error) {
      throw await this.#translate(error, changes);
    }
  }

  /** LMDB tells its reason late, and as a number. */
  async #translate(error: unknown, changes: readonly Change[]): Promise<Error> {
    const reason = await reasonOf(error);
    const number = Number(codeOf(reason) ?? 0);
    const isFull =
      number === ENOSPC ||
      number === MDB_MAP_FULL ||
      (number === EIO && (await this.#lacksRoom(changes)));
    const code = isFull ? 'ENOSPC' : nameOf(number);
    return Object.assign(new Error(`${code}: ${this.#file} was not written`, { cause: reason }), {
      code,
    });
  }

  async #lacksRoom(changes: readonly Change[]): Promise<boolean> {
    const { bavail, bsize } = await fs.statfs(path.dirname(this.#file));
    const bytes = changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    return bavail * bsize < 2 * bytes + ROOM_BYTES_MIN;
  }
}

class LmdbView implements StoreView {
  readonly #lmdb: Lmdb;
  readonly #onClosed: (view: LmdbView) => void;
  #transaction: Transaction | undefined;

  constructor(lmdb: Lmdb, transaction: Transaction, onClosed: (view: LmdbView) => void) {
    this.#lmdb = lmdb;
    this.#transaction = transaction;
    this.#onClosed = onClosed;
  }

  get(key: Buffer): Buffer | undefined {
    return readValue(this.#lmdb, key, this.#open());
  }

  range(from: Buffer, to: Buffer, limit: RangeLimit): StoreEntry[] {
    return readRange(this.#lmdb, { from, to, limit }, this.#open());
  }

  close(): void {
    this.#transaction?.done();
    this.#transaction = undefined;
    this.#onClosed(this);
  }

  #open(): Transaction {
    if (this.#transaction === undefined) throw new Error('the view of the store was closed');
    return this.#transaction;
  }
}

interface Range {
  readonly from: Buffer;
  readonly to: Buffer;
  readonly limit: RangeLimit;
}

function readValue(
  lmdb: Lmdb,
  key: Buffer,
  transaction: Transaction | undefined,
): Buffer | undefined {
  return reading(() => {
    const value = lmdb.get(key, transaction && { transaction });
    return value && ownBuffer(value);
  });
}

function readRange(
  lmdb: Lmdb,
  { from, to, limit }: Range,
  transaction: Transaction | undefined,
): StoreEntry[] {
  const bounds = { start: from, end: to, limit: limit.entries };
  return reading(() => {
    const entries: StoreEntry[] = [];
    let bytes = 0;
    for (const { key, value } of lmdb.getRange(
      transaction === undefined ? bounds : { ...bounds, transaction },
    )) {
      entries.push({ key: ownBuffer(key), value: ownBuffer(value) });
      bytes += value.length;
      if (bytes >= limit.bytes) break;
    }
    return entries;
  });
}

/** LMDB's own complaints have numbers: a page is not what it should be, or cannot be read. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (typeof codeOf(error) !== 'number') throw error;
    throw new StoreCorrupt('the pages of the store cannot be read', { cause: error });
  }
}

/** LMDB hands out copies, as it says; the empty one may be any kind of array. */
function ownBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
}

async function reasonOf(error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null || !('commitError' in error)) return error;
  try {
    return await error.commitError;
  } catch (reason) {
    return reason;
  }
}

function nameOf(number: number): string {
  return number > 0 ? getSystemErrorName(-number) : `MDB${number}`;
}
