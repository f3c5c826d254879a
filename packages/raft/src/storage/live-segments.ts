import { damagedRecord, sectorAligned } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { type Head, decodeHead } from './head.ts';
import { BALLAST, type LogDirectory, SPARE, segmentName } from './log-directory.ts';
import { LogCorrupt } from './log-errors.ts';

/** A segment that the log consists of, with what its head says. */
export interface LiveSegment {
  readonly head: Head;
  readonly salt: number;
  readonly headChecksum: number;
  readonly headBytes: number;
}

/**
 * The segments that the log consists of, oldest first: the newest one, the one that its head continues, and so on down
 * to the oldest that the newest needs. Others are left over from earlier boots. Empty when there is no log.
 */
export async function liveSegments(directory: LogDirectory): Promise<LiveSegment[]> {
  const { segments, spare, ballast } = await directory.contents();
  const newest = segments.at(-1);
  if (newest === undefined) {
    if (spare) throw damaged(SPARE, 'a spare segment is here, but no segment');
    if (ballast) throw damaged(BALLAST, 'the ballast is here, but no segment');
    return [];
  }
  const last = await readHead(directory, newest);
  const live = [last];
  for (let oldest = last; oldest.head.segment !== last.head.firstSegment;) {
    const { segment } = oldest.head.previous;
    if (!segments.includes(segment)) {
      throw damaged(
        segmentName(segment),
        `missing, but ${segmentName(oldest.head.segment)} continues it`,
      );
    }
    if (segment < last.head.firstSegment || segment >= oldest.head.segment) {
      throw damaged(segmentName(oldest.head.segment), 'the head continues an impossible segment');
    }
    oldest = await readHead(directory, segment);
    live.unshift(oldest);
  }
  return live;
}

async function readHead(directory: LogDirectory, segment: number): Promise<LiveSegment> {
  const name = segmentName(segment);
  return directory.withFile(name, 'read', async (file) => {
    const reader = await FrameReader.over(file);
    const frame = await reader.frame(0);
    if (frame === undefined || damagedRecord(frame) !== undefined) {
      throw damaged(name, 'the head is damaged');
    }
    const head = decodeHead(frame);
    if (typeof head === 'string') throw damaged(name, head);
    if (head.segment !== segment)
      throw damaged(name, `the head is that of segment ${head.segment}`);
    const headBytes = sectorAligned(frame.bytes.length);
    return { head, salt: frame.salt, headChecksum: frame.checksum, headBytes };
  });
}

function damaged(file: string, why: string): LogCorrupt {
  return new LogCorrupt({ file, offset: 0, index: undefined, why });
}
