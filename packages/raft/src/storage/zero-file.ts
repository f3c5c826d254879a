import type { DiskFile } from '../ports.ts';
import { type LogDirectory, fillWithZeros } from './log-directory.ts';

/** After a piece of work in the background, so many times as long is left to others, up to `REST_MS_MAX`. */
const RESTS = 3;
const REST_MS_MAX = 250;

/** How work in the background knows the time, and waits. */
export interface Pace {
  readonly nowMs: () => number;
  readonly rest: (ms: number) => Promise<void>;
}

/** A file to be made in the background. */
export interface ZeroFile {
  readonly name: string;
  /** What it is called until it is whole. */
  readonly temp: string;
  readonly bytes: number;
  /** Without it, the file is made in one go. */
  readonly pace: Pace | undefined;
}

/**
 * Makes a file that holds zeros and has its place on the disk, slowly: on a disk of little bandwidth appends would wait
 * behind it. `goesOn` is asked between the pieces; false comes back when it ended the work. The new name is not synced.
 */
export async function makeZeroFile(
  directory: LogDirectory,
  wanted: ZeroFile,
  goesOn: () => boolean,
): Promise<boolean> {
  const { name, temp } = wanted;
  await directory.discard(temp);
  const filled = await directory.withFile(temp, 'create', (file) => fill(file, wanted, goesOn));
  if (!filled) return false;
  await directory.disk.rename(directory.file(temp), directory.file(name));
  return true;
}

/** Synced piece by piece, so that no append waits long behind the sync of a big file. */
function fill(file: DiskFile, { bytes, pace }: ZeroFile, goesOn: () => boolean): Promise<boolean> {
  let sinceMs = pace?.nowMs() ?? 0;
  return fillWithZeros(file, { from: 0, to: bytes }, async () => {
    await file.sync();
    if (pace !== undefined && goesOn()) {
      await pace.rest(Math.min(RESTS * (pace.nowMs() - sinceMs), REST_MS_MAX));
      sinceMs = pace.nowMs();
    }
    return goesOn();
  });
}
