import { type Entry, type EntryBatch, EntryType } from '../core/entry-batch.ts';
import { decodeGapMs } from '../core/no-op.ts';
import { type LogIndex, type LogTime, logIndex, logTime } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Clock, StateMachine, Timers } from '../ports.ts';

/** After so many entries, or so long, sockets get their turn before the next ones. */
export const ENTRIES_MAX = 256;
const BUDGET_MS = 2;

/** How much is fetched at a time. */
const FETCH_BYTES = 1_048_576;

export interface ApplierOptions<Result> {
  readonly core: Pick<
    Raft,
    'applied' | 'committed' | 'installing' | 'termAt' | 'entriesFrom' | 'appliedThrough'
  >;
  readonly machine: Pick<StateMachine<Result>, 'apply' | 'termStart'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Reads entries that are no longer in memory. */
  readonly read: (first: LogIndex, maxBytes: number) => Promise<readonly EntryBatch[]>;
  /** Whether nothing more may be executed now; `poke` when that is over. */
  readonly isHeld: () => boolean;
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
  /** Batches that were read from disk are waiting until more may be executed. */
  #resume: (() => void) | undefined;
  #executed: { index: LogIndex; at: LogTime };
  /** Raised when a snapshot's state takes over: what was read of the log before means nothing then. */
  #epoch = 0;

  constructor(options: ApplierOptions<Result>) {
    this.#options = options;
    this.#executed = { index: options.core.applied, at: logTime(0) };
  }

  /** The last entry that the machine has executed, and its time; configurations are none of its business. */
  get executed(): { readonly index: LogIndex; readonly at: LogTime } {
    return this.#executed;
  }

  /** More may be committed, or may be executed again. Applies at once what fits the budget. */
  poke(): void {
    if (this.#stopped) return;
    if (this.#resume !== undefined) {
      if (!this.#isHeld) this.#goOn();
    } else if (!this.#busy) this.#run();
  }

  /** The machine has taken over a snapshot's state, which includes everything through `index`. */
  replaced(index: LogIndex, at: LogTime): void {
    this.#executed = { index, at };
    this.#resume = undefined;
    this.#busy = false;
    this.#epoch += 1;
  }

  stop(): void {
    this.#stopped = true;
  }

  #run(): void {
    this.#busy = false;
    const { core, timers, onApplied } = this.#options;
    if (this.#stopped || this.#isHeld || core.applied >= core.committed) return;
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
    const epoch = this.#epoch;
    this.#busy = true;
    let batches: readonly EntryBatch[] = [];
    let failure: Error | undefined;
    try {
      batches = await read(logIndex(core.applied + 1), FETCH_BYTES);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    // A snapshot takes the place of what was to be read, whatever came of it.
    if (epoch !== this.#epoch) return;
    if (core.installing !== undefined) this.#busy = false;
    else if (failure === undefined) {
      this.#applyInTurns(batches.flatMap((batch) => this.#standing(batch)));
    } else onFailure(failure);
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

  get #isHeld(): boolean {
    return this.#options.core.installing !== undefined || this.#options.isHeld();
  }

  #goOn(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #applyInTurns(batches: readonly EntryBatch[], epoch = this.#epoch): void {
    if (this.#stopped || epoch !== this.#epoch) return;
    if (this.#isHeld) {
      this.#resume = () => this.#applyInTurns(batches, epoch);
      return;
    }
    const rest = this.#apply(batches);
    this.#options.onApplied();
    if (rest.length === 0) this.#run();
    else this.#options.timers.afterIo(() => this.#applyInTurns(rest, epoch));
  }

  /**
   * Applies committed entries until the budget is used up; returns the batches that are not done. What was executed of the
   * first of them is passed over: cutting it off would copy the rest each time.
   */
  #apply(batches: readonly EntryBatch[]): readonly EntryBatch[] {
    const { core, clock } = this.#options;
    const deadline = clock.monotonicMs() + BUDGET_MS;
    let count = 0;
    for (const [place, batch] of batches.entries()) {
      const from = logIndex(Math.max(batch.first, core.applied + 1));
      const through = logIndex(Math.min(batch.last, core.committed));
      for (let index = from; index <= through; index = logIndex(index + 1)) {
        this.#applyOne(batch.entry(index));
        count += 1;
        const overdue = count % 32 === 0 && clock.monotonicMs() >= deadline;
        if (count < ENTRIES_MAX && !overdue) continue;
        core.appliedThrough(index);
        return batches.slice(index < through ? place : place + 1);
      }
      if (through >= from) core.appliedThrough(through);
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
        this.#executed = { index, at };
        return;
      case EntryType.noOp:
        machine.termStart(at, decodeGapMs(payload), index);
        this.#executed = { index, at };
        return;
      case EntryType.configuration:
        // In force since it was appended; the machine has no part in it.
        return;
      default:
        entry.type satisfies never;
    }
  }
}
