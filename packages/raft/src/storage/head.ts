import { crc32 } from 'node:zlib';
import {
  RECORD_HEADER_BYTES,
  recordGroupId,
  recordType,
  writeRecordHeader,
} from '../core/entry-batch.ts';
import type { HardState } from '../core/hard-state.ts';
import {
  type Incarnation,
  type LogIndex,
  type LogTime,
  type NodeId,
  type Term,
  incarnation,
  logIndex,
  logTime,
  nodeId,
  term,
} from '../core/numbers.ts';
import type { SnapshotMark } from '../core/ready.ts';
import { FieldReader, FieldWriter } from './fields.ts';
import { FRAME_HEADER_BYTES, type Frame, frameBytes, recordOffset, sealFrame } from './frame.ts';
import { RecordType } from './records.ts';
import type { ConfigurationRecord, DirectoryIdentity } from './recovered.ts';
import { decodeMark, encodeMark } from './snapshot-mark.ts';

/**
 * Raised when a log can no longer be read by the versions before. Version 1 knew no snapshot marks, so its logs begin
 * with entry 1, and did not tell `tail`. Such heads are still read; the next boot writes one of this version.
 */
const FORMAT_VERSION = 2;
const FORMAT_WITHOUT_MARKS = 1;
/** 1: crc32 as of zlib. */
const CHECKSUM_ALGORITHM = 1;

/** Names an entry, with what the order of the next one rests on. */
export interface EntryName {
  readonly index: LogIndex;
  readonly term: Term;
  readonly at: LogTime;
}

/** What the log says up to some frame, apart from its entries. */
export interface Standing {
  readonly hardState: HardState;
  readonly mark: SnapshotMark | undefined;
  readonly last: LogIndex;
  /**
   * Of the entry at `last`. `undefined`: not known, right after a truncation and in heads of format version 1; the log
   * cannot begin there.
   */
  readonly tail: Omit<EntryName, 'index'> | undefined;
  /** Those of the log's entries and the one in force before them, in rising order. */
  readonly configurations: readonly ConfigurationRecord[];
  readonly peers: ReadonlyMap<NodeId, string>;
}

/** Before anything was written. */
export const EMPTY_STANDING: Standing = {
  hardState: { term: term(0), vote: nodeId(0) },
  mark: undefined,
  last: logIndex(0),
  tail: { term: term(0), at: logTime(0) },
  configurations: [],
  peers: new Map(),
};

/** The configurations that matter to a log whose entries up to `compacted` are gone: later ones, and the one in force there. */
export function configurationsFrom(
  compacted: LogIndex,
  configurations: readonly ConfigurationRecord[],
): ConfigurationRecord[] {
  const inForce = configurations.findLastIndex(({ index }) => index <= compacted);
  return configurations.slice(Math.max(inForce, 0));
}

/** Names a frame that is durable. `{ segment: 0, sequence: 0, checksum: 0 }` stands before the first one. */
export interface FrameName {
  readonly segment: number;
  readonly sequence: number;
  readonly checksum: number;
}

/**
 * The first frame of a segment. It repeats what earlier segments say, so that they can go, and names the frame after
 * which the log continues here: whatever stood after that frame in older segments is void.
 */
export interface Head {
  readonly groupId: number;
  readonly segment: number;
  /** The oldest segment that the log still needs. */
  readonly firstSegment: number;
  /** The frame that this segment's first frame follows. */
  readonly previous: FrameName;
  /** The file was new and held zeros; false: it may hold frames of an earlier use. */
  readonly zeroFilled: boolean;
  readonly incarnation: Incarnation;
  readonly identity: DirectoryIdentity;
  readonly standing: Standing;
}

/** Encodes the head frame, padded. Its own sequence and chain are those of the frame before. */
export function encodeHead(head: Head, salt: number): { frame: Frame; padded: Buffer } {
  const payload = encodePayload(head);
  const padded = Buffer.alloc(frameBytes(1, payload.length));
  const record = {
    type: RecordType.head,
    groupId: head.groupId,
    index: head.segment,
    term: 0,
    at: 0,
  };
  writeRecordHeader(padded, FRAME_HEADER_BYTES, record, payload);
  padded.set(payload, recordOffset(1));
  const { sequence, checksum } = head.previous;
  const bytes = padded.subarray(0, recordOffset(1) + payload.length);
  return { frame: sealFrame(bytes, 1, { salt, sequence, chain: checksum }), padded };
}

/** Decodes a frame whose checksums are right; a string tells why it is no head that this version can read. */
export function decodeHead(frame: Frame): Head | string {
  const { bytes } = frame;
  if (recordType(bytes, FRAME_HEADER_BYTES) !== RecordType.head)
    return 'a segment starts with a head';
  const fields = new FieldReader(bytes.subarray(FRAME_HEADER_BYTES + RECORD_HEADER_BYTES));
  const version = fields.number();
  if (version !== FORMAT_VERSION && version !== FORMAT_WITHOUT_MARKS) {
    return `format version ${version} is not known`;
  }
  const algorithm = fields.number();
  if (algorithm !== CHECKSUM_ALGORITHM) return `checksum algorithm ${algorithm} is not known`;
  return {
    groupId: recordGroupId(bytes, FRAME_HEADER_BYTES),
    segment: fields.number(),
    firstSegment: fields.number(),
    previous: {
      segment: fields.number(),
      sequence: fields.number(),
      checksum: fields.number(),
    },
    zeroFilled: fields.number() === 1,
    incarnation: incarnation(fields.number()),
    identity: decodeIdentity(fields),
    standing: version === FORMAT_VERSION ? decodeStanding(fields) : decodeStanding1(fields),
  };
}

/**
 * Whether a head repeats what the frames before it said: those from the oldest segment that is left, so the head may know
 * of configurations that are `compacted` by now. Compared by a checksum.
 */
export function repeats(head: Standing, found: Standing, compacted: LogIndex): boolean {
  const configurations = configurationsFrom(compacted, head.configurations);
  const tail = head.tail === undefined ? undefined : found.tail;
  return fingerprint({ ...head, configurations }) === fingerprint({ ...found, tail });
}

function fingerprint(standing: Standing): number {
  const fields = new FieldWriter();
  encodeStanding(fields, standing);
  return crc32(fields.finish());
}

/** Fields in the order in which `decodeHead` reads them; numbers are u64, bytes are preceded by a u32 length. */
function encodePayload(head: Head): Buffer {
  const fields = new FieldWriter()
    .number(FORMAT_VERSION)
    .number(CHECKSUM_ALGORITHM)
    .number(head.segment)
    .number(head.firstSegment)
    .number(head.previous.segment)
    .number(head.previous.sequence)
    .number(head.previous.checksum)
    .number(head.zeroFilled ? 1 : 0)
    .number(head.incarnation);
  const { clusterId, clusterEpoch, instanceId, nodeId: id } = head.identity;
  fields.text(clusterId).number(clusterEpoch).text(instanceId).number(id);
  encodeStanding(fields, head.standing);
  return fields.finish();
}

function decodeIdentity(fields: FieldReader): DirectoryIdentity {
  return {
    clusterId: fields.text(),
    clusterEpoch: fields.number(),
    instanceId: fields.text(),
    nodeId: nodeId(fields.number()),
  };
}

function encodeStanding(fields: FieldWriter, standing: Standing): void {
  const { hardState, mark, last, tail, configurations, peers } = standing;
  fields.number(hardState.term).number(hardState.vote);
  encodeMark(fields, mark);
  fields.number(last).number(tail === undefined ? 0 : 1);
  if (tail !== undefined) fields.number(tail.term).number(tail.at);
  fields.number(configurations.length);
  for (const { index, payload } of configurations) fields.number(index).bytes(payload);
  fields.number(peers.size);
  for (const [id, instanceId] of peers) fields.number(id).text(instanceId);
}

function decodeStanding(fields: FieldReader): Standing {
  const hardState = decodeHardState(fields);
  const mark = decodeMark(fields);
  const last = logIndex(fields.number());
  const known = fields.number() === 1;
  const tail = known ? { term: term(fields.number()), at: logTime(fields.number()) } : undefined;
  return { hardState, mark, last, tail, ...decodeLists(fields) };
}

/** Three numbers about compaction, which format version 1 foresaw and left at 0, stand before `last`. */
function decodeStanding1(fields: FieldReader): Standing {
  const hardState = decodeHardState(fields);
  for (let skipped = 0; skipped < 3; skipped += 1) fields.number();
  const last = logIndex(fields.number());
  const tail = last === 0 ? EMPTY_STANDING.tail : undefined;
  return { hardState, mark: undefined, last, tail, ...decodeLists(fields) };
}

const decodeHardState = (fields: FieldReader): HardState => ({
  term: term(fields.number()),
  vote: nodeId(fields.number()),
});

function decodeLists(fields: FieldReader): Pick<Standing, 'configurations' | 'peers'> {
  const configurations: ConfigurationRecord[] = [];
  for (let left = fields.number(); left > 0; left -= 1) {
    configurations.push({ index: logIndex(fields.number()), payload: fields.bytes() });
  }
  const peers = new Map<NodeId, string>();
  for (let left = fields.number(); left > 0; left -= 1) {
    peers.set(nodeId(fields.number()), fields.text());
  }
  return { configurations, peers };
}
