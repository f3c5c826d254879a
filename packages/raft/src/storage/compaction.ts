import type { LogIndex } from '../core/numbers.ts';
import type { EntryName, Head } from './head.ts';
import { type LogDirectory, segmentName } from './log-directory.ts';
import type { LogImage } from './log-image.ts';
import type { SegmentStart } from './segment-bases.ts';
import type { SpareSegment } from './spare.ts';

/** A segment that the log consists of. */
export interface HeldSegment extends SegmentStart {
  readonly segment: number;
  readonly bytes: number;
}

/** How much is kept of what a mark covers. */
interface Retention {
  /** Bytes of segments before the one that holds the mark's entry, for followers that lag a little. */
  readonly keepBytes: number;
  /** The same, while `keepFrom` asks for more. */
  readonly keepBytesMax: number;
  /** Entries after this one are needed by a snapshot that is on its way; `undefined`: none is. */
  readonly keepFrom: () => LogIndex | undefined;
}

export interface CompactionOptions {
  readonly directory: LogDirectory;
  readonly image: LogImage;
  readonly spare: SpareSegment;
  readonly retention: Retention;
  /** With so much to give free, the next segment is begun at once. */
  readonly hurryBytes: number;
  readonly onCompacted: (index: LogIndex) => void;
}

/** What becomes of the segments when the next one is begun. */
export interface Plan {
  /** Those that are left, the next one last. */
  readonly left: readonly HeldSegment[];
  /** The entry behind which the log begins then; `undefined`: it stays as it is. */
  readonly base: EntryName | undefined;
}

/**
 * Gives old segments free, whole ones and the oldest first, when a mark covers every entry in them and nobody needs
 * them. The head of a later segment says which one is the first; only when it is durable are the files before that one
 * removed, so a crash leaves too much and never too little.
 */
export class Compaction {
  readonly #options: CompactionOptions;
  #held: readonly HeldSegment[];
  #removing: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `held`: oldest first. */
  constructor(options: CompactionOptions, held: readonly HeldSegment[]) {
    this.#options = options;
    this.#held = held;
  }

  get held(): readonly HeldSegment[] {
    return this.#held;
  }

  /** So much could go that it is worth beginning a segment before the current one is full. */
  get hurries(): boolean {
    const { place } = this.#firstNeeded(this.#held);
    return sumOf(this.#held.slice(0, place)) >= this.#options.hurryBytes;
  }

  /** `next` follows the newest segment, or takes its place when nothing was written there. */
  plan(next: HeldSegment, newest: 'written' | 'empty'): Plan {
    const before = newest === 'empty' ? this.#held.slice(0, -1) : this.#held;
    const segments = [...before, next];
    const { place, base } = this.#firstNeeded(segments);
    return { left: segments.slice(place), base };
  }

  /** The head of the newest segment in `plan`, which says what was planned, is durable, in a file of `bytes`. */
  carryOut({ left, base }: Plan, bytes: number): void {
    const { image, onCompacted } = this.#options;
    const gone = this.#held.filter((segment) => !left.includes(segment));
    this.#held = left.map((segment, i) =>
      i === left.length - 1 ? { ...segment, bytes } : segment,
    );
    const { index: before } = image.compacted;
    if (base !== undefined) image.compact(base, left[0]?.sequence ?? 0);
    if (image.compacted.index > before) onCompacted(image.compacted.index);
    this.#removing = this.#removing.then(async () => this.#remove(gone));
  }

  /** Leaves to the next boot what is not removed yet. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#removing;
  }

  /** The place of the oldest segment that is needed, and the entry behind which the log begins there. */
  #firstNeeded(segments: readonly HeldSegment[]): { place: number; base: EntryName | undefined } {
    const { image, retention } = this.#options;
    const { keepBytes, keepBytesMax, keepFrom } = retention;
    const marked = image.mark?.index ?? 0;
    const wanted = keepFrom() ?? Infinity;
    let keptBytes = 0;
    for (let place = segments.length - 1; place > 0; place -= 1) {
      const segment = segments[place];
      if (segment === undefined) break;
      const following = segments[place + 1];
      if (following !== undefined && following.last <= marked) keptBytes += segment.bytes;
      const base = image.bases.of(segment);
      if (base === undefined || base.index > marked) continue;
      const isEnough =
        keptBytes >= keepBytes && (base.index <= wanted || keptBytes >= keepBytesMax);
      if (isEnough || image.bases.isVoidBefore(segment.sequence)) return { place, base };
    }
    return { place: 0, base: undefined };
  }

  /** What fails here is left to the next boot: the log does not rest on it. */
  async #remove(gone: readonly HeldSegment[]): Promise<void> {
    const { directory, spare } = this.#options;
    for (const { segment, bytes } of gone) {
      if (this.#stopped) return;
      const name = segmentName(segment);
      if (await spare.offer(name, bytes)) continue;
      await directory.discard(name).catch(() => undefined);
    }
    if (!this.#stopped) spare.prepare();
  }
}

/** What is held of a segment with this head, in a file of `bytes`. */
export function heldSegment({ segment, previous, standing }: Head, bytes: number): HeldSegment {
  const { last, tail } = standing;
  return { segment, bytes, sequence: previous.sequence, last, tail };
}

function sumOf(segments: readonly HeldSegment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}
