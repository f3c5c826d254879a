import type { Carried } from './carried.ts';
import { type Frame, sectorAligned } from './frame.ts';
import type { FrameName, Standing } from './head.ts';
import type { LiveSegment } from './live-segments.ts';

/** Where recovery stands in a segment: `name` is the last frame of the log that it passed. */
export class SegmentCursor {
  readonly segment: LiveSegment;
  offset: number;
  name: FrameName;
  /** What the next frame repeats. */
  #chain: number;

  /** Starts behind the head. */
  constructor(segment: LiveSegment) {
    this.segment = segment;
    this.offset = segment.headBytes;
    this.name = segment.head.previous;
    this.#chain = segment.headChecksum;
  }

  isNext({ salt, sequence, chain }: Frame): boolean {
    return (
      salt === this.segment.salt && sequence === this.name.sequence + 1 && chain === this.#chain
    );
  }

  /** A frame of this segment that was written after the one that belongs here. */
  isLater({ salt, sequence }: Frame): boolean {
    return salt === this.segment.salt && sequence > this.name.sequence + 1;
  }

  pass(frame: Frame): void {
    const { sequence, checksum } = frame;
    this.offset += sectorAligned(frame.bytes.length);
    this.name = { segment: this.segment.head.segment, sequence, checksum };
    this.#chain = checksum;
  }

  /** The next `bytes` bytes, to be carried over behind what was passed. */
  carrying(bytes: number, standing: Standing): Carried {
    const { segment } = this.segment.head;
    const { offset, name } = this;
    return { segment, from: offset, to: offset + bytes, previous: name, standing };
  }
}
