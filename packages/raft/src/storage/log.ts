import { assert } from '../core/assert.ts';
import type { EntryBatch } from '../core/entry-batch.ts';
import {
  type LogIndex,
  type LogTime,
  type NodeId,
  type Term,
  logTime,
  term,
} from '../core/numbers.ts';
import type { LogWrite } from '../core/ready.ts';
import type { DirectoryLock, Disk } from '../ports.ts';
import { type BootedLog, type Booting, type NewDirectory, boot, create } from './boot.ts';
import { LogDirectory, SPARE_TEMP, segmentName } from './log-directory.ts';
import { DirectoryLocked, LogCorrupt, NoLog, NotInLog } from './log-errors.ts';
import type { LogImage } from './log-image.ts';
import { readRuns } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import type { Recovered } from './recovered.ts';
import { type RecoveredLog, Recovery } from './recovery.ts';
import { type Pace, SpareSegment } from './spare.ts';

/** Sizes of segment files in bytes, multiples of 512. Each is exceeded when one frame needs more. */
export interface SegmentBytes {
  /** The one that each boot begins. Small: it is made before the node answers. */
  readonly first: number;
  /** The others, which are made in the background; one that is not ready in time is replaced by a small one. */
  readonly later: number;
}

const SEGMENT_BYTES: SegmentBytes = { first: 1_048_576, later: 67_108_864 };

/** A boot writes the frames of the last segment again when they fill at most this part of a first segment. */
const CARRIED_PART = 1 / 4;

export interface LogOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly groupId: number;
  /** Used only when the directory holds no log; `undefined`: there must be one. */
  readonly create: NewDirectory | undefined;
  readonly segmentBytes?: SegmentBytes;
  /** Sees the log that is found before anything is written; throws when it must stay as it is. */
  readonly inspect?: (found: FoundLog) => void;
  /** For work in the background, which goes on without rests when this is missing. */
  readonly pace?: Pace;
  /** A random u32. */
  readonly newSalt: () => number;
  /** Called once, on the first write or sync that failed: the process must end. */
  readonly onFailure: (error: Error) => void;
}

/** Whose a log is. */
export type FoundLog = Pick<Recovered, 'identity' | 'configurations'>;

/** The parts of an open log. */
interface Parts {
  readonly directory: LogDirectory;
  readonly lock: DirectoryLock;
  readonly image: LogImage;
  readonly writer: LogWriter;
  readonly spare: SpareSegment;
  readonly recovered: Recovered;
}

/**
 * The durable log: term, vote, entries, truncations and known peers in one ordered stream. Promises:
 * 1. what `done` was called for is found by every later `open`, whatever crashes in between;
 * 2. writes become durable in the order in which they were handed over, and after a crash a prefix of them is found;
 * 3. a log that is not what was written is refused with `LogCorrupt`, but for a torn last frame, which is cut;
 * 4. after the first failed write or sync nothing is written and nothing is done.
 */
export class DurableLog {
  readonly recovered: Recovered;
  readonly #parts: Parts;
  /** The last entry handed over. */
  #appended: LogIndex;
  /** Of that entry; 0 after a truncation, when they are not known here. */
  #appendedTerm: Term;
  #appendedAt: LogTime;
  #closed = false;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.recovered = parts.recovered;
    this.#appended = parts.recovered.last;
    this.#appendedTerm = parts.recovered.termRuns.at(-1)?.term ?? parts.recovered.compactedTerm;
    this.#appendedAt = parts.recovered.lastAt;
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
    return this.recovered.compacted;
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
   * Durable entries from `first` on, contiguous, at most `maxBytes` but at least one: those that were durable when this was
   * called. Rejects with `NotInLog` when `first` was not, and with `LogCorrupt`.
   */
  async read(first: LogIndex, maxBytes: number): Promise<EntryBatch[]> {
    const { image, directory } = this.#parts;
    if (first <= this.compacted || first > image.last) throw new NotInLog(first);
    return readRuns(directory, image.index.runs(first, image.last, maxBytes), maxBytes);
  }

  /**
   * Waits for the write in flight and gives the directory free. Clean: also for all that was handed over, and leaves a
   * clean-shutdown mark. Once only.
   */
  async close({ clean }: { clean: boolean }): Promise<void> {
    assert(!this.#closed, 'a log is closed once');
    this.#closed = true;
    const { writer, spare, lock } = this.#parts;
    await writer.close(clean);
    await spare.stop();
    await lock.release();
  }

  #claimOrder({ truncateAfter, batches }: LogWrite): void {
    if (truncateAfter !== undefined) {
      const inside = this.compacted <= truncateAfter && truncateAfter <= this.#appended;
      assert(inside, 'a truncation leaves what is compacted and voids what is there');
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
}

async function openLocked(options: LogOptions, lock: DirectoryLock): Promise<Parts> {
  const { newSalt, onFailure, groupId, segmentBytes = SEGMENT_BYTES } = options;
  const directory = new LogDirectory(options.disk, options.directory);
  const carriedBytesMax = segmentBytes.first * CARRIED_PART;
  const found = await new Recovery(directory, carriedBytesMax).run();
  if (found !== undefined) {
    const { configurations } = found.image.standing();
    options.inspect?.({ identity: found.head.identity, configurations });
  }
  // Whoever was killed while he made a spare left it, and the room may be needed now.
  await directory.discard(SPARE_TEMP);
  const booting = { directory, groupId, firstBytes: segmentBytes.first, newSalt };
  const { image, segment } = await begin(booting, found, options.create);
  const recovered = await describe(directory, { image, segment }, found);
  const spare = new SpareSegment(directory, {
    bytes: segmentBytes.later,
    smallBytes: segmentBytes.first,
    pace: options.pace,
  });
  const writer = new LogWriter({ directory, image, segment, spare, newSalt, onFailure });
  return { directory, lock, image, writer, spare, recovered };
}

/** Goes on with the log that was found, or makes one. */
async function begin(
  booting: Booting,
  found: RecoveredLog | undefined,
  made: NewDirectory | undefined,
): Promise<BootedLog> {
  if (found !== undefined) {
    requireGroup(found, booting.groupId);
    return boot(booting, found);
  }
  if (made === undefined) throw new NoLog(booting.directory.path);
  return create(booting, made);
}

function requireGroup({ head }: RecoveredLog, groupId: number): void {
  if (head.groupId === groupId) return;
  const file = segmentName(head.segment);
  const why = `the log is that of group ${head.groupId}, not ${groupId}`;
  throw new LogCorrupt({ file, offset: 0, index: undefined, why });
}

async function describe(
  directory: LogDirectory,
  { image, segment }: BootedLog,
  found: RecoveredLog | undefined,
): Promise<Recovered> {
  const { compactedAt, ...standing } = image.standing();
  const { last, compacted } = standing;
  const [tail] =
    last > compacted ? await readRuns(directory, image.index.runs(last, last, 1), 1) : [];
  return {
    ...standing,
    identity: segment.head.identity,
    incarnation: segment.head.incarnation,
    lastAt: tail?.atOf(last) ?? compactedAt,
    termRuns: [...image.termRuns],
    clean: found?.clean ?? true,
    tornBytes: found?.tornBytes ?? 0,
  };
}
