import {
  type Incarnation,
  type NodeId,
  incarnation as asIncarnation,
  nodeId,
} from '../../core/numbers.ts';
import { assert } from '../../core/assert.ts';
import type { DirectoryIdentity } from '../../storage/recovered.ts';
import { LENGTH_BYTES } from './frame-reader.ts';
import type { EncodedFrame } from './rpc-codec.ts';

/**
 * The first frame each way, little-endian. The node that opened the stream sends hello; the other one answers welcome,
 * with the same data about itself, or refuse. Offsets count from the end of `length`.
 *
 *            0    1    2       4       6        8     12     16     20           24
 *   | length | v1 |type| least | most  | channel| from | to   | epoch| incarnation| cluster id | instance id | auth  |
 *   | u32    | u8 | u8 | u16   | u16   | u16    | u32  | u32  | u32  | u32        | u8 + ASCII | u8 + ASCII  |u16 + …|
 *
 *            0    1    2       4
 *   | length | v1 |type| code  | text UTF-8 |
 *   | u32    | u8 | u8 | u16   | …          |
 *
 * `least … most` are the protocol versions that the sender speaks. This layout stays as it is in every version.
 */
const LAYOUT_VERSION = 1;
const FIXED_BYTES = 24;
const REFUSE_BYTES = 4;
const ID_BYTES_MAX = 64;
const TEXT_BYTES_MAX = 512;

/** The protocol versions that this program speaks. */
const PROTOCOL = { least: 1, most: 1 } as const;

/** A hello with 4 KiB of credentials fits twice; before the handshake nobody gets more of our memory. */
export const HANDSHAKE_BYTES_MAX = 8 * 1024;

/** From the opened stream to its welcome. Covers some round trips anywhere on earth; then the next attempt is better. */
export const HANDSHAKE_MS_MAX = 1_000;

const FrameType = { hello: 64, welcome: 65, refuse: 66 } as const;

/** Control carries votes, heartbeats and replies; bulk carries entries, so that the former never queue behind them. */
export type Channel = 'control' | 'bulk';

/** What a node says about itself and whom it means to talk to. */
export interface Greeting {
  readonly leastVersion: number;
  readonly mostVersion: number;
  readonly clusterId: string;
  readonly clusterEpoch: number;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly instanceId: string;
  readonly incarnation: Incarnation;
  readonly channel: Channel;
  /** Credentials; empty as long as no authentication exists. */
  readonly auth: Buffer;
}

/** Refuse codes. The numbers are on the wire: never reuse one. */
const CODES = {
  version: 1,
  cluster: 2,
  epoch: 3,
  'wrong-node': 4,
  instance: 5,
  'stale-incarnation': 6,
  'unknown-node': 7,
  unauthenticated: 8,
} as const;

export type RefusalCode = keyof typeof CODES;

/** Why two nodes do not talk to each other. `text` is for people. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly text: string;
}

export type Answer =
  | { readonly kind: 'welcome'; readonly welcome: Greeting }
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

/** A node, as its data directory and its boot number say. */
export interface Self {
  readonly identity: DirectoryIdentity;
  readonly incarnation: Incarnation;
}

export function greeting(self: Self, to: NodeId, channel: Channel): Greeting {
  const { clusterId, clusterEpoch, instanceId, nodeId: from } = self.identity;
  const versions = { leastVersion: PROTOCOL.least, mostVersion: PROTOCOL.most };
  const names = { clusterId, clusterEpoch, from, to, instanceId };
  return {
    ...versions,
    ...names,
    incarnation: self.incarnation,
    channel,
    auth: Buffer.alloc(0),
  };
}

export const encodeHello = (hello: Greeting): EncodedFrame =>
  encodeGreeting(FrameType.hello, hello);

export const encodeWelcome = (welcome: Greeting): EncodedFrame =>
  encodeGreeting(FrameType.welcome, welcome);

function encodeGreeting(type: number, said: Greeting): EncodedFrame {
  const fixed = Buffer.alloc(LENGTH_BYTES + FIXED_BYTES);
  fixed[LENGTH_BYTES] = LAYOUT_VERSION;
  fixed[LENGTH_BYTES + 1] = type;
  fixed.writeUInt16LE(said.leastVersion, LENGTH_BYTES + 2);
  fixed.writeUInt16LE(said.mostVersion, LENGTH_BYTES + 4);
  fixed.writeUInt16LE(said.channel === 'bulk' ? 1 : 0, LENGTH_BYTES + 6);
  fixed.writeUInt32LE(said.from, LENGTH_BYTES + 8);
  fixed.writeUInt32LE(said.to, LENGTH_BYTES + 12);
  fixed.writeUInt32LE(said.clusterEpoch, LENGTH_BYTES + 16);
  fixed.writeUInt32LE(said.incarnation, LENGTH_BYTES + 20);
  const authBytes = Buffer.alloc(2);
  authBytes.writeUInt16LE(said.auth.length);
  const ids = [idBytes(said.clusterId), idBytes(said.instanceId)];
  return framed(Buffer.concat([fixed, ...ids, authBytes, said.auth]));
}

function idBytes(id: string): Buffer {
  const bytes = Buffer.from(id, 'latin1');
  assert(bytes.length > 0 && bytes.length <= ID_BYTES_MAX, 'an id has 1 … 64 characters');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function framed(frame: Buffer): EncodedFrame {
  frame.writeUInt32LE(frame.length - LENGTH_BYTES, 0);
  return { chunks: [frame], bytes: frame.length };
}

export function encodeRefuse({ code, text }: Refusal): EncodedFrame {
  const head = Buffer.alloc(LENGTH_BYTES + REFUSE_BYTES);
  head[LENGTH_BYTES] = LAYOUT_VERSION;
  head[LENGTH_BYTES + 1] = FrameType.refuse;
  head.writeUInt16LE(CODES[code], LENGTH_BYTES + 2);
  return framed(Buffer.concat([head, Buffer.from(text).subarray(0, TEXT_BYTES_MAX)]));
}

const isOf = (frame: Buffer, type: number): boolean =>
  frame[0] === LAYOUT_VERSION && frame[1] === type;

/** True for a hello, well-formed or not: a network that repeats pieces of a stream may bring it twice. */
export const isHello = (frame: Buffer): boolean => isOf(frame, FrameType.hello);

export const isWelcome = (frame: Buffer): boolean => isOf(frame, FrameType.welcome);

/** `undefined` when it is no well-formed hello. */
export function decodeHello(frame: Buffer): Greeting | undefined {
  return isHello(frame) ? decodeGreeting(frame) : undefined;
}

/** `undefined` when it is no well-formed welcome or refuse. */
export function decodeAnswer(frame: Buffer): Answer | undefined {
  if (isOf(frame, FrameType.refuse)) return decodeRefuse(frame);
  const welcome = isWelcome(frame) ? decodeGreeting(frame) : undefined;
  return welcome && { kind: 'welcome', welcome };
}

function decodeRefuse(frame: Buffer): Answer | undefined {
  if (frame.length < REFUSE_BYTES || frame.length > REFUSE_BYTES + TEXT_BYTES_MAX) return undefined;
  const number = frame.readUInt16LE(2);
  const code = refusalCodes().find((name) => CODES[name] === number);
  if (code === undefined) return undefined;
  return { kind: 'refuse', refusal: { code, text: frame.toString('utf8', REFUSE_BYTES) } };
}

function refusalCodes(): RefusalCode[] {
  return Object.keys(CODES) as RefusalCode[];
}

function decodeGreeting(frame: Buffer): Greeting | undefined {
  const clusterId = idAt(frame, FIXED_BYTES);
  if (clusterId === undefined) return undefined;
  const instanceId = idAt(frame, FIXED_BYTES + 1 + clusterId.length);
  if (instanceId === undefined) return undefined;
  const auth = authAt(frame, FIXED_BYTES + 2 + clusterId.length + instanceId.length);
  const channel = frame.readUInt16LE(6);
  if (auth === undefined || channel > 1) return undefined;
  return {
    leastVersion: frame.readUInt16LE(2),
    mostVersion: frame.readUInt16LE(4),
    clusterId,
    clusterEpoch: frame.readUInt32LE(16),
    from: nodeId(frame.readUInt32LE(8)),
    to: nodeId(frame.readUInt32LE(12)),
    instanceId,
    incarnation: asIncarnation(frame.readUInt32LE(20)),
    channel: channel === 1 ? 'bulk' : 'control',
    auth,
  };
}

function idAt(frame: Buffer, offset: number): string | undefined {
  const length = frame[offset] ?? 0;
  const end = offset + 1 + length;
  if (length === 0 || length > ID_BYTES_MAX || end > frame.length) return undefined;
  return frame.toString('latin1', offset + 1, end);
}

/** The last field: it ends where the frame ends. A copy. */
function authAt(frame: Buffer, offset: number): Buffer | undefined {
  if (offset + 2 > frame.length) return undefined;
  const start = offset + 2;
  if (start + frame.readUInt16LE(offset) !== frame.length) return undefined;
  return Buffer.from(frame.subarray(start));
}

/** What a node remembers of the peer that greets it. */
export interface Acquaintance {
  /** It is one of the members that this node was told of. */
  readonly isMember: boolean;
  /** `undefined` before the first contact. */
  readonly instanceId: string | undefined;
  /** The highest boot that it has shown since this node's start; 0 when none. */
  readonly incarnation: Incarnation;
}

/** Why this node must not talk to the one that said `said`; `undefined` when it may. Judges hello and welcome alike. */
export function judge(self: Self, said: Greeting, known: Acquaintance): Refusal | undefined {
  return judgeCluster(self, said) ?? judgeNode(self, said, known);
}

function judgeCluster(self: Self, said: Greeting): Refusal | undefined {
  const { clusterId, clusterEpoch } = self.identity;
  if (said.leastVersion > PROTOCOL.most || said.mostVersion < PROTOCOL.least) {
    const ours = `${PROTOCOL.least} to ${PROTOCOL.most}`;
    const theirs = `${said.leastVersion} to ${said.mostVersion}`;
    return { code: 'version', text: `this node speaks protocol ${ours}, the peer ${theirs}` };
  }
  if (said.clusterId !== clusterId) {
    return { code: 'cluster', text: `this is cluster ${clusterId}, not ${said.clusterId}` };
  }
  if (said.clusterEpoch !== clusterEpoch) {
    const text = `this cluster is at epoch ${clusterEpoch}, the peer at ${said.clusterEpoch}`;
    return { code: 'epoch', text };
  }
  return undefined;
}

function judgeNode(self: Self, said: Greeting, known: Acquaintance): Refusal | undefined {
  const { from, to, instanceId, incarnation, auth } = said;
  if (to !== self.identity.nodeId) {
    return { code: 'wrong-node', text: `this is node ${self.identity.nodeId}, not ${to}` };
  }
  if (auth.length > 0) {
    return { code: 'unauthenticated', text: 'this node cannot check the credentials that came' };
  }
  if (!known.isMember) {
    return { code: 'unknown-node', text: `node ${from} is no member that this node knows of` };
  }
  if (known.instanceId !== undefined && known.instanceId !== instanceId) {
    const text = `node ${from} was ${known.instanceId} and comes with another data directory, ${instanceId}`;
    return { code: 'instance', text };
  }
  if (incarnation === 0 || incarnation < known.incarnation) {
    const text = `node ${from} has shown boot ${known.incarnation}, later than ${incarnation}`;
    return { code: 'stale-incarnation', text };
  }
  return undefined;
}
