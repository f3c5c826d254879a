import { type Entry, type EntryBatch, EntryType } from '../core/entry-batch.ts';
import { decodeGapMs } from '../core/no-op.ts';
import { type LogIndex, logIndex } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Clock, StateMachine, Timers } from '../ports.ts';

/** After so many entries, or so long, sockets get their turn before the next ones. */
const ENTRIES_MAX = 256;
const BUDGET_MS = 2;

/** How much is fetched at a time. */
const FETCH_BYTES = 1_048_576;

export interface ApplierOptions<Result> {
  readonly core: Pick<Raft, 'applied' | 'committed' | 'termAt' | 'entriesFrom' | 'appliedThrough'>;
  readonly machine: StateMachine<Result>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Reads entries that are no longer in memory. */
  readonly read: (first: LogIndex, maxBytes: number) => Promise<readonly EntryBatch[]>;
  /** A command was executed. */
  readonly onResult: (entry: Entry, result: Result) => void;
  /** Entries through `core.applied` were executed: what waited for that may go on. */
  readonly onApplied: () => void;
  readonly onFailure: (error: Error) => void;
}

/** Feeds committed entries to the state machine, in order, each once, a little at a time. */
export class Applier<Result> {
  readonly #options: ApplierOptions<Result>;
  /** A run is scheduled, or entries are being read from disk. */
  #busy = false;
  #stopped = false;

  constructor(options: ApplierOptions<Result>) {
    this.#options = options;
  }

  /** More may be committed. Applies at once what fits the budget. */
  poke(): void {
    if (!this.#busy && !this.#stopped) this.#run();
  }

  stop(): void {
    this.#stopped = true;
  }

  #run(): void {
    this.#busy = false;
    const { core, timers, onApplied } = this.#options;
    if (this.#stopped || core.applied >= core.committed) return;
    const batches = core.entriesFrom(logIndex(core.applied + 1), FETCH_BYTES);
    if (batches === undefined) {
      void this.#readAndApply();
      return;
    }
    this.#apply(batches);
    onApplied();
    if (core.applied < core.committed) {
      this.#busy = true;
      timers.afterIo(() => this.#run());
    }
  }

  async #readAndApply(): Promise<void> {
    const { core, read, onFailure } = this.#options;
    this.#busy = true;
    try {
      const batches = await read(logIndex(core.applied + 1), FETCH_BYTES);
      this.#applyInTurns(batches.flatMap((batch) => this.#standing(batch)));
    } catch (error) {
      onFailure(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /**
   * The disk may still show entries whose truncation is being written; those that replace them are in memory. An entry
   * of the same index and term is the same, and so are all before it (log matching, §5.3). Only committed entries are
   * kept from one turn to the next: others may be truncated meanwhile.
   */
  #standing(batch: EntryBatch): EntryBatch[] {
    const { core } = this.#options;
    let last = logIndex(Math.min(batch.last, core.committed));
    while (last >= batch.first && core.termAt(last) !== batch.termAt(last)) {
      last = logIndex(last - 1);
    }
    return last < batch.first ? [] : [batch.slice(batch.first, last)];
  }

  #applyInTurns(batches: readonly EntryBatch[]): void {
    if (this.#stopped) return;
    const rest = this.#apply(batches);
    this.#options.onApplied();
    if (rest.length === 0) this.#run();
    else this.#options.timers.afterIo(() => this.#applyInTurns(rest));
  }

  /** Applies committed entries until the budget is used up; returns what is left of the batches. */
  #apply(batches: readonly EntryBatch[]): readonly EntryBatch[] {
    const { core, clock } = this.#options;
    const deadline = clock.monotonicMs() + BUDGET_MS;
    let count = 0;
    for (const [place, batch] of batches.entries()) {
      const through = logIndex(Math.min(batch.last, core.committed));
      for (let index = batch.first; index <= through; index = logIndex(index + 1)) {
        this.#applyOne(batch.entry(index));
        count += 1;
        const overdue = count % 32 === 0 && clock.monotonicMs() >= deadline;
        if (count < ENTRIES_MAX && !overdue) continue;
        core.appliedThrough(index);
        return index < through
          ? [restOf(batch, index), ...batches.slice(place + 1)]
          : batches.slice(place + 1);
      }
      if (through >= batch.first) core.appliedThrough(through);
      if (through < batch.last) break;
    }
    return [];
  }

  #applyOne(entry: Entry): void {
    const { machine, onResult } = this.#options;
    const { payload, at, index } = entry;
    switch (entry.type) {
      case EntryType.command:
        onResult(entry, machine.apply(payload, at, index));
        return;
      case EntryType.noOp:
        machine.termStart(at, decodeGapMs(payload), index);
        return;
      case EntryType.configuration:
        // In force since it was appended; the machine has no part in it.
        return;
      default:
        entry.type satisfies never;
    }
  }
}

function restOf(batch: EntryBatch, done: LogIndex): EntryBatch {
  return batch.slice(logIndex(done + 1), batch.last);
}
