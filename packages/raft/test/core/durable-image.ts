import { assert } from '../../src/core/assert.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { decodeConfiguration, encodeConfiguration } from '../../src/core/configuration-codec.ts';
import type { PlacedConfiguration } from '../../src/core/configuration-history.ts';
import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import type { HardState } from '../../src/core/hard-state.ts';
import { type LogIndex, NOBODY, logIndex, logTime, term } from '../../src/core/numbers.ts';
import type { LogShape, TermRun } from '../../src/core/raft-log.ts';
import type { LogWrite, SnapshotMark } from '../../src/core/ready.ts';

/** What a node finds on disk after a crash: a model of the durable log and store, made from `Ready.write`. */
export class DurableImage {
  hardState: HardState;
  /** One entry each, the one after the compacted ones first. */
  entries: EntryBatch[];
  /** Whether `read` finds anything. */
  readable = true;
  /** Commands that the state machine's store includes, and through which entry. */
  store: { index: LogIndex; commands: readonly string[] } = { index: logIndex(0), commands: [] };
  /** A snapshot that was received in full; it becomes the store when the log says so. */
  received: readonly string[] | undefined;
  #base: Omit<SnapshotMark, 'generation'>;

  /** A log whose entries have these terms; their text is `<term>.<index>`. */
  constructor(terms: readonly number[], currentTerm: number, configuration: Configuration) {
    this.hardState = { term: term(currentTerm), vote: NOBODY };
    this.entries = terms.map((ofTerm, i) => entryOf(i + 1, ofTerm));
    const index = logIndex(0);
    const payload = encodeConfiguration(configuration);
    const start = { index, term: term(0), at: logTime(0) };
    this.#base = { ...start, configuration: { index, payload } };
  }

  get compacted(): LogIndex {
    return this.#base.index;
  }

  write({ hardState, install, truncateAfter, batches }: LogWrite): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (install !== undefined) {
      const { mark, keepsSuffix } = install;
      const kept = this.entries.filter(({ first }) => first > mark.index);
      if (keepsSuffix)
        assert(this.#last >= mark.index, 'the log holds what the snapshot ends with');
      this.entries = keepsSuffix ? kept : [];
      this.#base = mark;
      assert(this.received !== undefined, 'the state is there before the log says so');
      this.store = { index: mark.index, commands: this.received };
      this.received = undefined;
    }
    if (truncateAfter !== undefined) this.entries.length = truncateAfter - this.compacted;
    for (const batch of batches) {
      assert(batch.first === this.#last + 1, 'entries follow the last one that is left');
      for (const { index } of batch) this.entries.push(batch.slice(index, index));
    }
  }

  /** Drops entries through the marked one; the store includes it. */
  compact(mark: Omit<SnapshotMark, 'generation'>): void {
    assert(mark.index <= this.store.index, 'only what the store includes is compacted');
    this.entries = this.entries.filter(({ first }) => first > mark.index);
    this.#base = mark;
  }

  get shape(): LogShape {
    const termRuns: TermRun[] = [];
    for (const entry of this.entries) {
      const ofTerm = entry.termAt(entry.first);
      if (termRuns.at(-1)?.term !== ofTerm) termRuns.push({ first: entry.first, term: ofTerm });
    }
    const newest = this.entries.at(-1);
    return {
      compacted: this.compacted,
      compactedTerm: this.#base.term,
      last: this.#last,
      lastAt: newest?.atOf(newest.first) ?? this.#base.at,
      termRuns,
    };
  }

  get configurations(): PlacedConfiguration[] {
    const { index, payload } = this.#base.configuration;
    const placed = [{ index, configuration: decodeConfiguration(payload) }];
    for (const batch of this.entries) {
      if (batch.typeAt(batch.first) !== EntryType.configuration) continue;
      const configuration = decodeConfiguration(batch.entry(batch.first).payload);
      placed.push({ index: batch.first, configuration });
    }
    return placed;
  }

  read(from: LogIndex, maxBytes: number): EntryBatch[] {
    const found: EntryBatch[] = [];
    let bytes = 0;
    if (!this.readable || from <= this.compacted) return found;
    for (const entry of this.entries.slice(from - this.compacted - 1)) {
      bytes += entry.byteLength;
      if (bytes > maxBytes && found.length > 0) break;
      found.push(entry);
    }
    return found;
  }

  get #last(): LogIndex {
    return logIndex(this.compacted + this.entries.length);
  }
}

export function entryOf(index: number, ofTerm: number): EntryBatch {
  const header = { groupId: 1, first: logIndex(index), term: term(ofTerm), at: logTime(index) };
  return EntryBatch.encode({ ...header, type: EntryType.command }, [
    Buffer.from(`${ofTerm}.${index}`),
  ]);
}
