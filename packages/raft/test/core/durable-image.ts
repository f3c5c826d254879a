import { EntryBatch, EntryType } from '../../src/core/entry-batch.ts';
import type { HardState } from '../../src/core/hard-state.ts';
import { type LogIndex, NOBODY, logIndex, logTime, term } from '../../src/core/numbers.ts';
import type { LogShape, TermRun } from '../../src/core/raft-log.ts';
import type { LogWrite } from '../../src/core/ready.ts';

/** What a node finds on disk after a crash: a model of the durable log, made from `Ready.write`. */
export class DurableImage {
  hardState: HardState;
  /** One entry each, entry 1 first. */
  entries: EntryBatch[];
  /** Whether `read` finds anything. */
  readable = true;

  /** A log whose entries have these terms; their text is `<term>.<index>`. */
  constructor(terms: readonly number[], currentTerm: number) {
    this.hardState = { term: term(currentTerm), vote: NOBODY };
    this.entries = terms.map((ofTerm, i) => entryOf(i + 1, ofTerm));
  }

  write({ hardState, truncateAfter, batches }: LogWrite): void {
    if (hardState !== undefined) this.hardState = hardState;
    if (truncateAfter !== undefined) this.entries.length = truncateAfter;
    for (const batch of batches) {
      for (const { index } of batch) this.entries.push(batch.slice(index, index));
    }
  }

  get shape(): LogShape {
    const termRuns: TermRun[] = [];
    for (const entry of this.entries) {
      const ofTerm = entry.termAt(entry.first);
      if (termRuns.at(-1)?.term !== ofTerm) termRuns.push({ first: entry.first, term: ofTerm });
    }
    const newest = this.entries.at(-1);
    return {
      compacted: logIndex(0),
      compactedTerm: term(0),
      last: logIndex(this.entries.length),
      lastAt: newest?.atOf(newest.first) ?? logTime(0),
      termRuns,
    };
  }

  read(from: LogIndex, maxBytes: number): EntryBatch[] {
    const found: EntryBatch[] = [];
    let bytes = 0;
    if (!this.readable) return found;
    for (const entry of this.entries.slice(from - 1)) {
      bytes += entry.byteLength;
      if (bytes > maxBytes && found.length > 0) break;
      found.push(entry);
    }
    return found;
  }
}

export function entryOf(index: number, ofTerm: number): EntryBatch {
  const header = { groupId: 1, first: logIndex(index), term: term(ofTerm), at: logTime(index) };
  return EntryBatch.encode({ ...header, type: EntryType.command }, [
    Buffer.from(`${ofTerm}.${index}`),
  ]);
}
