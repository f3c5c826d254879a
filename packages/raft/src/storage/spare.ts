import {
  type LogDirectory,
  SEGMENT_TEMP,
  SPARE,
  SPARE_TEMP,
  fillWithZeros,
} from './log-directory.ts';
import { type Pace, makeZeroFile } from './zero-file.ts';

/** What the file `SEGMENT_TEMP` is, which is ready to become a segment. */
export interface Prepared {
  readonly bytes: number;
  readonly zeroFilled: boolean;
}

export interface SpareOptions {
  /** Of a spare. */
  readonly bytes: number;
  /** Of what stands in for a spare that is not ready. */
  readonly smallBytes: number;
  /** Without it, a spare is made in one go. */
  readonly pace: Pace | undefined;
}

/**
 * Keeps one prepared segment ready: one that the log no longer needs, or a new one. That is written slowly and nobody
 * waits for it: when it is not ready, a small segment takes its place. What goes wrong in the background (a full disk)
 * counts only when that small segment cannot be made either.
 */
export class SpareSegment {
  readonly #directory: LogDirectory;
  readonly #options: SpareOptions;
  #preparing: Promise<unknown> | undefined;
  #ready: Prepared | undefined;
  /** A segment of the log is there to become the spare: what is being made for it is not needed. */
  #isOffered = false;
  /** Small segments stand in, which write as many zeros and more syncs: the spare is made without rests. */
  #hurries = false;
  #stopped = false;

  constructor(directory: LogDirectory, options: SpareOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Of the spare that is ready; 0 when none is. */
  get bytes(): number {
    return this.#ready?.bytes ?? 0;
  }

  /** Starts to prepare a spare in the background, or finds the one of an earlier boot, unless that is under way or done. */
  prepare(): void {
    if (this.#ready === undefined) this.#preparing ??= this.#prepare();
  }

  /**
   * Takes a segment over that the log no longer needs, so that an endless log writes no zeros. False: there is a spare
   * already, or the file is too small, and it is still there.
   */
  async offer(file: string, bytes: number): Promise<boolean> {
    if (bytes < this.#options.bytes || this.#ready !== undefined) return false;
    this.#isOffered = true;
    await this.#preparing;
    this.#isOffered = false;
    const isWanted = this.#ready === undefined && this.#preparing === undefined && !this.#stopped;
    if (!isWanted) return false;
    const adopting = this.#adopt(file, bytes);
    this.#preparing = adopting;
    return adopting;
  }

  /** Makes `SEGMENT_TEMP` a file that holds at least `bytes`, the caller's to rename before the next call. */
  async take(bytes: number): Promise<Prepared> {
    const ready = this.#ready;
    if (ready !== undefined && ready.bytes >= bytes) {
      const { disk } = this.#directory;
      await disk.rename(this.#directory.file(SPARE), this.#directory.file(SEGMENT_TEMP));
      // Only now: the next spare gets the same name.
      this.#ready = undefined;
      return ready;
    }
    this.#hurries = true;
    return this.#makeSmall(Math.max(bytes, this.#options.smallBytes));
  }

  /** Ends the work in the background, early. Nothing is taken any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#preparing;
  }

  async #adopt(file: string, bytes: number): Promise<boolean> {
    const { disk } = this.#directory;
    try {
      await disk.rename(this.#directory.file(file), this.#directory.file(SPARE));
      this.#ready = { bytes, zeroFilled: false };
      return true;
    } catch {
      return false;
    } finally {
      this.#preparing = undefined;
    }
  }

  async #prepare(): Promise<void> {
    try {
      this.#ready = (await this.#find()) ?? (await this.#make());
    } catch {
      // What there was room for is needed elsewhere.
      await this.#directory.discard(SPARE_TEMP).catch(() => undefined);
    } finally {
      this.#preparing = undefined;
    }
  }

  async #find(): Promise<Prepared | undefined> {
    const { spare } = await this.#directory.contents();
    if (!spare) return undefined;
    const bytes = await this.#directory.withFile(SPARE, 'read', (file) => file.size());
    return bytes >= this.#options.bytes ? { bytes, zeroFilled: false } : undefined;
  }

  async #make(): Promise<Prepared | undefined> {
    const { bytes } = this.#options;
    const wanted = { name: SPARE, temp: SPARE_TEMP, bytes, pace: this.#pace() };
    const goesOn = (): boolean => !this.#stopped && !this.#isOffered;
    const made = await makeZeroFile(this.#directory, wanted, goesOn);
    this.#hurries = false;
    if (!made) await this.#directory.discard(SPARE_TEMP);
    return made ? { bytes, zeroFilled: true } : undefined;
  }

  #pace(): Pace | undefined {
    const { pace } = this.#options;
    if (pace === undefined) return undefined;
    return { ...pace, rest: async (ms) => (this.#hurries ? undefined : pace.rest(ms)) };
  }

  async #makeSmall(bytes: number): Promise<Prepared> {
    await this.#directory.discard(SEGMENT_TEMP);
    await this.#directory.withFile(SEGMENT_TEMP, 'create', (file) =>
      fillWithZeros(file, { from: 0, to: bytes }),
    );
    return { bytes, zeroFilled: true };
  }
}
