import { BALLAST, BALLAST_TEMP, type LogDirectory } from './log-directory.ts';
import { type Pace, makeZeroFile } from './zero-file.ts';

/** The ballast is made only when this many times its size is free, so that it does not take the room it stands for. */
const FREE_TIMES_MIN = 2;

export interface BallastOptions {
  /** 0: there is none. */
  readonly bytes: number;
  readonly pace: Pace | undefined;
}

/**
 * A file of zeros that holds room on the disk until something that must be written needs it. It is made slowly, in the
 * background; that there is no room for it is no error.
 */
export class Ballast {
  readonly #directory: LogDirectory;
  readonly #options: BallastOptions;
  #making: Promise<void> | undefined;
  #wanted = false;
  #bytes = 0;

  constructor(directory: LogDirectory, options: BallastOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** What it holds now; of one that an earlier boot left, from `prepare` on. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes it, or finds the one of an earlier boot, unless that is under way or done. Resolves to whether it is there. */
  async prepare(): Promise<boolean> {
    if (this.#options.bytes === 0) return false;
    this.#wanted = true;
    if (this.#bytes === 0) {
      this.#making ??= this.#make();
      await this.#making;
    }
    return this.#bytes > 0;
  }

  /** Gives the room free, also that of an earlier boot's. Resolves to whether there was any; `prepare` makes it again. */
  async release(): Promise<boolean> {
    this.#wanted = false;
    await this.#making;
    this.#bytes = 0;
    return this.#directory.discard(BALLAST);
  }

  /** Ends the work in the background, early. */
  async stop(): Promise<void> {
    this.#wanted = false;
    await this.#making;
  }

  async #make(): Promise<void> {
    try {
      this.#bytes = (await this.#find()) || (await this.#fill());
    } catch {
      // What there was room for is needed elsewhere.
      await this.#directory.discard(BALLAST_TEMP).catch(() => false);
    } finally {
      this.#making = undefined;
    }
  }

  async #find(): Promise<number> {
    const { ballast } = await this.#directory.contents();
    if (!ballast) return 0;
    return this.#directory.withFile(BALLAST, 'read', (file) => file.size());
  }

  async #fill(): Promise<number> {
    const { bytes, pace } = this.#options;
    const { disk, path } = this.#directory;
    if ((await disk.freeBytes(path)) < FREE_TIMES_MIN * bytes) return 0;
    const wanted = { name: BALLAST, temp: BALLAST_TEMP, bytes, pace };
    const made = await makeZeroFile(this.#directory, wanted, () => this.#wanted);
    if (!made) await this.#directory.discard(BALLAST_TEMP);
    return made ? bytes : 0;
  }
}
