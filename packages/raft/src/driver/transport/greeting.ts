import { assert } from '../../core/assert.ts';
import {
  type Incarnation,
  type NodeId,
  incarnation as asIncarnation,
  nodeId,
} from '../../core/numbers.ts';
import type { PeerAddress } from '../../ports.ts';
import type { DirectoryIdentity } from '../../storage/recovered.ts';

/**
 * What a node says about itself, in hello and challenge. Offsets count from its start; little-endian.
 *
 *   0    1    2       4      6        8     12     16     20           24
 *   | v1 |type| least | most | channel| from | to   | epoch| incarnation| cluster id | instance id | more    |
 *   | u8 | u8 | u16   | u16  | u16    | u32  | u32  | u32  | u32        | u8 + ASCII | u8 + ASCII  | u16 + … |
 *
 * `least … most` are the protocol versions that the sender speaks. This layout stays as it is in every version; what a
 * version adds stands in `more`. As of protocol 2:
 *
 *   | nonce | port | ip         |
 *   | 32    | u16  | u8 + ASCII |
 */
const FIXED_BYTES = 24;
const ID_BYTES_MAX = 64;
/** The longest host name. */
const IP_BYTES_MAX = 253;
const IP = /^[A-Za-z0-9.:_-]+$/;

export const LAYOUT_VERSION = 1;

const NONCE_BYTES = 32;

/** The protocol versions that this program speaks. */
export const PROTOCOL = { least: 2, most: 2 } as const;

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
  /** Never said before; empty in a greeting of a protocol that this program does not speak. */
  readonly nonce: Buffer;
  /** Where the sender listens for peers; `NOWHERE` likewise. */
  readonly address: PeerAddress;
}

const NOWHERE: PeerAddress = { ip: '', port: 0 };

/** A node, as its data directory, its boot number and its host say. */
export interface Self {
  readonly identity: DirectoryIdentity;
  readonly incarnation: Incarnation;
  /** Where it listens for peers. */
  readonly address: PeerAddress;
}

/** To whom a greeting goes, and over which stream. */
export interface Greeted {
  readonly to: NodeId;
  readonly channel: Channel;
}

export function greeting(self: Self, { to, channel }: Greeted, nonce: Buffer): Greeting {
  const { clusterId, clusterEpoch, instanceId, nodeId: from } = self.identity;
  const { incarnation, address } = self;
  return {
    leastVersion: PROTOCOL.least,
    mostVersion: PROTOCOL.most,
    clusterId,
    clusterEpoch,
    from,
    to,
    instanceId,
    incarnation,
    channel,
    nonce,
    address,
  };
}

/** Whether there is a protocol that both sides speak. */
export function speaksOurs({ leastVersion, mostVersion }: Greeting): boolean {
  return leastVersion <= PROTOCOL.most && mostVersion >= PROTOCOL.least;
}

/** The greeting as bytes, the same ones each time, and other ones for any other greeting. `type` is the frame's. */
export function encodeGreeting(type: number, said: Greeting): Buffer {
  const { clusterId, instanceId, nonce, address } = said;
  assert(nonce.length === NONCE_BYTES, 'a nonce has 32 bytes');
  const moreBytes = NONCE_BYTES + 3 + address.ip.length;
  const start = FIXED_BYTES + 2 + clusterId.length + instanceId.length;
  const bytes = Buffer.alloc(start + 2 + moreBytes);
  bytes[0] = LAYOUT_VERSION;
  bytes[1] = type;
  bytes.writeUInt16LE(said.leastVersion, 2);
  bytes.writeUInt16LE(said.mostVersion, 4);
  bytes.writeUInt16LE(said.channel === 'bulk' ? 1 : 0, 6);
  bytes.writeUInt32LE(said.from, 8);
  bytes.writeUInt32LE(said.to, 12);
  bytes.writeUInt32LE(said.clusterEpoch, 16);
  bytes.writeUInt32LE(said.incarnation, 20);
  writeText(bytes, clusterId, FIXED_BYTES, ID_BYTES_MAX);
  writeText(bytes, instanceId, FIXED_BYTES + 1 + clusterId.length, ID_BYTES_MAX);
  bytes.writeUInt16LE(moreBytes, start);
  bytes.set(nonce, start + 2);
  bytes.writeUInt16LE(address.port, start + 2 + NONCE_BYTES);
  writeText(bytes, address.ip, start + 4 + NONCE_BYTES, IP_BYTES_MAX);
  return bytes;
}

/** One byte for the length, then the characters, of one byte each. */
function writeText(target: Buffer, characters: string, offset: number, bytesMax: number): void {
  const { length } = characters;
  assert(length > 0 && length <= bytesMax, 'a name has 1 … 64, a host 1 … 253 bytes');
  target[offset] = length;
  target.write(characters, offset + 1, 'latin1');
}

/** The greeting at the start of a frame and how many bytes it has; `undefined` when it is malformed. Copies. */
export function decodeGreeting(
  frame: Buffer,
): { readonly said: Greeting; readonly bytes: number } | undefined {
  const clusterId = textAt(frame, FIXED_BYTES, ID_BYTES_MAX);
  if (clusterId === undefined) return undefined;
  const instanceId = textAt(frame, FIXED_BYTES + 1 + clusterId.length, ID_BYTES_MAX);
  if (instanceId === undefined) return undefined;
  const start = FIXED_BYTES + 2 + clusterId.length + instanceId.length;
  const channel = frame.readUInt16LE(6);
  if (start + 2 > frame.length || channel > 1) return undefined;
  const end = start + 2 + frame.readUInt16LE(start);
  if (end > frame.length) return undefined;
  const early: Greeting = {
    leastVersion: frame.readUInt16LE(2),
    mostVersion: frame.readUInt16LE(4),
    clusterId,
    clusterEpoch: frame.readUInt32LE(16),
    from: nodeId(frame.readUInt32LE(8)),
    to: nodeId(frame.readUInt32LE(12)),
    instanceId,
    incarnation: asIncarnation(frame.readUInt32LE(20)),
    channel: channel === 1 ? 'bulk' : 'control',
    nonce: Buffer.alloc(0),
    address: NOWHERE,
  };
  if (!speaksOurs(early)) return { said: early, bytes: end };
  const more = decodeMore(frame.subarray(start + 2, end));
  return more && { said: { ...early, ...more }, bytes: end };
}

function decodeMore(more: Buffer): Pick<Greeting, 'nonce' | 'address'> | undefined {
  const ip = textAt(more, NONCE_BYTES + 2, IP_BYTES_MAX);
  if (ip === undefined || !IP.test(ip) || more.length !== NONCE_BYTES + 3 + ip.length) {
    return undefined;
  }
  const port = more.readUInt16LE(NONCE_BYTES);
  if (port === 0) return undefined;
  return { nonce: Buffer.from(more.subarray(0, NONCE_BYTES)), address: { ip, port } };
}

function textAt(frame: Buffer, offset: number, bytesMax: number): string | undefined {
  const length = frame[offset] ?? 0;
  const end = offset + 1 + length;
  if (length === 0 || length > bytesMax || end > frame.length) return undefined;
  return frame.toString('latin1', offset + 1, end);
}
