import {
  type LogIndex,
  type LogTime,
  type MachineSnapshot,
  type SnapshotSink,
  type StateMachine,
  assert,
  logIndex,
  logTime,
} from '@rrmq/raft';
import { decodeCommand } from './commands/command-decoding.ts';
import type { CompareStates } from './commands/command.ts';
import { CHANGE_BYTES } from './state/rows.ts';
import { nextDue } from './execution/advancing.ts';
import { executeCommand } from './execution/execution.ts';
import { planFlush } from './state/flush-plan.ts';
import { findViolations } from './state/invariants.ts';
import { PRODUCERS_MAX } from './commands/limits.ts';
import { loadState } from './state/loading.ts';
import type { QueueState } from './state/queue-state.ts';
import type {
  PeekPage,
  PeekRange,
  PeekedMessage,
  QueueView,
  RestoreStatus,
  TopicActivity,
  TopicStats,
  TopicView,
} from './queue-view.ts';
import type { QueueResult } from './results/result.ts';
import { StoreSink } from './snapshot/snapshot-sink.ts';
import { encodeSnapshot } from './snapshot/snapshot-stream.ts';
import { RecentHashes, StateDiverged } from './results/recent-hashes.ts';
import { hashResult, hashTermStart } from './results/state-hash.ts';
import { META_KEY } from './store/store-keys.ts';
import { decodeMeta } from './store/store-records.ts';
import type { Store, StoreHost } from './store/store.ts';
import { peekMessage, peekTopic } from './state/peeking.ts';
import { activityOf, availableIn, statsOf, viewOf } from './state/topic.ts';

export interface QueueMachineOptions {
  /** Where the state is kept. */
  readonly host: StoreHost;
  /** Producers remembered; the same on every node of a cluster. Default `PRODUCERS_MAX`. */
  readonly producersMax?: number;
  /** What one chunk of a snapshot carries at most; less for tests. Default `CHUNK_PAYLOAD_BYTES_MAX`. */
  readonly chunkPayloadBytes?: number;
}

/** A store and the state on top of it. */
interface Opened {
  readonly store: Store;
  readonly state: QueueState;
}

/**
 * The replicated queue: recent changes in memory, the rest in a store. Deterministic: a function of the entries
 * executed, checked by `stateHash`. Reads see the state after the last entry executed on this node. Throws
 * `StoreCorrupt` when the store does not hold what was written to it, and `StateDiverged` when the leader's state is
 * another one; the node must end then.
 */
export class QueueMachine implements StateMachine<QueueResult>, QueueView {
  readonly #host: StoreHost;
  readonly #producersMax: number;
  readonly #chunkPayloadBytes: number | undefined;
  readonly #recent = new RecentHashes();
  #opened: Opened | undefined;
  #flushedIndex = logIndex(0);
  /** What the flush on its way carries is counted as; `undefined` when there is none. */
  #flushing: { readonly bytes: number; readonly done: Promise<LogIndex> } | undefined;

  constructor({ host, producersMax = PRODUCERS_MAX, chunkPayloadBytes }: QueueMachineOptions) {
    this.#host = host;
    this.#chunkPayloadBytes = chunkPayloadBytes;
    this.#producersMax = producersMax;
  }

  async open(generation: number): Promise<void> {
    assert(this.#opened === undefined, 'a machine is opened once');
    await this.#load(generation);
  }

  apply(command: Buffer, at: LogTime, index: LogIndex): QueueResult {
    const state = this.#advance(at, index);
    const decoded = decodeCommand(command);
    if (decoded?.kind === 'compare-states') this.#compare(decoded);
    const result: QueueResult =
      decoded === undefined
        ? { ok: false, code: 'malformed-command' }
        : executeCommand(state, decoded);
    hashResult(state.hash, index, result);
    this.#recent.note(index, state.hash.value);
    return result;
  }

  termStart(at: LogTime, gapMs: number, index: LogIndex): void {
    const state = this.#advance(at, index);
    state.gapMs += gapMs;
    hashTermStart(state.hash, index, gapMs);
    this.#recent.note(index, state.hash.value);
  }

  get flushedIndex(): LogIndex {
    return this.#flushedIndex;
  }

  get dirtyBytes(): number {
    const { dirty, rows, producers } = this.#state;
    const bytes = dirty.bytes + rows.dirtyBytes + producers.dirtyCount * CHANGE_BYTES;
    return bytes + (this.#flushing?.bytes ?? 0);
  }

  async flush(): Promise<LogIndex> {
    assert(this.#flushing === undefined, 'there is one flush at a time');
    if (this.#state.index === this.#flushedIndex) return this.#flushedIndex;
    const bytes = this.dirtyBytes;
    const done = this.#flush();
    this.#flushing = { bytes, done };
    try {
      return await done;
    } finally {
      this.#flushing = undefined;
    }
  }

  openSnapshot(): MachineSnapshot {
    const view = this.#get().store.snapshot();
    const meta = view.get(META_KEY);
    const { index, at } = meta === undefined ? { index: 0, at: 0 } : decodeMeta(meta);
    return {
      index: logIndex(index),
      at: logTime(at),
      chunks: () => encodeSnapshot(view, this.#chunkPayloadBytes),
      close: () => {
        view.close();
      },
    };
  }

  async receive(generation: number): Promise<SnapshotSink> {
    const receiving = await this.#host.receive(generation);
    return new StoreSink(receiving, async () => this.#host.turn());
  }

  /** Until the new state is there, reads see the old one. */
  async adopt(generation: number): Promise<void> {
    const before = this.#get();
    await this.#flushing?.done.catch(() => undefined);
    await this.#load(generation);
    await before.store.close();
  }

  async close(): Promise<void> {
    await this.#flushing?.done.catch(() => undefined);
    await this.#opened?.store.close();
  }

  /** The last entry executed here. */
  get appliedIndex(): LogIndex {
    return logIndex(this.#state.index);
  }

  /** Equal on every node at an equal `appliedIndex`; a whole number below 2^53. */
  get stateHash(): number {
    return this.#state.hash.value;
  }

  topics(): string[] {
    return [...this.#state.topics.keys()];
  }

  has(topic: string): boolean {
    return this.#state.topics.has(topic);
  }

  topic(topic: string): TopicView | undefined {
    const found = this.#state.topics.get(topic);
    return found && viewOf(found);
  }

  stats(topic: string): TopicStats | undefined {
    const found = this.#state.topics.get(topic);
    return found && statsOf(found);
  }

  activity(topic: string, now: number): TopicActivity | undefined {
    const found = this.#state.topics.get(topic);
    return found && activityOf(found, Math.max(now, this.#state.at));
  }

  available(topic: string): number {
    const found = this.#state.topics.get(topic);
    return found === undefined ? 0 : availableIn(found);
  }

  peek(topic: string, range: PeekRange): PeekPage | undefined {
    const found = this.#state.topics.get(topic);
    return found && peekTopic(found, range, this.#state.gapMs);
  }

  message(topic: string, sequence: number): PeekedMessage | undefined {
    const found = this.#state.topics.get(topic);
    return found && peekMessage(found, sequence, this.#state.gapMs);
  }

  nextDue(): number | undefined {
    return nextDue(this.#state);
  }

  get hasSecret(): boolean {
    return this.#state.secret !== undefined;
  }

  restoring(): RestoreStatus | undefined {
    const progress = this.#state.restore?.progress;
    if (progress === undefined) return undefined;
    const { backupId, text, nextChunk } = progress;
    return { backupId, text, nextChunk };
  }

  /** What is wrong with the state, in plain words; nothing ever should be. See `findViolations`. */
  violations(): readonly string[] {
    return findViolations(this.#state);
  }

  #compare({ index, hash }: CompareStates): void {
    const own = this.#recent.at(index);
    if (own === undefined || own === hash) return;
    throw new StateDiverged(
      `after entry ${index} the leader's state has the hash ${hash}, this node's has ${own}`,
    );
  }

  get #state(): QueueState {
    return this.#get().state;
  }

  #get(): Opened {
    assert(this.#opened !== undefined, 'a machine is opened before it is used');
    return this.#opened;
  }

  async #load(generation: number): Promise<void> {
    const store = await this.#host.open(generation);
    const turn = async () => this.#host.turn();
    const state = await loadState({ store, producersMax: this.#producersMax, turn });
    this.#opened = { store, state };
    this.#flushedIndex = logIndex(state.index);
  }

  async #flush(): Promise<LogIndex> {
    const { store, state } = this.#get();
    const plan = planFlush(state, store);
    try {
      await store.write(plan.changes).flushed;
    } catch (error) {
      plan.failed();
      throw error;
    }
    plan.done();
    this.#flushedIndex = logIndex(plan.index);
    return this.#flushedIndex;
  }

  #advance(at: LogTime, index: LogIndex): QueueState {
    const state = this.#state;
    assert(index > state.index, 'entries are executed in order, each one once');
    assert(at >= state.at, "the log's time never goes back");
    state.index = index;
    state.at = at;
    return state;
  }
}
