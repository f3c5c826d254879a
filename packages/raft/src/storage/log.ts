import { assert } from '../core/assert.ts';
import type { EntryBatch } from '../core/entry-batch.ts';
import {
  type LogIndex,
  type LogTime,
  type NodeId,
  type Term,
  logIndex,
  logTime,
  term,
} from '../core/numbers.ts';
import type { Install, LogWrite, SnapshotMark } from '../core/ready.ts';
import { DirectoryLocked, NotInLog } from './log-errors.ts';
import type { LogOptions, LogStats } from './log-options.ts';
import { readRuns } from './log-reader.ts';
import { type Parts, openLocked } from './open-log.ts';
import type { Recovered } from './recovered.ts';

export type { FoundLog, LogOptions, LogStats, SegmentBytes } from './log-options.ts';

const NOTHING: LogWrite = {
  hardState: undefined,
  install: undefined,
  truncateAfter: undefined,
  batches: [],
};

/**
 * The durable log: term, vote, entries, truncations, snapshot marks and known peers in one ordered stream. Promises:
 * 1. what `done` was called for is found by every later `open`, whatever crashes in between;
 * 2. writes become durable in the order in which they were handed over, and after a crash a prefix of them is found;
 * 3. a log that is not what was written is refused with `LogCorrupt`, but for a torn last frame, which is cut;
 * 4. after the first failed write or sync nothing is written and nothing is done;
 * 5. an entry is there until a durable mark covers it, and then for a while (`keepBytes`, `keepFrom`); the disk space
 *    that the log takes is bounded by that, whatever was written before.
 */
export class DurableLog {
  readonly recovered: Recovered;
  readonly #parts: Parts;
  /** The last entry handed over. */
  #appended: LogIndex;
  /** Of that entry; 0 after a truncation, when they are not known here. */
  #appendedTerm: Term;
  #appendedAt: LogTime;
  /** The newest mark handed over. */
  #marked: Pick<SnapshotMark, 'index' | 'generation'>;
  #closed = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.recovered = parts.recovered;
    this.#appended = parts.recovered.last;
    this.#appendedTerm = parts.recovered.termRuns.at(-1)?.term ?? parts.recovered.compactedTerm;
    this.#appendedAt = parts.recovered.lastAt;
    this.#marked = parts.recovered.mark ?? { index: logIndex(0), generation: 1 };
  }

  /** Rejects with `DirectoryLocked`, `NoLog` or `LogCorrupt`, and with the disk's own errors. */
  static async open(options: LogOptions): Promise<DurableLog> {
    const { disk } = options;
    await disk.makeDirectory(options.directory);
    const lock = await disk.lock(options.directory);
    if (lock === undefined) throw new DirectoryLocked(options.directory);
    try {
      return new DurableLog(await openLocked(options, lock));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** The last entry that is durable. */
  get durable(): LogIndex {
    return this.#parts.image.last;
  }

  /** Entries up to here are no longer in the log. */
  get compacted(): LogIndex {
    return this.#parts.image.compacted.index;
  }

  stats(): LogStats {
    const { compaction, spare, ballast, times } = this.#parts;
    const ofSegments = compaction.held.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      bytes: ofSegments + spare.bytes + ballast.bytes,
      segments: compaction.held.length,
      syncMs: times.lastMs,
      syncMsMax: times.maxMs,
    };
  }

  /**
   * Writes in order, and calls `done` when it is durable; neither blocks nor throws for reasons of the disk. Ignored,
   * `done` included, after a failure and after `close`.
   */
  append(write: LogWrite, done: () => void): void {
    if (this.#closed) return;
    this.#claimOrder(write);
    this.#parts.writer.submit({ kind: 'write', write, done });
  }

  /**
   * Notes, in the same order as writes, that the machine's store holds all entries through a durable one. They stay until
   * their segments go. A mark of less than what was marked before, or of an earlier generation, came too late: `done` is
   * called and nothing changes.
   */
  mark(mark: SnapshotMark, done: () => void): void {
    if (this.#closed) return;
    const isLate = mark.index < this.#marked.index || mark.generation < this.#marked.generation;
    if (isLate) {
      this.#parts.writer.submit({ kind: 'write', write: NOTHING, done });
      return;
    }
    assert(mark.index <= this.durable, 'the store holds nothing that the log does not');
    this.#marked = mark;
    this.#parts.writer.submit({ kind: 'mark', mark, done });
  }

  /** Notes who speaks under a node's id, in the same order as writes. */
  rememberPeer(id: NodeId, instanceId: string, done: () => void): void {
    this.#parts.writer.submit({ kind: 'peer', id, instanceId, done });
  }

  /** Nothing was handed over for a while: a last frame that rots can be told from a torn one then (rule 2). */
  markIdle(): void {
    if (!this.#closed) this.#parts.writer.markIdle();
  }

  /** Makes the next segment in the background, or finds the one of an earlier boot: later calls change nothing. */
  prepareSpare(): void {
    if (!this.#closed) this.#parts.spare.prepare();
  }

  /**
   * Makes the ballast in the background, or finds that of an earlier boot, when there is room for twice as much. Resolves
   * to whether it is there.
   */
  async prepareBallast(): Promise<boolean> {
    return this.#closed ? false : this.#parts.ballast.prepare();
  }

  /**
   * Gives the ballast free, for whatever must be written on a full disk. Resolves to whether there was one. The log itself
   * does so when it finds no room for the next segment.
   */
  async releaseBallast(): Promise<boolean> {
    return this.#closed ? false : this.#parts.ballast.release();
  }

  /**
   * Durable entries from `first` on, contiguous, at most `maxBytes` but at least one: those that were durable when this was
   * called. Rejects with `NotInLog` when `first` was not, or was compacted meanwhile, and with `LogCorrupt`.
   */
  async read(first: LogIndex, maxBytes: number): Promise<EntryBatch[]> {
    const { image, directory } = this.#parts;
    if (first <= this.compacted || first > image.last) throw new NotInLog(first);
    const { resets } = image;
    // A segment that is gone may be another one by now, under the same file: what was read of it means nothing.
    const isGone = () => first <= this.compacted || image.resets !== resets;
    try {
      const runs = image.index.runs(first, image.last, maxBytes);
      const batches = await readRuns(directory, runs, maxBytes);
      if (!isGone()) return batches;
    } catch (error) {
      if (!isGone()) throw error;
    }
    throw new NotInLog(first);
  }

  /**
   * Waits for the write in flight and gives the directory free. Clean: also for all that was handed over, and leaves a
   * clean-shutdown mark. Once only.
   */
  async close({ clean }: { clean: boolean }): Promise<void> {
    assert(!this.#closed, 'a log is closed once');
    this.#closed = true;
    const { writer, compaction, spare, ballast, lock } = this.#parts;
    await writer.close(clean);
    await compaction.stop();
    await spare.stop();
    await ballast.stop();
    await lock.release();
  }

  #claimOrder({ install, truncateAfter, batches }: LogWrite): void {
    if (install !== undefined) this.#claimInstall(install);
    if (truncateAfter !== undefined) {
      const inside = this.#marked.index <= truncateAfter && truncateAfter <= this.#appended;
      assert(inside, 'a truncation leaves what is marked and voids what is there');
      this.#appended = truncateAfter;
      this.#appendedTerm = term(0);
      this.#appendedAt = logTime(0);
    }
    for (const batch of batches) {
      assert(batch.first === this.#appended + 1, 'entries follow the last one that is left');
      assert(
        batch.termAt(batch.first) >= this.#appendedTerm,
        'the term of entries never goes back',
      );
      assert(batch.atOf(batch.first) >= this.#appendedAt, 'the time of entries never goes back');
      this.#appended = batch.last;
      this.#appendedTerm = batch.termAt(batch.last);
      this.#appendedAt = batch.atOf(batch.last);
    }
  }

  #claimInstall({ mark, keepsSuffix }: Install): void {
    const { index, generation } = this.#marked;
    assert(mark.index > index, 'a snapshot that is installed holds more than the state before');
    assert(mark.generation > generation, 'a snapshot that is installed begins a generation');
    assert(!keepsSuffix || mark.index <= this.#appended, 'a suffix follows an entry that is there');
    this.#marked = mark;
    if (keepsSuffix) return;
    this.#appended = mark.index;
    this.#appendedTerm = mark.term;
    this.#appendedAt = mark.at;
  }
}
