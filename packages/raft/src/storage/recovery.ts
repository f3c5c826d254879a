import { recordIndex, recordType } from '../core/entry-batch.ts';
import { type LogIndex, logIndex } from '../core/numbers.ts';
import { Carrying, type Carried } from './carried.ts';
import { type HeldSegment, heldSegment } from './compaction.ts';
import { type Frame, damagedRecord, recordOffset, sectorAligned } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { type FrameName, type Head, repeats } from './head.ts';
import { type LiveSegment, liveSegments } from './live-segments.ts';
import { type LogDirectory, segmentName } from './log-directory.ts';
import { LogCorrupt } from './log-errors.ts';
import { LogImage } from './log-image.ts';
import { isEntry } from './records.ts';
import { SegmentCursor } from './segment-cursor.ts';

/** What was read of one segment. */
export interface SegmentSurvey {
  readonly file: string;
  readonly bytes: number;
  frames: number;
  entries: number;
}

export interface RecoveredLog {
  readonly image: LogImage;
  /** The segments that the log consists of, oldest first. */
  readonly held: readonly HeldSegment[];
  /** The head of the last segment. */
  readonly head: Head;
  readonly carried: Carried;
  readonly clean: boolean;
  readonly tornBytes: number;
}

/** Reads a log from its first to its last frame. Changes nothing on disk. */
export class Recovery {
  readonly #directory: LogDirectory;
  readonly #carriedBytesMax: number;
  #image: LogImage | undefined;
  /** Kept up to date while the recovery runs, so that a report can tell how far it came. */
  readonly survey: SegmentSurvey[] = [];

  /** `carriedBytesMax`: see `Carrying.choose`. */
  constructor(directory: LogDirectory, carriedBytesMax: number) {
    this.#directory = directory;
    this.#carriedBytesMax = carriedBytesMax;
  }

  /** What was read so far. */
  get image(): LogImage | undefined {
    return this.#image;
  }

  /** `undefined` when there is no log. Rejects with `LogCorrupt` when it is not what was written. */
  async run(): Promise<RecoveredLog | undefined> {
    const segments = await liveSegments(this.#directory);
    const first = segments[0];
    const last = segments.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const image = imageFrom(first);
    this.#image = image;
    let end = first.head.previous;
    for (const [i, segment] of segments.entries()) {
      requireHead(segment, end, image);
      const next = segments[i + 1];
      if (next !== undefined) end = await this.#through(segment, next.head.previous, image);
    }
    const { carried, tornBytes } = await this.#toTheEnd(last, image);
    requireAllEntries(image, last.head);
    const clean = image.endsClean && tornBytes === 0;
    const held = segments.map((segment, i) =>
      heldSegment(segment.head, this.survey[i]?.bytes ?? 0),
    );
    return { image, held, head: last.head, carried, clean, tornBytes };
  }

  /** Applies the frames of a segment up to and including `end`: what stands behind it is void. */
  async #through(segment: LiveSegment, end: FrameName, image: LogImage): Promise<FrameName> {
    return this.#reading(segment, async (reader, survey) => {
      const cursor = new SegmentCursor(segment);
      while (cursor.name.sequence < end.sequence) {
        const frame = await reader.frame(cursor.offset);
        if (frame === undefined || !cursor.isNext(frame)) {
          throw damage(cursor, image, 'a frame is missing or its headers are damaged');
        }
        requirePayloads(frame, cursor, image);
        applyNext(frame, cursor, image, survey);
      }
      return cursor.name;
    });
  }

  /** Applies the frames of the last segment and finds out where the log ends. */
  async #toTheEnd(
    segment: LiveSegment,
    image: LogImage,
  ): Promise<{ carried: Carried; tornBytes: number }> {
    return this.#reading(segment, async (reader, survey) => {
      const cursor = new SegmentCursor(segment);
      const carrying = new Carrying(cursor.carrying(0, image.standing()));
      for (;;) {
        const frame = await reader.frame(cursor.offset);
        if (frame === undefined || frame.salt !== segment.salt) break;
        if (!cursor.isNext(frame))
          throw damage(cursor, image, 'a frame before this one is missing');
        if (damagedRecord(frame) !== undefined) break;
        carrying.pass(cursor.carrying(sectorAligned(frame.bytes.length), image.standing()));
        applyNext(frame, cursor, image, survey);
      }
      const tornBytes = await this.#tornBytes(reader, cursor, image);
      return { carried: carrying.choose(this.#carriedBytesMax, image.endsClean), tornBytes };
    });
  }

  /**
   * Rule 2: what is not right is the torn last frame only if no later frame follows, because a later one is begun when
   * this one is durable. Returns the length of the torn frame as far as it can be told; 0 when there is none.
   */
  async #tornBytes(reader: FrameReader, cursor: SegmentCursor, image: LogImage): Promise<number> {
    const { salt } = cursor.segment;
    const later = await reader.find(cursor.offset, salt, (frame) => cursor.isLater(frame));
    const torn = await reader.frame(cursor.offset);
    const own = torn !== undefined && torn.salt === salt;
    if (later !== undefined) {
      if (own) requirePayloads(torn, cursor, image);
      throw damage(cursor, image, `a frame is damaged, and a later one stands at byte ${later}`);
    }
    if (own) return sectorAligned(torn.bytes.length);
    if (!cursor.segment.head.zeroFilled) return 0;
    return (await reader.endOfContent(cursor.offset)) - cursor.offset;
  }

  async #reading<T>(
    { head }: LiveSegment,
    use: (reader: FrameReader, survey: SegmentSurvey) => Promise<T>,
  ): Promise<T> {
    const file = segmentName(head.segment);
    return this.#directory.withFile(file, 'read', async (opened) => {
      const reader = await FrameReader.over(opened);
      const survey = { file, bytes: reader.bytes, frames: 0, entries: 0 };
      this.survey.push(survey);
      return use(reader, survey);
    });
  }
}

function imageFrom({ head }: LiveSegment): LogImage {
  if (head.standing.tail !== undefined) return new LogImage(head.groupId, head.standing);
  throw headDamage(head, 'the log cannot begin at this segment', head.standing.last);
}

/** A head follows the last frame before it and repeats what the frames up to there say. */
function requireHead({ head }: LiveSegment, end: FrameName, image: LogImage): void {
  const { previous, groupId, standing } = head;
  const follows = previous.sequence === end.sequence && previous.checksum === end.checksum;
  const same =
    repeats(standing, image.standing(), image.compacted.index) && groupId === image.groupId;
  if (follows && same) return;
  const why = follows
    ? 'the head does not repeat what earlier frames say'
    : 'the head does not follow the frame before';
  throw headDamage(head, why, image.last);
}

/** What is gone is covered by a mark, and what follows it is there. */
function requireAllEntries(image: LogImage, head: Head): void {
  const { index: compacted } = image.compacted;
  const first = image.index.first ?? image.last + 1;
  if (first > compacted + 1)
    throw headDamage(head, `entries before ${first} are missing`, compacted);
  if ((image.mark?.index ?? 0) >= compacted) return;
  throw headDamage(head, `no mark covers entries up to ${compacted}`, compacted);
}

/** The head is not right, or what it builds upon; entries after `last` cannot be trusted. */
function headDamage({ segment }: Head, why: string, last: LogIndex): LogCorrupt {
  const index = logIndex(last + 1);
  return new LogCorrupt({ file: segmentName(segment), offset: 0, index, why });
}

function requirePayloads(frame: Frame, cursor: SegmentCursor, image: LogImage): void {
  const record = damagedRecord(frame);
  if (record === undefined) return;
  const header = recordOffset(record);
  const ofEntry = isEntry(recordType(frame.bytes, header));
  const index = ofEntry ? recordIndex(frame.bytes, header) : logIndex(image.last + 1);
  throw damage(cursor, image, 'a payload is not what was written', index);
}

function applyNext(
  frame: Frame,
  cursor: SegmentCursor,
  image: LogImage,
  survey: SegmentSurvey,
): void {
  const { offset } = cursor;
  const { segment } = cursor.segment.head;
  const why = image.apply(frame, { segment, offset, bytes: frame.bytes.length });
  if (why !== undefined) throw damage(cursor, image, why);
  cursor.pass(frame);
  survey.frames += 1;
  for (let record = 0; record < frame.records; record += 1) {
    if (isEntry(recordType(frame.bytes, recordOffset(record)))) survey.entries += 1;
  }
}

function damage(cursor: SegmentCursor, image: LogImage, why: string, index?: LogIndex): LogCorrupt {
  return new LogCorrupt({
    file: segmentName(cursor.segment.head.segment),
    offset: cursor.offset,
    index: index ?? logIndex(image.last + 1),
    why,
  });
}
