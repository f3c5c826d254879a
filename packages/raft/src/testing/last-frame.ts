import type { Disk } from '../ports.ts';
import { LogDirectory, segmentName } from '../storage/log-directory.ts';
import { Recovery } from '../storage/recovery.ts';

/** Where the last frame of a log stands. */
interface LastFrame {
  /** Name of the newest segment's file inside the directory. */
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** Reads the log in a directory that nobody uses. `undefined`: there is none, or it is damaged. */
export async function lastFrame(disk: Disk, directory: string): Promise<LastFrame | undefined> {
  try {
    const recovered = await new Recovery(new LogDirectory(disk, directory), 0).run();
    if (recovered === undefined) return undefined;
    const { segment, from, to } = recovered.carried;
    return { file: segmentName(segment), from, to };
  } catch {
    return undefined;
  }
}
