import { assert } from '../../core/assert.ts';
import { EntryBatch } from '../../core/entry-batch.ts';
import {
  type Incarnation,
  type NodeId,
  incarnation,
  logIndex,
  logTime,
  term,
} from '../../core/numbers.ts';
import type { AppendEntries, Rpc } from '../../core/rpc.ts';
import { readU64, writeU64 } from '../../core/u64.ts';
import { LENGTH_BYTES } from './frame-reader.ts';

/**
 * An rpc on the wire, little-endian. Offsets count from the end of `length`, which does not count itself.
 *
 *            0    1    2      4          8       16           20
 *   | length | v1 |type| flags| group id | term  | incarnation | body
 *   | u32    | u8 | u8 | u16  | u32      | u64   | u32         |
 *
 * `incarnation` means something in replies only: the boot of the node that asked. Bodies are u64 fields:
 *
 *   request-vote     lastIndex, lastTerm                flags: pre, transfer
 *   vote-reply       wallMs                             flags: pre, yes = granted
 *   append-entries   prevIndex, prevTerm, commit        then a table of batches and their bytes, see below
 *   append-reply     match, hintIndex, hintTerm         flags: yes = ok
 *   heartbeat        commit, round, now
 *   heartbeat-reply  round
 *   timeout-now      –
 *
 *   append-entries after its three fields: | batches u32 | { entries u32, bytes u32 } per batch | bytes of all batches |
 */
const VERSION = 1;
const BODY = 20;
const TABLE = BODY + 3 * 8;

/**
 * The longest frame, without its length. A leader sends about 1 MiB at once; a single entry may be larger, and 64 MiB is
 * a log segment: no entry is larger than that. Keeps a broken peer from filling our memory.
 */
export const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Frame types. Never reuse a number; 64 and above are frames of the handshake (`handshake.ts`). */
const TYPES = {
  'request-vote': 1,
  'vote-reply': 2,
  'append-entries': 3,
  'append-reply': 4,
  heartbeat: 5,
  'heartbeat-reply': 6,
  'timeout-now': 7,
} as const satisfies Record<Rpc['kind'], number>;

const Flag = { pre: 1, transfer: 2, yes: 4 } as const;
const FLAGS_MAX = 7;

/** A frame, ready to be written: its pieces in order, and how many bytes they are together. */
export interface EncodedFrame {
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
}

/** What the stream knows about every rpc that comes over it. */
export interface Route {
  readonly groupId: number;
  /** The peer that the handshake named. */
  readonly from: NodeId;
  /** The peer's boot: stands in requests as `incarnation`, so that a reply can name it. */
  readonly boot: Incarnation;
  readonly to: NodeId;
}

/** Replies name the boot of the node that asked; requests do not. */
export function isReply(kind: Rpc['kind']): boolean {
  return kind === 'vote-reply' || kind === 'append-reply' || kind === 'heartbeat-reply';
}

/** The frame of an rpc. The bytes of entries are neither copied nor encoded again. */
export function encodeRpc(rpc: Rpc, groupId: number): EncodedFrame {
  const fields = fieldsOf(rpc);
  const batches = rpc.kind === 'append-entries' ? rpc.batches : undefined;
  const tableBytes = batches === undefined ? 0 : 4 + batches.length * 8;
  const head = Buffer.allocUnsafe(LENGTH_BYTES + BODY + fields.length * 8 + tableBytes);
  writeHeader(head, rpc, groupId);
  fields.forEach((field, i) => writeU64(head, field, LENGTH_BYTES + BODY + i * 8));
  const chunks = [head, ...(batches ?? []).map((batch) => batch.bytes)];
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  assert(bytes - LENGTH_BYTES <= FRAME_BYTES_MAX, 'no rpc is larger than the largest frame');
  head.writeUInt32LE(bytes - LENGTH_BYTES, 0);
  if (rpc.kind === 'append-entries') writeTable(head, rpc);
  return { chunks, bytes };
}

function writeHeader(head: Buffer, rpc: Rpc, groupId: number): void {
  head[LENGTH_BYTES] = VERSION;
  head[LENGTH_BYTES + 1] = TYPES[rpc.kind];
  head.writeUInt16LE(flagsOf(rpc), LENGTH_BYTES + 2);
  head.writeUInt32LE(groupId, LENGTH_BYTES + 4);
  writeU64(head, rpc.term, LENGTH_BYTES + 8);
  head.writeUInt32LE(isReply(rpc.kind) ? rpc.incarnation : 0, LENGTH_BYTES + 16);
}

function writeTable(head: Buffer, { batches }: AppendEntries): void {
  let offset = LENGTH_BYTES + TABLE;
  head.writeUInt32LE(batches.length, offset);
  offset += 4;
  for (const batch of batches) {
    head.writeUInt32LE(batch.count, offset);
    head.writeUInt32LE(batch.bytes.length, offset + 4);
    offset += 8;
  }
}

function fieldsOf(rpc: Rpc): readonly number[] {
  switch (rpc.kind) {
    case 'request-vote':
      return [rpc.lastIndex, rpc.lastTerm];
    case 'vote-reply':
      return [rpc.wallMs];
    case 'append-entries':
      return [rpc.prevIndex, rpc.prevTerm, rpc.commit];
    case 'append-reply':
      return [rpc.match, rpc.hintIndex, rpc.hintTerm];
    case 'heartbeat':
      return [rpc.commit, rpc.round, rpc.now];
    case 'heartbeat-reply':
      return [rpc.round];
    case 'timeout-now':
      return [];
  }
}

function flagsOf(rpc: Rpc): number {
  switch (rpc.kind) {
    case 'request-vote':
      return (rpc.pre ? Flag.pre : 0) | (rpc.transfer ? Flag.transfer : 0);
    case 'vote-reply':
      return (rpc.pre ? Flag.pre : 0) | (rpc.granted ? Flag.yes : 0);
    case 'append-reply':
      return rpc.ok ? Flag.yes : 0;
    case 'append-entries':
    case 'heartbeat':
    case 'heartbeat-reply':
    case 'timeout-now':
      return 0;
  }
}

/**
 * Parses a frame (without its length); `undefined` when it is no well-formed rpc of this group. Keeps nothing of
 * `frame`: entries are copied out, so that they pin no stream buffer.
 */
export function decodeRpc(frame: Buffer, route: Route): Rpc | undefined {
  if (frame.length < BODY || frame[0] !== VERSION) return undefined;
  if (frame.readUInt16LE(2) > FLAGS_MAX || frame.readUInt32LE(4) !== route.groupId)
    return undefined;
  const sent = readU64(frame, 8);
  if (!Number.isSafeInteger(sent)) return undefined;
  const { from, to, boot } = route;
  return decodeBody(frame, { from, to, term: term(sent), incarnation: boot });
}

type Envelope = Pick<Rpc, 'from' | 'to' | 'term' | 'incarnation'>;

function decodeBody(frame: Buffer, envelope: Envelope): Rpc | undefined {
  switch (frame[1]) {
    case TYPES['request-vote']:
      return hasFields(frame, 2) ? requestVote(frame, envelope) : undefined;
    case TYPES['vote-reply']:
      return hasFields(frame, 1) ? voteReply(frame, asReply(frame, envelope)) : undefined;
    case TYPES['append-entries']:
      return appendEntries(frame, envelope);
    case TYPES['append-reply']:
      return hasFields(frame, 3) ? appendReply(frame, asReply(frame, envelope)) : undefined;
    case TYPES.heartbeat:
      return hasFields(frame, 3) ? heartbeat(frame, envelope) : undefined;
    case TYPES['heartbeat-reply']:
      return hasFields(frame, 1)
        ? { kind: 'heartbeat-reply', ...asReply(frame, envelope), round: field(frame, 0) }
        : undefined;
    case TYPES['timeout-now']:
      return hasFields(frame, 0) ? { kind: 'timeout-now', ...envelope } : undefined;
    default:
      return undefined;
  }
}

const field = (frame: Buffer, i: number): number => readU64(frame, BODY + i * 8);

const hasFlag = (frame: Buffer, flag: number): boolean => (frame.readUInt16LE(2) & flag) !== 0;

/** The body is exactly `count` fields, each a whole number below 2^53. */
function hasFields(frame: Buffer, count: number): boolean {
  return frame.length === BODY + count * 8 && areSafe(frame, count);
}

function areSafe(frame: Buffer, count: number): boolean {
  for (let i = 0; i < count; i += 1) {
    if (!Number.isSafeInteger(field(frame, i))) return false;
  }
  return true;
}

function asReply(frame: Buffer, envelope: Envelope): Envelope {
  return { ...envelope, incarnation: incarnation(frame.readUInt32LE(16)) };
}

function requestVote(frame: Buffer, envelope: Envelope): Rpc {
  return {
    kind: 'request-vote',
    ...envelope,
    pre: hasFlag(frame, Flag.pre),
    transfer: hasFlag(frame, Flag.transfer),
    lastIndex: logIndex(field(frame, 0)),
    lastTerm: term(field(frame, 1)),
  };
}

function voteReply(frame: Buffer, envelope: Envelope): Rpc {
  return {
    kind: 'vote-reply',
    ...envelope,
    pre: hasFlag(frame, Flag.pre),
    granted: hasFlag(frame, Flag.yes),
    wallMs: field(frame, 0),
  };
}

function appendReply(frame: Buffer, envelope: Envelope): Rpc {
  return {
    kind: 'append-reply',
    ...envelope,
    ok: hasFlag(frame, Flag.yes),
    match: logIndex(field(frame, 0)),
    hintIndex: logIndex(field(frame, 1)),
    hintTerm: term(field(frame, 2)),
  };
}

function heartbeat(frame: Buffer, envelope: Envelope): Rpc {
  return {
    kind: 'heartbeat',
    ...envelope,
    commit: logIndex(field(frame, 0)),
    round: field(frame, 1),
    now: logTime(field(frame, 2)),
  };
}

function appendEntries(frame: Buffer, envelope: Envelope): Rpc | undefined {
  if (frame.length < TABLE + 4 || !areSafe(frame, 3)) return undefined;
  const batches = decodeBatches(frame);
  if (batches === undefined) return undefined;
  const rpc: AppendEntries = {
    kind: 'append-entries',
    ...envelope,
    prevIndex: logIndex(field(frame, 0)),
    prevTerm: term(field(frame, 1)),
    commit: logIndex(field(frame, 2)),
    batches,
  };
  return continuesPrevious(rpc) ? rpc : undefined;
}

function decodeBatches(frame: Buffer): EntryBatch[] | undefined {
  const count = frame.readUInt32LE(TABLE);
  let start = TABLE + 4 + count * 8;
  if (start > frame.length) return undefined;
  const batches: EntryBatch[] = [];
  for (let i = 0; i < count; i += 1) {
    const row = TABLE + 4 + i * 8;
    const end = start + frame.readUInt32LE(row + 4);
    if (end > frame.length) return undefined;
    const batch = EntryBatch.decode(owned(frame.subarray(start, end)), frame.readUInt32LE(row));
    if (batch === undefined) return undefined;
    batches.push(batch);
    start = end;
  }
  return start === frame.length ? batches : undefined;
}

/** A copy in memory of its own: entries live long, and a view or a pooled copy would pin a slab each. */
function owned(view: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(view.length);
  view.copy(copy);
  return copy;
}

/** Entries go on right after `prevIndex`; terms never go back and none is later than the leader's. */
function continuesPrevious(rpc: AppendEntries): boolean {
  let index: number = rpc.prevIndex;
  let highest: number = rpc.prevTerm;
  for (const batch of rpc.batches) {
    if (batch.first !== index + 1 || batch.termAt(batch.first) < highest) return false;
    index = batch.last;
    highest = batch.termAt(batch.last);
  }
  return highest <= rpc.term;
}
