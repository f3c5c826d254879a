import { EntryBatch, EntryType, RECORD_HEADER_BYTES } from '../core/entry-batch.ts';
import { NOBODY, incarnation, logIndex, logTime, term } from '../core/numbers.ts';
import type { Carried } from './carried.ts';
import { type HeldSegment, heldSegment } from './compaction.ts';
import {
  type Frame,
  claimedBytes,
  damagedRecord,
  parseFrame,
  sealFrame,
  sectorAligned,
} from './frame.ts';
import { FrameBuilder } from './frame-builder.ts';
import { EMPTY_STANDING, type FrameName, type Head, type Standing, encodeHead } from './head.ts';
import { type LogDirectory, segmentName } from './log-directory.ts';
import { LogCorrupt } from './log-errors.ts';
import { LogImage } from './log-image.ts';
import { type OpenSegment, makeSegment } from './open-segment.ts';
import type { DirectoryIdentity } from './recovered.ts';
import type { RecoveredLog } from './recovery.ts';

/** What a directory is made with. */
export type NewDirectory = {
  readonly identity: DirectoryIdentity;
} & (
  | {
      /** Entry 1: a pure function of the config file, equal on every node. */
      readonly firstConfiguration: Uint8Array;
    }
  | {
      /** The configuration that a node was told on joining. It stands at index 0, before all entries: there are none yet. */
      readonly joining: Uint8Array;
    }
);

/** What the boots of a log have in common. */
export interface Booting {
  readonly directory: LogDirectory;
  readonly groupId: number;
  readonly firstBytes: number;
  readonly newSalt: () => number;
  /** A forced new cluster begins: this boot raises the cluster epoch of the directory. */
  readonly raisesEpoch: boolean;
}

export interface BootedLog {
  readonly image: LogImage;
  readonly segment: OpenSegment;
  /** The segments that the log consists of, oldest first. */
  readonly held: readonly HeldSegment[];
}

const BEFORE_ALL: FrameName = { segment: 0, sequence: 0, checksum: 0 };

/** Makes the first segment of a new log, with term 1, no vote, and entry 1 in it unless the node joins. */
export async function create(booting: Booting, made: NewDirectory): Promise<BootedLog> {
  const { directory, groupId } = booting;
  const salt = booting.newSalt();
  const standing = firstStanding(made);
  const head: Head = {
    groupId,
    segment: 1,
    firstSegment: 1,
    previous: BEFORE_ALL,
    zeroFilled: true,
    incarnation: incarnation(1),
    identity: made.identity,
    standing,
  };
  const { frame: headFrame, padded } = encodeHead(head, salt);
  const first = firstFrame(groupId, made);
  const link = { salt, sequence: 1, chain: headFrame.checksum };
  const { frame, padded: frames } = new FrameBuilder(groupId).build([first], link);
  const beginning = { head, salt, frames: Buffer.from(frames), lastFrame: frame };
  const segment = await makeSegment(directory, beginning, booting.firstBytes);
  const image = new LogImage(groupId, standing);
  image.apply(frame, { segment: 1, offset: padded.length, bytes: frame.bytes.length });
  return { image, segment, held: [heldSegment(head, segment.bytes)] };
}

/**
 * Begins a new boot: a fresh segment, durable on return, whose head raises the incarnation, voids what stands behind
 * the frames that are carried over, and is followed by those (rule 3). Segments that the log no longer needs are
 * removed then.
 */
export async function boot(booting: Booting, recovered: RecoveredLog): Promise<BootedLog> {
  const { directory } = booting;
  const { image, carried, held, head: last } = recovered;
  const salt = booting.newSalt();
  const { segments } = await directory.contents();
  const number = Math.max(...segments) + 1;
  const head: Head = {
    groupId: last.groupId,
    segment: number,
    firstSegment: carried.previous.segment < last.firstSegment ? number : last.firstSegment,
    previous: carried.previous,
    zeroFilled: true,
    incarnation: incarnation(last.incarnation + 1),
    identity: booting.raisesEpoch ? inNextEpoch(last.identity) : last.identity,
    standing: carried.standing,
  };
  const { frame, padded } = encodeHead(head, salt);
  const bytes = await readCarried(directory, carried);
  const lastFrame = reseal(bytes, { salt, chain: frame.checksum }, carried);
  const beginning = { head, salt, frames: bytes, lastFrame };
  const segment = await makeSegment(directory, beginning, booting.firstBytes);
  image.index.move(carried.segment, carried.from, { segment: number, offset: padded.length });
  await removeVoid(directory, head, segments);
  const left = held.filter(
    ({ segment: of }) => head.firstSegment <= of && of <= head.previous.segment,
  );
  return { image, segment, held: [...left, heldSegment(head, segment.bytes)] };
}

const inNextEpoch = (identity: DirectoryIdentity): DirectoryIdentity => ({
  ...identity,
  clusterEpoch: identity.clusterEpoch + 1,
});

function firstStanding(made: NewDirectory): Standing {
  if (!('joining' in made)) return EMPTY_STANDING;
  const configuration = { index: logIndex(0), payload: Buffer.from(made.joining) };
  return { ...EMPTY_STANDING, configurations: [configuration] };
}

function firstFrame(groupId: number, made: NewDirectory) {
  const header = {
    groupId,
    first: logIndex(1),
    term: term(1),
    at: logTime(0),
    type: EntryType.configuration,
  };
  const write = {
    hardState: { term: term(1), vote: NOBODY },
    install: undefined,
    truncateAfter: undefined,
    batches: 'joining' in made ? [] : [EntryBatch.encode(header, [made.firstConfiguration])],
  };
  return { kind: 'write', write, done: () => undefined } as const;
}

async function readCarried(
  directory: LogDirectory,
  { segment, from, to }: Carried,
): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  if (bytes.length === 0) return bytes;
  await directory.withFile(segmentName(segment), 'read', (file) => file.read(bytes, from));
  return bytes;
}

/** Gives the frames in `bytes` a new salt and chain. Returns the last one. */
function reseal(
  bytes: Buffer,
  link: { salt: number; chain: number },
  { segment, from }: Carried,
): Frame | undefined {
  let last: Frame | undefined;
  for (let at = 0; at < bytes.length;) {
    const claimed = claimedBytes(bytes, at);
    const whole = bytes.subarray(at, at + claimed);
    const frame =
      claimed > RECORD_HEADER_BYTES && whole.length === claimed ? parseFrame(whole) : undefined;
    if (frame === undefined || damagedRecord(frame) !== undefined) {
      const damage = { file: segmentName(segment), offset: from + at, index: undefined };
      throw new LogCorrupt({ ...damage, why: 'a frame reads differently the second time' });
    }
    const chain: number = last?.checksum ?? link.chain;
    last = sealFrame(frame.bytes, frame.records, {
      salt: link.salt,
      sequence: frame.sequence,
      chain,
    });
    at += sectorAligned(claimed);
  }
  return last;
}

/** Segments that neither belong to the log nor hold anything that it needs: a later head is durable. */
async function removeVoid(directory: LogDirectory, head: Head, segments: number[]): Promise<void> {
  for (const segment of segments) {
    const skipped = head.previous.segment < segment && segment < head.segment;
    if (skipped || segment < head.firstSegment) await directory.discard(segmentName(segment));
  }
}
