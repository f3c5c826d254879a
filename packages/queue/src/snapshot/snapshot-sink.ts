import { type LogIndex, type LogTime, type SnapshotSink, logIndex, logTime } from '@rrmq/raft';
import { type RecordStreamState, STREAM_START, readRecords } from './record-stream.ts';
import { decodeChunk } from './snapshot-chunk.ts';
import { rowKindOf } from '../store/row-check.ts';
import { parseKey } from '../store/store-keys.ts';
import { walkStore } from '../store/store-walk.ts';
import type { ReceivingStore, StoreEntry, StoreHost } from '../store/store.ts';

/** The chunks are no snapshot of a queue, or not all of one; says why. */
export class SnapshotRejected extends Error {
  override readonly name = 'SnapshotRejected';
}

/** Written as one transaction: each costs a sync of the disk, and time of the event loop by its records. */
const BATCH_RECORDS_MAX = 4096;
const BATCH_BYTES_MAX = 4_194_304;

/** Fills a store with what the chunks hold. */
export class StoreSink implements SnapshotSink {
  readonly #receiving: ReceivingStore;
  readonly #turn: StoreHost['turn'];
  #stream: RecordStreamState = STREAM_START;
  #next = 0;
  #lastKey: Buffer = Buffer.alloc(0);
  #batch: StoreEntry[] = [];
  #batchBytes = 0;
  #ended = false;

  constructor(receiving: ReceivingStore, turn: StoreHost['turn']) {
    this.#receiving = receiving;
    this.#turn = turn;
  }

  async write(chunk: Buffer): Promise<void> {
    const decoded = decodeChunk(chunk);
    ensure(decoded !== undefined, `chunk ${this.#next} is damaged`);
    const { number, last, payload } = decoded;
    ensure(!this.#stream.complete, 'nothing comes after the last chunk');
    ensure(number === this.#next, `chunk ${number} comes as chunk ${this.#next}`);
    const step = readRecords(this.#stream, payload);
    ensure(step !== undefined, `chunk ${number} holds no records, or some are missing`);
    ensure(step.state.complete === last, 'the stream ends with the last chunk');
    for (const entry of step.entries) this.#add(entry);
    this.#stream = step.state;
    this.#next += 1;
    if (this.#batch.length >= BATCH_RECORDS_MAX || this.#batchBytes >= BATCH_BYTES_MAX) {
      await this.#writeBatch();
    }
  }

  async finish(): Promise<{ index: LogIndex; at: LogTime }> {
    ensure(this.#stream.complete, 'the last chunk is missing');
    await this.#writeBatch();
    const { index, at, problem } = await walkStore(this.#receiving.store, this.#turn);
    ensure(problem === undefined, problem ?? '');
    await this.#receiving.keep();
    this.#ended = true;
    return { index: logIndex(index), at: logTime(at) };
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#receiving.discard();
  }

  #add({ key, value }: StoreEntry): void {
    ensure(isKey(key), `the key ${key.toString('hex')} is none of a queue`);
    ensure(Buffer.compare(key, this.#lastKey) > 0, 'records stand in the order of their keys');
    this.#lastKey = Buffer.from(key);
    // The chunk is the caller's; the store wants bytes that stay as they are.
    this.#batch.push({ key: this.#lastKey, value: Buffer.from(value) });
    this.#batchBytes += key.length + value.length;
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    if (batch.length > 0) await this.#receiving.store.write(batch).flushed;
  }
}

const isKey = (key: Buffer): boolean => parseKey(key) !== undefined || rowKindOf(key) !== undefined;

function ensure(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new SnapshotRejected(`the snapshot is rejected: ${otherwise}`);
}
