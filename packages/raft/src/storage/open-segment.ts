import type { DiskFile } from '../ports.ts';
import { type Frame, sectorAligned } from './frame.ts';
import type { Prepared } from './spare.ts';
import { type FrameName, type Head, encodeHead } from './head.ts';
import { type LogDirectory, SEGMENT_TEMP, fillWithZeros, segmentName } from './log-directory.ts';

/** The segment that frames are appended to. */
export interface OpenSegment {
  readonly head: Head;
  readonly salt: number;
  readonly bytes: number;
  readonly file: DiskFile;
  /** Where the next frame goes. */
  readonly offset: number;
  /** What the next frame repeats: the checksum of the frame before it, be it the head. */
  readonly chain: number;
  /** The last frame of the log that is no head. */
  readonly end: FrameName;
}

const nextOffset = (segment: OpenSegment, bytes: number): number =>
  segment.offset + sectorAligned(bytes);

/** The segment after `frame` was written at its `offset`. */
export function advanced(segment: OpenSegment, frame: Frame): OpenSegment {
  const { sequence, checksum } = frame;
  return {
    ...segment,
    offset: nextOffset(segment, frame.bytes.length),
    chain: checksum,
    end: { segment: segment.head.segment, sequence, checksum },
  };
}

/** Bytes that a segment needs to hold its head and a frame of `bytes`. */
export const bytesToHold = (head: Head, bytes: number): number =>
  encodeHead(head, 0).padded.length + sectorAligned(bytes);

/** What a new segment begins with. */
export interface Beginning {
  readonly head: Head;
  readonly salt: number;
  /** Frames behind the head, padded, with salts and chains in place. */
  readonly frames: Buffer;
  /** The last of them; `undefined` when there are none. */
  readonly lastFrame: Frame | undefined;
}

/**
 * Makes a new file with head, frames and zeros, and gives it its name when all of it is durable: a crash leaves either
 * the log as it was or the whole beginning.
 */
export async function makeSegment(
  directory: LogDirectory,
  beginning: Beginning,
  atLeastBytes: number,
): Promise<OpenSegment> {
  const { head, salt, frames } = beginning;
  const { padded } = encodeHead(head, salt);
  const content = Buffer.concat([padded, frames]);
  const bytes = sectorAligned(Math.max(atLeastBytes, content.length));
  await directory.discard(SEGMENT_TEMP);
  await directory.withFile(SEGMENT_TEMP, 'create', async (file) => {
    await file.write(content, 0);
    await fillWithZeros(file, { from: content.length, to: bytes });
  });
  await directory.name(SEGMENT_TEMP, head.segment);
  return openBehind(directory, beginning, bytes);
}

/** Turns a prepared file into a segment: the head is durable in it before it gets its name. */
export async function usePrepared(
  directory: LogDirectory,
  beginning: Beginning,
  { bytes }: Prepared,
): Promise<OpenSegment> {
  const { padded } = encodeHead(beginning.head, beginning.salt);
  await directory.withFile(SEGMENT_TEMP, 'append', (file) => file.write(padded, 0));
  await directory.name(SEGMENT_TEMP, beginning.head.segment);
  return openBehind(directory, beginning, bytes);
}

async function openBehind(
  directory: LogDirectory,
  { head, salt, frames, lastFrame }: Beginning,
  bytes: number,
): Promise<OpenSegment> {
  const { frame, padded } = encodeHead(head, salt);
  const file = await directory.disk.open(directory.file(segmentName(head.segment)), 'append');
  const offset = padded.length;
  const segment = { head, salt, bytes, file, offset, chain: frame.checksum, end: head.previous };
  if (lastFrame === undefined) return segment;
  const behind = offset + frames.length - sectorAligned(lastFrame.bytes.length);
  return advanced({ ...segment, offset: behind }, lastFrame);
}

/** Tells whether a frame of `bytes`, without padding, can be appended to the segment. */
export const hasRoom = (segment: OpenSegment, bytes: number): boolean =>
  nextOffset(segment, bytes) <= segment.bytes;
