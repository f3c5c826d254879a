import type { DiskFile } from '../ports.ts';
import {
  type LogDirectory,
  SEGMENT_TEMP,
  SPARE,
  SPARE_TEMP,
  fillWithZeros,
} from './log-directory.ts';

/** After a piece of work in the background, so many times as long is left to others, up to `REST_MS_MAX`. */
const RESTS = 3;
const REST_MS_MAX = 250;

/** How work in the background knows the time, and waits. */
export interface Pace {
  readonly nowMs: () => number;
  readonly rest: (ms: number) => Promise<void>;
}

/** A file that is ready to become a segment. */
export interface Prepared {
  readonly file: string;
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
 * Keeps one prepared segment ready. It is written slowly, for on a disk of little bandwidth appends would wait behind
 * it, and nobody waits for it: when it is not ready, a small segment takes its place. What goes wrong in the background
 * (a full disk) counts only when that small segment cannot be made either.
 */
export class SpareSegment {
  readonly #directory: LogDirectory;
  readonly #options: SpareOptions;
  #preparing: Promise<void> | undefined;
  #ready: Prepared | undefined;
  #stopped = false;

  constructor(directory: LogDirectory, options: SpareOptions) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Starts to prepare a spare in the background, or finds the one of an earlier boot, unless that is under way or done. */
  prepare(): void {
    if (this.#ready === undefined) this.#preparing ??= this.#prepare();
  }

  /** A file that holds at least `bytes`, the caller's to rename. */
  async take(bytes: number): Promise<Prepared> {
    const ready = this.#ready;
    if (ready !== undefined && ready.bytes >= bytes) {
      this.#ready = undefined;
      return ready;
    }
    return this.#makeSmall(Math.max(bytes, this.#options.smallBytes));
  }

  /** Ends the work in the background, early. Nothing is taken any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#preparing;
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
    return bytes >= this.#options.bytes ? { file: SPARE, bytes, zeroFilled: false } : undefined;
  }

  async #make(): Promise<Prepared | undefined> {
    const { bytes } = this.#options;
    await this.#directory.discard(SPARE_TEMP);
    const filled = await this.#directory.withFile(SPARE_TEMP, 'create', (file) =>
      this.#fillSlowly(file, bytes),
    );
    if (!filled) return undefined;
    const { disk } = this.#directory;
    await disk.rename(this.#directory.file(SPARE_TEMP), this.#directory.file(SPARE));
    return { file: SPARE, bytes, zeroFilled: true };
  }

  /** Synced piece by piece, so that no append waits long behind the sync of a big file. */
  #fillSlowly(file: DiskFile, bytes: number): Promise<boolean> {
    const { pace } = this.#options;
    let sinceMs = pace?.nowMs() ?? 0;
    return fillWithZeros(file, { from: 0, to: bytes }, async () => {
      await file.sync();
      if (pace !== undefined && !this.#stopped) {
        await pace.rest(Math.min(RESTS * (pace.nowMs() - sinceMs), REST_MS_MAX));
        sinceMs = pace.nowMs();
      }
      return !this.#stopped;
    });
  }

  async #makeSmall(bytes: number): Promise<Prepared> {
    await this.#directory.discard(SEGMENT_TEMP);
    await this.#directory.withFile(SEGMENT_TEMP, 'create', (file) =>
      fillWithZeros(file, { from: 0, to: bytes }),
    );
    return { file: SEGMENT_TEMP, bytes, zeroFilled: true };
  }
}
