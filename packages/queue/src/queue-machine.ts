import {
  type LogIndex,
  type LogTime,
  type MachineSnapshot,
  type StateMachine,
  assert,
  logIndex,
} from '@rrmq/raft';
import { decodeCommand } from './command-decoding.ts';
import { executeCommand } from './execution.ts';
import { findViolations } from './invariants.ts';
import { PRODUCERS_MAX } from './limits.ts';
import { type QueueState, emptyState } from './queue-state.ts';
import type { QueueView } from './queue-view.ts';
import type { QueueResult } from './result.ts';
import { hashResult, hashTermStart } from './state-hash.ts';
import { decodeSnapshot } from './snapshot-decoding.ts';
import { captureState, encodeSnapshot } from './snapshot-encoding.ts';
import type { TopicStats } from './topic.ts';

export interface QueueMachineOptions {
  /** Producers remembered; the same on every node of a cluster. Default `PRODUCERS_MAX`. */
  readonly producersMax?: number;
}

/**
 * The replicated queue, in memory. Deterministic: a function of the entries executed, checked by `stateHash`. Reads see
 * the state after the last entry executed on this node.
 */
export class QueueMachine implements StateMachine<QueueResult>, QueueView {
  readonly flushedIndex = logIndex(0);
  readonly #producersMax: number;
  #state: QueueState;

  constructor({ producersMax = PRODUCERS_MAX }: QueueMachineOptions = {}) {
    this.#producersMax = producersMax;
    this.#state = emptyState(producersMax);
  }

  apply(command: Buffer, at: LogTime, index: LogIndex): QueueResult {
    this.#advance(at, index);
    const decoded = decodeCommand(command);
    const result: QueueResult =
      decoded === undefined
        ? { ok: false, code: 'malformed-command' }
        : executeCommand(this.#state, decoded);
    hashResult(this.#state.hash, index, result);
    return result;
  }

  termStart(at: LogTime, gapMs: number, index: LogIndex): void {
    this.#advance(at, index);
    hashTermStart(this.#state.hash, index, gapMs);
  }

  openSnapshot(): MachineSnapshot {
    const captured = captureState(this.#state);
    return {
      index: logIndex(captured.index),
      chunks: () => encodeSnapshot(captured),
      close: () => {},
    };
  }

  async install(chunks: AsyncIterable<Buffer>): Promise<void> {
    this.#state = await decodeSnapshot(chunks, this.#producersMax);
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

  depth(topic: string): number {
    return this.#state.topics.get(topic)?.ready.size ?? 0;
  }

  stats(topic: string): TopicStats | undefined {
    const found = this.#state.topics.get(topic);
    if (found === undefined) return undefined;
    const { ready, readyBytes, lastSequence, popped } = found;
    return { depth: ready.size, bytes: readyBytes, published: lastSequence, popped };
  }

  /** What is wrong with the state, in plain words; nothing ever should be. See `findViolations`. */
  violations(): readonly string[] {
    return findViolations(this.#state);
  }

  #advance(at: LogTime, index: LogIndex): void {
    const state = this.#state;
    assert(index > state.index, 'entries are executed in order, each one once');
    assert(at >= state.at, "the log's time never goes back");
    state.index = index;
    state.at = at;
  }
}
