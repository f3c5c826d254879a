import { assert } from '../core/assert.ts';
import { type LogDirectory, SPARE, SPARE_TEMP, fillWithZeros } from './log-directory.ts';

interface Prepared {
  readonly bytes: number;
  readonly zeroFilled: boolean;
}

/**
 * Keeps one prepared segment ready. What can go wrong in the background (a full disk) is met when the spare is needed:
 * it is made anew then, and only that failure counts.
 */
export class SpareSegment {
  readonly #directory: LogDirectory;
  readonly #bytes: number;
  #preparing: Promise<Prepared | undefined> | undefined;
  #stopped = false;

  /** A spare is `bytes` long, or as long as a frame needs that is longer. */
  constructor(directory: LogDirectory, bytes: number) {
    this.#directory = directory;
    this.#bytes = bytes;
  }

  /** Starts to prepare a spare in the background, or finds the one of an earlier boot, unless that is done. */
  prepare(): void {
    this.#preparing ??= this.#findOrMake().catch(() => undefined);
  }

  /** Waits for the spare, which must hold `bytes`. It stands in the file `SPARE` and is the caller's to rename. */
  async take(bytes: number): Promise<Prepared> {
    const prepared = await this.#preparing;
    this.#preparing = undefined;
    if (prepared !== undefined && prepared.bytes >= bytes) return prepared;
    const made = await this.#make(Math.max(bytes, this.#bytes));
    assert(made !== undefined, 'a spare is taken before it is stopped');
    return made;
  }

  /** Ends the work in the background, early. Nothing is taken any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#preparing;
  }

  async #findOrMake(): Promise<Prepared | undefined> {
    const { spare } = await this.#directory.contents();
    if (spare) {
      const bytes = await this.#directory.withFile(SPARE, 'read', (file) => file.size());
      if (bytes >= this.#bytes) return { bytes, zeroFilled: false };
    }
    return this.#make(this.#bytes);
  }

  async #make(bytes: number): Promise<Prepared | undefined> {
    await this.#directory.discard(SPARE_TEMP);
    const filled = await this.#directory.withFile(SPARE_TEMP, 'create', (file) =>
      fillWithZeros(file, { from: 0, to: bytes }, () => this.#stopped),
    );
    if (!filled) return undefined;
    const { disk } = this.#directory;
    await disk.rename(this.#directory.file(SPARE_TEMP), this.#directory.file(SPARE));
    return { bytes, zeroFilled: true };
  }
}
