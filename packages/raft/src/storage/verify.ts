import type { LogIndex } from '../core/numbers.ts';
import type { SnapshotMark } from '../core/ready.ts';
import type { Disk } from '../ports.ts';
import { codeOf } from './error-code.ts';
import { type DirectoryContents, LogDirectory } from './log-directory.ts';
import { type Damage, DirectoryLocked, LogCorrupt, NoLog } from './log-errors.ts';
import type { TermRun } from '../core/raft-log.ts';
import { type RecoveredLog, Recovery, type SegmentSurvey } from './recovery.ts';

/** What `rrmq-node verify` found; with a problem, as far as it could read. */
export interface VerifyReport {
  readonly directory: string;
  /** The files that the log consists of, oldest first. Frames are those behind the head. */
  readonly segments: readonly SegmentSurvey[];
  readonly frames: number;
  /** Entries written, truncated ones included. */
  readonly entries: number;
  /** The last entry, truncations considered. */
  readonly last: LogIndex | undefined;
  readonly termRuns: readonly TermRun[];
  /** Entries up to this one are no longer in the log. */
  readonly compacted: LogIndex | undefined;
  /** The oldest segment that the log needs; `undefined` when that could not be read. */
  readonly firstSegment: string | undefined;
  /** The newest mark: the machine's state that a start goes on from; `undefined` before the first. */
  readonly mark: Pick<SnapshotMark, 'index' | 'term' | 'generation'> | undefined;
  /** Whether these files are there: the next segment, and the room that is held back. */
  readonly spare: boolean;
  readonly ballast: boolean;
  /** The last stop was a clean one. */
  readonly clean: boolean;
  /** Bytes of a torn last frame, which the next start cuts. */
  readonly tornBytes: number;
  /** The first thing that is not right; the log cannot be opened then. */
  readonly problem: Damage | undefined;
}

/** Frames carried over by a next boot; nothing is written here. */
const CARRIED_BYTES = 0;

/**
 * Reads the whole log in `directory` and changes nothing in it. Rejects with `DirectoryLocked` while a process works on
 * it, with `NoLog` when there is none, and with the disk's own errors.
 */
export async function verifyDirectory(disk: Disk, directory: string): Promise<VerifyReport> {
  await requireLog(disk, directory);
  const lock = await disk.lock(directory);
  if (lock === undefined) throw new DirectoryLocked(directory);
  try {
    const recovery = new Recovery(new LogDirectory(disk, directory), CARRIED_BYTES);
    const found = await run(recovery);
    if (found === undefined) throw new NoLog(directory);
    const { spare, ballast } = await contentsOf(disk, directory);
    return { ...report(directory, recovery, found), spare, ballast };
  } finally {
    await lock.release();
  }
}

async function contentsOf(disk: Disk, directory: string): Promise<DirectoryContents> {
  return new LogDirectory(disk, directory).contents();
}

/** A directory of something else is left as it is: not even a lock is taken there. */
async function requireLog(disk: Disk, directory: string): Promise<void> {
  const { segments, spare, ballast } = await contentsOf(disk, directory).catch(asNothing);
  if (segments.length === 0 && !spare && !ballast) throw new NoLog(directory);
}

/** The directory is missing, or no directory. */
function asNothing(error: unknown): DirectoryContents {
  if (!['ENOENT', 'ENOTDIR'].includes(String(codeOf(error)))) throw error;
  return { segments: [], spare: false, ballast: false };
}

async function run(recovery: Recovery): Promise<RecoveredLog | LogCorrupt | undefined> {
  try {
    return await recovery.run();
  } catch (error) {
    if (error instanceof LogCorrupt) return error;
    throw error;
  }
}

function report(
  directory: string,
  recovery: Recovery,
  found: RecoveredLog | LogCorrupt,
): Omit<VerifyReport, 'spare' | 'ballast'> {
  const { survey, image } = recovery;
  const corrupt = found instanceof LogCorrupt;
  return {
    directory,
    segments: survey,
    frames: survey.reduce((sum, { frames }) => sum + frames, 0),
    entries: survey.reduce((sum, { entries }) => sum + entries, 0),
    last: image?.last,
    termRuns: image?.termRuns ?? [],
    compacted: image?.compacted.index,
    firstSegment: survey[0]?.file,
    mark: image?.mark && nameOf(image.mark),
    clean: corrupt ? false : found.clean,
    tornBytes: corrupt ? 0 : found.tornBytes,
    problem: corrupt ? damageOf(found) : undefined,
  };
}

const nameOf = ({ index, term, generation }: SnapshotMark): VerifyReport['mark'] => ({
  index,
  term,
  generation,
});

const damageOf = ({ file, offset, index, why }: LogCorrupt): Damage => ({
  file,
  offset,
  index,
  why,
});
