import type { LogIndex } from '../core/numbers.ts';
import type { EntryName, Standing } from './head.ts';

/** What the head of a segment says, as far as it matters to whether the log can begin there. */
export interface SegmentStart extends Pick<Standing, 'last' | 'tail'> {
  /** Of the last frame before the segment. */
  readonly sequence: number;
}

/**
 * Tells at which segments the log could begin, were all earlier ones gone. Frames are applied to what the head of the
 * first segment says. That fails when a later frame goes back behind that head's last entry: such a segment can only
 * follow another one.
 */
export class SegmentBases {
  /** In the order of frames, `after` rising: a truncation hides those before it that left more. */
  #truncations: { readonly sequence: number; readonly after: LogIndex }[] = [];
  #reset: { readonly sequence: number; readonly base: EntryName } | undefined;

  truncated(sequence: number, after: LogIndex): void {
    while ((this.#truncations.at(-1)?.after ?? -1) >= after) this.#truncations.pop();
    this.#truncations.push({ sequence, after });
  }

  /** All entries in frames before this one are void; the log goes on behind `base`. */
  reset(sequence: number, base: EntryName): void {
    this.#reset = { sequence, base };
  }

  /** The entry behind which the log would begin; `undefined`: it cannot begin at this segment. */
  of({ sequence, last, tail }: SegmentStart): EntryName | undefined {
    if (tail === undefined) return undefined;
    const left = this.#truncations.find((truncation) => truncation.sequence > sequence)?.after;
    if (left !== undefined && left < last) return undefined;
    return this.isVoidBefore(sequence) ? this.#reset?.base : { index: last, ...tail };
  }

  /** The log holds nothing that stands in the frames up to this one. */
  isVoidBefore(sequence: number): boolean {
    return this.#reset !== undefined && this.#reset.sequence > sequence;
  }

  /** The log begins behind this frame now. */
  forgetThrough(sequence: number): void {
    this.#truncations = this.#truncations.filter((truncation) => truncation.sequence > sequence);
  }
}
