import { FalseClaim, assert } from '../core/assert.ts';
import type { Ballast } from './ballast.ts';
import { type Compaction, heldSegment } from './compaction.ts';
import { codeOf } from './error-code.ts';
import { FrameBuilder, type Pending, measure, measureAll } from './frame-builder.ts';
import { type Frame, recordOffset } from './frame.ts';
import type { LogDirectory } from './log-directory.ts';
import type { LogImage } from './log-image.ts';
import { type OpenSegment, advanced, bytesToHold, hasRoom, usePrepared } from './open-segment.ts';
import type { Prepared, SpareSegment } from './spare.ts';
import type { WriteTimes } from './write-times.ts';

/**
 * What waits is written in frames of at most this size (or of one item that is larger): big enough that the disk and
 * not its latency is the bound, small enough that reading a part of a frame wastes little.
 */
const FRAME_BYTES_MAX = 1_048_576;

export interface WriterOptions {
  readonly directory: LogDirectory;
  readonly image: LogImage;
  readonly segment: OpenSegment;
  readonly spare: SpareSegment;
  readonly ballast: Ballast;
  readonly compaction: Compaction;
  readonly times: WriteTimes;
  readonly newSalt: () => number;
  readonly onFailure: (error: Error) => void;
}

/**
 * Writes what is handed over, in order, one frame at a time: all that came while a write was in flight makes the next
 * frame. After the first error nothing is written any more and nothing is reported as done: a failed sync leaves
 * unknown what is on disk, and trying again could make the unknown look durable (rule 4).
 */
export class LogWriter {
  readonly #options: WriterOptions;
  readonly #image: LogImage;
  readonly #builder: FrameBuilder;
  #segment: OpenSegment;
  #queue: Pending[] = [];
  #writing: Promise<void> | undefined;
  #state: 'open' | 'closing' | 'failed' = 'open';

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#image = options.image;
    this.#segment = options.segment;
    this.#builder = new FrameBuilder(options.image.groupId);
  }

  /** Ignored, `done` included, after a failure and once `close` was called. */
  submit(pending: Pending): void {
    if (this.#state !== 'open') return;
    this.#queue.push(pending);
    this.#writing ??= this.#writeAll();
  }

  /** Nothing was written for a while: an empty frame takes the last place, so that rot there takes nothing away. */
  markIdle(): void {
    if (this.#writing !== undefined || this.#image.endsIdle) return;
    this.submit({ kind: 'idle', done: () => undefined });
  }

  /**
   * Waits for the write in flight. Clean: writes all that waits before, and the clean-shutdown mark as a frame of its
   * own behind it.
   */
  async close(clean: boolean): Promise<void> {
    if (clean) this.submit({ kind: 'clean-shutdown', done: () => undefined });
    else this.#queue = [];
    if (this.#state === 'open') this.#state = 'closing';
    await this.#writing;
    await this.#segment.file.close();
  }

  /** A false claim in a `done` callback is not caught: it ends the process. */
  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0 && this.#state !== 'failed') {
      const items = this.#take();
      const written = await this.#persist(items);
      if (!written) return;
      for (const { done } of items) done();
      if (items.some(isMark)) await this.#attempt(async () => this.#compactSoon());
    }
    this.#writing = undefined;
  }

  /** The items of the next frame: at least one, and a clean-shutdown mark by itself. */
  #take(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#queue) {
      const { records, payloadBytes } = measure(item);
      bytes += recordOffset(records) + payloadBytes;
      const alone = item.kind === 'clean-shutdown';
      if (count > 0 && (alone || bytes > FRAME_BYTES_MAX)) break;
      count += 1;
    }
    if (count < this.#queue.length) return this.#queue.splice(0, count);
    const all = this.#queue;
    this.#queue = [];
    return all;
  }

  /** `false` after a failure. */
  async #persist(items: readonly Pending[]): Promise<boolean> {
    const { records, payloadBytes } = measureAll(items);
    if (records === 0) return true;
    const bytes = recordOffset(records) + payloadBytes;
    const frame = await this.#attempt(async () =>
      this.#options.times.measure(async () => this.#append(items, bytes)),
    );
    if (frame !== undefined) this.#note(frame);
    return frame !== undefined;
  }

  /** `undefined` after a failure of the disk. What goes wrong on this side of it is a false claim and is not caught. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof FalseClaim) throw error;
      this.#fail(error instanceof Error ? error : new Error(String(error), { cause: error }));
      return undefined;
    }
  }

  /** Much may be covered by a mark, and the current segment has room for long yet: so that is no need on a full disk. */
  async #compactSoon(): Promise<void> {
    if (!this.#options.compaction.hurries) return;
    await this.#rotate(0, async (bytes) => this.#takeSpare(bytes).catch(unlessFull));
  }

  async #append(items: readonly Pending[], bytes: number): Promise<Frame> {
    if (!hasRoom(this.#segment, bytes)) {
      await this.#rotate(bytes, async (needed) => this.#takeSpare(needed));
    }
    const { salt, chain, end, file, offset } = this.#segment;
    const link = { salt, sequence: end.sequence + 1, chain };
    const { frame, padded } = this.#builder.build(items, link);
    await file.write(padded, offset);
    return frame;
  }

  #note(frame: Frame): void {
    const { head, offset } = this.#segment;
    const place = { segment: head.segment, offset, bytes: frame.bytes.length };
    const why = this.#image.apply(frame, place);
    assert(why === undefined, `what was written follows what was there: ${why}`);
    this.#segment = advanced(this.#segment, frame);
  }

  /**
   * Goes on in a new segment, which can hold a frame of `bytes`; earlier ones that nobody needs go. Nothing happens when
   * `take` has no file for it.
   */
  async #rotate(
    bytes: number,
    take: (bytes: number) => Promise<Prepared | undefined>,
  ): Promise<void> {
    const { directory, image, compaction, newSalt } = this.#options;
    const { head: oldHead, end, file } = this.#segment;
    const next = {
      ...oldHead,
      segment: oldHead.segment + 1,
      previous: end,
      standing: image.standing(),
    };
    const newest = end.segment === oldHead.segment ? 'written' : 'empty';
    const plan = compaction.plan(heldSegment(next, 0), newest);
    const head = { ...next, firstSegment: plan.left[0]?.segment ?? next.segment };
    const prepared = await take(bytesToHold(head, bytes));
    if (prepared === undefined) return;
    const beginning = {
      head: { ...head, zeroFilled: prepared.zeroFilled },
      salt: newSalt(),
      frames: Buffer.alloc(0),
      lastFrame: undefined,
    };
    this.#segment = await usePrepared(directory, beginning, prepared);
    await file.close();
    compaction.carryOut(plan, prepared.bytes);
  }

  /** No room even for a small segment: what the ballast holds was kept for this. */
  async #takeSpare(bytes: number): Promise<Prepared> {
    const { spare, ballast } = this.#options;
    try {
      return await spare.take(bytes);
    } catch (error) {
      if (codeOf(error) !== 'ENOSPC' || !(await ballast.release())) throw error;
      return spare.take(bytes);
    }
  }

  #fail(error: Error): void {
    this.#state = 'failed';
    this.#queue = [];
    this.#options.onFailure(error);
  }
}

const isMark = (item: Pending): boolean =>
  item.kind === 'mark' || (item.kind === 'write' && item.write.install !== undefined);

function unlessFull(error: unknown): undefined {
  if (codeOf(error) !== 'ENOSPC') throw error;
}
