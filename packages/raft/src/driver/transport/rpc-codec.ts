import { assert } from '../../core/assert.ts';
import {
  type Incarnation,
  type NodeId,
  incarnation,
  logIndex,
  logTime,
  term,
} from '../../core/numbers.ts';
import type { ReadReply, Rpc } from '../../core/rpc.ts';
import { readU64, writeU64 } from '../../core/u64.ts';
import { appendFields, decodeAppend, tableBytesOf, writeTable } from './append-codec.ts';
import { LENGTH_BYTES } from './frame-reader.ts';
import {
  CONFIGURATION_LENGTH_BYTES,
  INSTALL_BYTES_MAX,
  decodeInstall,
  decodeInstallReply,
  installFields,
  installReplyFields,
} from './install-codec.ts';
import { BODY, type Envelope, Flag, field, hasFields, hasFlag } from './rpc-fields.ts';

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
 *   append-entries   prevIndex, prevTerm, commit        then batches, see `append-codec.ts`
 *   append-reply     match, hintIndex, hintTerm         flags: yes = ok, room
 *   heartbeat        commit, round, now
 *   heartbeat-reply  round                              flags: room
 *   timeout-now      –
 *   install-snapshot see `install-codec.ts`             flags: last
 *   install-reply    snapshotId, next, status
 *   read-index       read
 *   read-reply       read, index, refusal
 */
const VERSION = 1;

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
  'install-snapshot': 8,
  'install-reply': 9,
  'read-index': 10,
  'read-reply': 11,
} as const satisfies Record<Rpc['kind'], number>;

/** The flags that an rpc of this kind may carry. */
const FLAGS: Readonly<Record<Rpc['kind'], number>> = {
  'request-vote': Flag.pre | Flag.transfer,
  'vote-reply': Flag.pre | Flag.yes,
  'append-entries': 0,
  'append-reply': Flag.yes | Flag.room,
  heartbeat: 0,
  'heartbeat-reply': Flag.room,
  'timeout-now': 0,
  'install-snapshot': Flag.last,
  'install-reply': 0,
  'read-index': 0,
  'read-reply': 0,
};

const KINDS: ReadonlyMap<number, Rpc['kind']> = new Map(
  (Object.keys(TYPES) as Rpc['kind'][]).map((kind) => [TYPES[kind], kind]),
);

/** Why a read was refused, in the order of their numbers on the wire. Only ever add to the end. */
const READ_REFUSALS: readonly ReadReply['refusal'][] = [
  undefined,
  'not-leader',
  'unconfirmed',
  'overloaded',
];

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
  return kind.endsWith('-reply');
}

/** The frame of an rpc. The bytes of entries and snapshots are neither copied nor encoded again. */
export function encodeRpc(rpc: Rpc, groupId: number): EncodedFrame {
  const fields = fieldsOf(rpc);
  const tail = LENGTH_BYTES + BODY + fields.length * 8;
  const head = Buffer.allocUnsafe(tail + tableBytes(rpc));
  writeHeader(head, rpc, groupId);
  fields.forEach((value, i) => writeU64(head, value, LENGTH_BYTES + BODY + i * 8));
  if (rpc.kind === 'append-entries') writeTable(head, tail, rpc);
  if (rpc.kind === 'install-snapshot') {
    head.writeUInt32LE(rpc.snapshot.configuration.length, tail);
  }
  const chunks = [head, ...attachments(rpc)];
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytesMax = rpc.kind === 'install-snapshot' ? INSTALL_BYTES_MAX : FRAME_BYTES_MAX;
  assert(bytes - LENGTH_BYTES <= bytesMax, 'no rpc is larger than the largest frame');
  head.writeUInt32LE(bytes - LENGTH_BYTES, 0);
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

/** What stands between the fields and the attachments. */
function tableBytes(rpc: Rpc): number {
  if (rpc.kind === 'append-entries') return tableBytesOf(rpc);
  return rpc.kind === 'install-snapshot' ? CONFIGURATION_LENGTH_BYTES : 0;
}

function attachments(rpc: Rpc): readonly Buffer[] {
  if (rpc.kind === 'append-entries') return rpc.batches.map(({ bytes }) => bytes);
  return rpc.kind === 'install-snapshot' ? [rpc.snapshot.configuration, rpc.data] : [];
}

function fieldsOf(rpc: Rpc): readonly number[] {
  switch (rpc.kind) {
    case 'request-vote':
      return [rpc.lastIndex, rpc.lastTerm];
    case 'vote-reply':
      return [rpc.wallMs];
    case 'append-entries':
      return appendFields(rpc);
    case 'append-reply':
      return [rpc.match, rpc.hintIndex, rpc.hintTerm];
    case 'heartbeat':
      return [rpc.commit, rpc.round, rpc.now];
    case 'heartbeat-reply':
      return [rpc.round];
    case 'timeout-now':
      return [];
    case 'install-snapshot':
      return installFields(rpc);
    case 'install-reply':
      return installReplyFields(rpc);
    case 'read-index':
      return [rpc.read];
    case 'read-reply':
      return [rpc.read, rpc.index, READ_REFUSALS.indexOf(rpc.refusal)];
  }
}

function flagsOf(rpc: Rpc): number {
  switch (rpc.kind) {
    case 'request-vote':
      return (rpc.pre ? Flag.pre : 0) | (rpc.transfer ? Flag.transfer : 0);
    case 'vote-reply':
      return (rpc.pre ? Flag.pre : 0) | (rpc.granted ? Flag.yes : 0);
    case 'append-reply':
      return (rpc.ok ? Flag.yes : 0) | (rpc.room ? Flag.room : 0);
    case 'heartbeat-reply':
      return rpc.room ? Flag.room : 0;
    case 'install-snapshot':
      return rpc.last ? Flag.last : 0;
    case 'append-entries':
    case 'heartbeat':
    case 'timeout-now':
    case 'install-reply':
    case 'read-index':
    case 'read-reply':
      return 0;
  }
}

/**
 * Parses a frame (without its length); `undefined` when it is no well-formed rpc of this group. Keeps nothing of
 * `frame`: entries and snapshots are copied out, so that they pin no stream buffer.
 */
export function decodeRpc(frame: Buffer, route: Route): Rpc | undefined {
  if (frame.length < BODY || frame[0] !== VERSION) return undefined;
  const kind = KINDS.get(frame[1] ?? 0);
  if (kind === undefined || (frame.readUInt16LE(2) & ~FLAGS[kind]) !== 0) return undefined;
  if (frame.readUInt32LE(4) !== route.groupId) return undefined;
  const sent = readU64(frame, 8);
  if (!Number.isSafeInteger(sent)) return undefined;
  const { from, to } = route;
  const boot = isReply(kind) ? incarnation(frame.readUInt32LE(16)) : route.boot;
  return decodeBody(kind, frame, { from, to, term: term(sent), incarnation: boot });
}

function decodeBody(kind: Rpc['kind'], frame: Buffer, envelope: Envelope): Rpc | undefined {
  switch (kind) {
    case 'request-vote':
      return hasFields(frame, 2) ? requestVote(frame, envelope) : undefined;
    case 'vote-reply':
      return hasFields(frame, 1) ? voteReply(frame, envelope) : undefined;
    case 'append-entries':
      return decodeAppend(frame, envelope);
    case 'append-reply':
      return hasFields(frame, 3) ? appendReply(frame, envelope) : undefined;
    case 'heartbeat':
      return hasFields(frame, 3) ? heartbeat(frame, envelope) : undefined;
    case 'heartbeat-reply':
      return hasFields(frame, 1) ? heartbeatReply(frame, envelope) : undefined;
    case 'timeout-now':
      return hasFields(frame, 0) ? { kind, ...envelope } : undefined;
    case 'install-snapshot':
      return decodeInstall(frame, envelope);
    case 'install-reply':
      return decodeInstallReply(frame, envelope);
    case 'read-index':
      return hasFields(frame, 1) ? { kind, ...envelope, read: field(frame, 0) } : undefined;
    case 'read-reply':
      return hasFields(frame, 3) ? readReply(frame, envelope) : undefined;
  }
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
    room: hasFlag(frame, Flag.room),
  };
}

function heartbeat(frame: Buffer, { from, to, term: ofTerm, incarnation: boot }: Envelope): Rpc {
  return {
    kind: 'heartbeat',
    from,
    to,
    term: ofTerm,
    incarnation: boot,
    commit: logIndex(field(frame, 0)),
    round: field(frame, 1),
    now: logTime(field(frame, 2)),
  };
}

function heartbeatReply(
  frame: Buffer,
  { from, to, term: ofTerm, incarnation: boot }: Envelope,
): Rpc {
  return {
    kind: 'heartbeat-reply',
    from,
    to,
    term: ofTerm,
    incarnation: boot,
    round: field(frame, 0),
    room: hasFlag(frame, Flag.room),
  };
}

function readReply(frame: Buffer, envelope: Envelope): Rpc | undefined {
  const number = field(frame, 2);
  if (number >= READ_REFUSALS.length) return undefined;
  const [read, index] = [field(frame, 0), logIndex(field(frame, 1))];
  return { kind: 'read-reply', ...envelope, read, refusal: READ_REFUSALS[number], index };
}
