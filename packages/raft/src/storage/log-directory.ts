import type { Disk, DiskFile } from '../ports.ts';
import { codeOf } from './error-code.ts';

/** Zeros are written in pieces of this size. */
const FILL_BYTES = 262_144;
const ZEROS = Buffer.alloc(FILL_BYTES);

const SEGMENT_NAME = /^(\d{12})\.log$/;

/** A prepared segment that is not in use. Its content means nothing: frames of its next use have another salt. */
export const SPARE = 'spare';
export const SPARE_TEMP = 'spare.tmp';
export const SEGMENT_TEMP = 'segment.tmp';
/** Zeros that hold room on the disk until something needs it. */
export const BALLAST = 'ballast';
export const BALLAST_TEMP = 'ballast.tmp';

export const segmentName = (segment: number): string => `${String(segment).padStart(12, '0')}.log`;

/** The number in a segment's file name; `undefined` for other files. */
function segmentNumber(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export interface DirectoryContents {
  /** Their numbers, rising. */
  readonly segments: number[];
  readonly spare: boolean;
  readonly ballast: boolean;
}

/** The directory that a log lives in. A segment's file gets its name only when its head is durable in it. */
export class LogDirectory {
  readonly disk: Disk;
  readonly path: string;

  constructor(disk: Disk, path: string) {
    this.disk = disk;
    this.path = path;
  }

  file(name: string): string {
    return `${this.path}/${name}`;
  }

  async contents(): Promise<DirectoryContents> {
    const names = await this.disk.list(this.path);
    const segments = names.map(segmentNumber).filter((number) => number !== undefined);
    return {
      segments: segments.toSorted((a, b) => a - b),
      spare: names.includes(SPARE),
      ballast: names.includes(BALLAST),
    };
  }

  /** Removes a file; none there is fine. Resolves to whether one was. */
  async discard(name: string): Promise<boolean> {
    try {
      await this.disk.unlink(this.file(name));
      return true;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      return false;
    }
  }

  /** Gives a file its segment's name, durably. */
  async name(temp: string, segment: number): Promise<void> {
    await this.disk.rename(this.file(temp), this.file(segmentName(segment)));
    await this.disk.syncDirectory(this.path);
  }

  /** Runs `use` with the open file and closes it. */
  async withFile<T>(
    name: string,
    mode: 'read' | 'create' | 'append',
    use: (file: DiskFile) => Promise<T>,
  ): Promise<T> {
    const file = await this.disk.open(this.file(name), mode);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }
}

const goOn = (): Promise<boolean> => Promise.resolve(true);

/**
 * Writes and syncs zeros from `from` to `to`. `between` is awaited after each piece, and says whether to go on: when not,
 * false comes back.
 */
export async function fillWithZeros(
  file: DiskFile,
  range: { from: number; to: number },
  between: () => Promise<boolean> = goOn,
): Promise<boolean> {
  for (let at = range.from; at < range.to; at += FILL_BYTES) {
    await file.write(ZEROS.subarray(0, Math.min(FILL_BYTES, range.to - at)), at);
    if (!(await between())) return false;
  }
  await file.sync();
  return true;
}
