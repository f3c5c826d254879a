import { assert } from '../core/assert.ts';
import type { LogTime } from '../core/numbers.ts';
import type { DirectoryLock } from '../ports.ts';
import { Ballast } from './ballast.ts';
import { type BootedLog, type Booting, type NewDirectory, boot, create } from './boot.ts';
import { Compaction } from './compaction.ts';
import { codeOf } from './error-code.ts';
import {
  BALLAST,
  BALLAST_TEMP,
  LogDirectory,
  SPARE,
  SPARE_TEMP,
  segmentName,
} from './log-directory.ts';
import { LogCorrupt, NoLog } from './log-errors.ts';
import type { LogImage } from './log-image.ts';
import type { LogOptions, SegmentBytes } from './log-options.ts';
import { readRuns } from './log-reader.ts';
import { LogWriter } from './log-writer.ts';
import type { Recovered } from './recovered.ts';
import { type RecoveredLog, Recovery } from './recovery.ts';
import { SpareSegment } from './spare.ts';
import { WriteTimes } from './write-times.ts';

const SEGMENT_BYTES: SegmentBytes = { first: 1_048_576, later: 67_108_864 };

/**
 * Of what a snapshot mark covers, so many bytes of segments are kept: a follower that was away for a moment gets entries
 * and no snapshot. One segment's worth, so that the disk holds about three: this, the current one and the spare.
 */
const KEEP_BYTES = 67_108_864;

/**
 * While a snapshot is on its way, entries after it are kept up to so many bytes: at 50 MB/s for 20 s. A follower that
 * needs longer gets another snapshot, which is better than a full disk.
 */
const KEEP_BYTES_MAX = 1_073_741_824;

/**
 * The room that is held back for the moment when the disk is full: one segment, or 64 of the small ones, of which a log
 * in need takes one by one.
 */
const BALLAST_BYTES = 67_108_864;

/** Begins the next segment early when it gives free so many times the size of a segment. */
const HURRY_SEGMENTS = 2;

/** A boot writes the frames of the last segment again when they fill at most this part of a first segment. */
const CARRIED_PART = 1 / 4;

/** The parts of an open log. */
export interface Parts {
  readonly directory: LogDirectory;
  readonly lock: DirectoryLock;
  readonly image: LogImage;
  readonly writer: LogWriter;
  readonly spare: SpareSegment;
  readonly ballast: Ballast;
  readonly compaction: Compaction;
  readonly times: WriteTimes;
  readonly recovered: Recovered;
}

/** Opens the log in a directory that is locked. */
export async function openLocked(options: LogOptions, lock: DirectoryLock): Promise<Parts> {
  const { newSalt, onFailure, groupId, segmentBytes = SEGMENT_BYTES } = options;
  const directory = new LogDirectory(options.disk, options.directory);
  const carriedBytesMax = segmentBytes.first * CARRIED_PART;
  const found = await new Recovery(directory, carriedBytesMax).run();
  if (found !== undefined) {
    const { configurations } = found.image.standing();
    options.inspect?.({ identity: found.head.identity, configurations });
  }
  // Whoever was killed while he made them left them, and the room may be needed now.
  await directory.discard(SPARE_TEMP);
  await directory.discard(BALLAST_TEMP);
  const { raisesEpoch = false } = options;
  const booting = { directory, groupId, firstBytes: segmentBytes.first, newSalt, raisesEpoch };
  const booted = await begin(booting, found, options.create);
  const recovered = await describe(directory, booted, found);
  const { image, segment } = booted;
  const background = backgroundOf(options, directory, segmentBytes);
  const compaction = compactionOf(options, { ...booted, ...background, directory, segmentBytes });
  const { onSlowWrite = () => undefined } = options;
  const times = new WriteTimes(options.pace?.nowMs ?? (() => 0), onSlowWrite);
  const parts = { directory, image, ...background, compaction, times };
  const writer = new LogWriter({ ...parts, segment, newSalt, onFailure });
  return { ...parts, lock, writer, recovered };
}

function backgroundOf(
  { pace, ballastBytes = BALLAST_BYTES }: LogOptions,
  directory: LogDirectory,
  { first, later }: SegmentBytes,
): Pick<Parts, 'spare' | 'ballast'> {
  return {
    spare: new SpareSegment(directory, { bytes: later, smallBytes: first, pace }),
    ballast: new Ballast(directory, { bytes: ballastBytes, pace }),
  };
}

function compactionOf(
  options: LogOptions,
  parts: Pick<Parts, 'directory' | 'image' | 'spare'> &
    Pick<BootedLog, 'held'> & { readonly segmentBytes: SegmentBytes },
): Compaction {
  const { keepBytes = KEEP_BYTES, keepBytesMax = Math.max(keepBytes, KEEP_BYTES_MAX) } = options;
  const { keepFrom = () => undefined, onCompacted = () => undefined } = options;
  assert(keepBytes <= keepBytesMax, 'a snapshot on its way keeps no less than none');
  const { directory, image, spare, held, segmentBytes } = parts;
  const retention = { keepBytes, keepBytesMax, keepFrom };
  const hurryBytes = HURRY_SEGMENTS * segmentBytes.later;
  return new Compaction({ directory, image, spare, retention, hurryBytes, onCompacted }, held);
}

/** Goes on with the log that was found, or makes one. */
async function begin(
  booting: Booting,
  found: RecoveredLog | undefined,
  made: NewDirectory | undefined,
): Promise<BootedLog> {
  if (found !== undefined) {
    requireGroup(found, booting.groupId);
    return bootInNeed(booting, found);
  }
  if (made === undefined) throw new NoLog(booting.directory.path);
  return create(booting, made);
}

/** Boots, on a full disk with the room that was held back for that. */
async function bootInNeed(booting: Booting, found: RecoveredLog): Promise<BootedLog> {
  const { directory } = booting;
  try {
    return await boot(booting, found);
  } catch (error) {
    const isFull = codeOf(error) === 'ENOSPC';
    const freed =
      isFull && ((await directory.discard(BALLAST)) || (await directory.discard(SPARE)));
    if (!freed) throw error;
    return boot(booting, found);
  }
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
  const { last, tail, ...standing } = image.standing();
  const { index: compacted, term: compactedTerm } = image.compacted;
  const { identity, incarnation } = segment.head;
  return {
    ...standing,
    identity,
    incarnation,
    compacted,
    compactedTerm,
    last,
    lastAt: tail?.at ?? (await timeOf(directory, image)),
    termRuns: [...image.termRuns],
    clean: found?.clean ?? true,
    tornBytes: found?.tornBytes ?? 0,
  };
}

/** Of the last entry, by reading it. */
async function timeOf(
  directory: LogDirectory,
  { index, last, compacted }: LogImage,
): Promise<LogTime> {
  if (last === compacted.index) return compacted.at;
  const [batch] = await readRuns(directory, index.runs(last, last, 1), 1);
  return batch?.atOf(last) ?? compacted.at;
}
