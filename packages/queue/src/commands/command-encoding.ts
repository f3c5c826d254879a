import { assert } from '@rrmq/raft';
import { ByteWriter, COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import type {
  Command,
  CreateTopic,
  DeleteTopic,
  Once,
  PauseTopic,
  Pop,
  Publish,
  Purge,
  Receive,
  Redrive,
  RestoreBegin,
  RestoreChunk,
  Settle,
  UpdateTopic,
} from './command.ts';
import { SECRET_BYTES } from './lease-token.ts';
import { publishBytes, publishFlags, writePublish } from './publish-encoding.ts';
import { settingsBytes, writeSettings } from './settings-encoding.ts';
import { settlementsBytes, writeSettlements } from './settlement-encoding.ts';

/**
 * The bytes of a command, little-endian. They are in logs on disk: nothing here may change its meaning. What is added
 * later comes under a new kind or a new flag. The fields of flags stand in ascending order of their bits after the
 * fields that are always there; a bit that the decoder does not know makes the command malformed. (So a leader may use
 * a new kind or flag only when every member knows it.)
 *
 * A *field* is `| u32 length | as many bytes |`; text is UTF-8. Bounds: `limits.ts`.
 *
 *     every command       | u8 version = 1 | u8 kind | u16 flags | field topic |         kinds 1 … 3 and 7 … 13
 *                         | u8 version = 1 | u8 kind | u16 flags |                       kinds 4 … 6, 14, 15: no flags
 *     create-topic (1)    … | [flag 1: settings]
 *     publish (2)         … | [flag 1: producer] | u32 count, 1 … 1000 | count × message |
 *       producer          | field id | u64 epoch | u64 sequence, from 1 |
 *       message           | u32 flags | field content type | field body | [1: field key] | [2: u8 priority] |
 *                         | [4: u64 delay ms] | [8: u64 deliver at] | [16: u64 ttl ms] | [32: field dedup id] |
 *                         | [64: attributes]
 *                         not both 4 and 8; no 32 with a producer; the default priority is not written
 *       attributes        | u32 count, 1 … 64 | count × (field name | field value) |
 *     pop (3)             …
 *     restore-begin (4)   … | field backup id | field text |
 *     restore-chunk (5)   … | u32 number | field chunk |
 *     restore-end (6)     …
 *     update-topic (7)    … | settings | [flag 1: u64 version, from 1]
 *       settings          see `writeSettings`
 *     delete-topic (8)    … | [flag 1: u64 version, from 1]
 *     pause-topic (9)     … | u8 what is paused: the sum of 1, publishing, and 2, receiving |
 *     receive (10)        … | u32 max | u32 count | count × settlement | [flag 1: u32 lease ms] | [2: secret, 16 bytes]
 *                         max + count <= 1000
 *     settle (11)         … | u32 count, 1 … 1000 | count × settlement |
 *       settlement        | u8 action | u8 flags | token, 28 bytes | [1: u64 delay ms] | [2: field reason] |
 *                         | [4: u32 lease ms]
 *                         actions: ack 1, release 2, nack 3 (flags 1, 2), reject 4 (flag 2), extend 5 (flag 4)
 *     redrive (12)        … | [flag 1: u32 count, up to 1000 | count × u64 sequence] | [2: u64 max, from 1] |
 *                         | [4: field to] | [8: u64 rate per second, from 1]
 *                         not both 1 and 8
 *     purge (13)          … | u8 state | [flag 1: u64 older than ms]
 *                         states: all 0, ready 1, leased 2, delayed 3, dead 4
 *     advance (14)        …
 *     once (15)           … | field key | field command |
 *                         the command: all the bytes of one, but none of kinds 4 … 6 and 15
 */
export const COMMAND_VERSION = 1;

/** Numbers on disk: never reuse one. */
export const CommandKind = {
  createTopic: 1,
  publish: 2,
  pop: 3,
  restoreBegin: 4,
  restoreChunk: 5,
  restoreEnd: 6,
  updateTopic: 7,
  deleteTopic: 8,
  pauseTopic: 9,
  receive: 10,
  settle: 11,
  redrive: 12,
  purge: 13,
  advance: 14,
  once: 15,
} as const;

/** Numbers on disk, as all flags: never reuse one. */
export const CreateFlag = { settings: 1 } as const;
export const VersionFlag = { version: 1 } as const;
export const ReceiveFlag = { leaseMs: 1, secret: 2 } as const;
export const RedriveFlag = { sequences: 1, max: 2, to: 4, ratePerSecond: 8 } as const;
export const PurgeFlag = { olderThanMs: 1 } as const;

/** What a pause pauses. */
export const Paused = { publishing: 1, receiving: 2 } as const;

/** A state's number is its place. */
export const PURGE_STATES: readonly [Purge['state'], ...Purge['state'][]] = [
  'all',
  'ready',
  'leased',
  'delayed',
  'dead',
];

const HEADER_BYTES = 4;
const NO_FLAGS = 0;
const U64_BYTES = 8;
const LEASE_BYTES = 4;

export function encodeCommand(command: Command): Buffer {
  switch (command.kind) {
    case 'publish':
      return encodePublish(command);
    case 'receive':
      return encodeReceive(command);
    case 'settle':
      return encodeSettle(command);
    case 'pop':
      return encodePop(command);
    case 'create-topic':
      return encodeCreate(command);
    case 'update-topic':
      return encodeUpdate(command);
    case 'delete-topic':
      return encodeDelete(command);
    case 'pause-topic':
      return encodePause(command);
    case 'redrive':
      return encodeRedrive(command);
    case 'purge':
      return encodePurge(command);
    case 'advance':
      return begin(CommandKind.advance, NO_FLAGS, 0).finish();
    case 'once':
      return encodeOnce(command);
    case 'restore-begin':
      return encodeRestoreBegin(command);
    case 'restore-chunk':
      return encodeRestoreChunk(command);
    case 'restore-end':
      return begin(CommandKind.restoreEnd, NO_FLAGS, 0).finish();
    default:
      return command satisfies never;
  }
}

function encodePublish(command: Publish): Buffer {
  const { topic } = command;
  const size = fieldBytes(topic) + publishBytes(command);
  const writer = begin(CommandKind.publish, publishFlags(command), size).field(topic);
  writePublish(writer, command);
  return writer.finish();
}

function encodePop({ topic }: Pop): Buffer {
  return begin(CommandKind.pop, NO_FLAGS, fieldBytes(topic)).field(topic).finish();
}

function encodeReceive({ topic, max, leaseMs, settle, secret }: Receive): Buffer {
  assert(secret === undefined || secret.length === SECRET_BYTES, 'a secret has its length');
  const flags =
    (leaseMs === undefined ? 0 : ReceiveFlag.leaseMs) |
    (secret === undefined ? 0 : ReceiveFlag.secret);
  const size =
    fieldBytes(topic) +
    COUNT_BYTES +
    settlementsBytes(settle) +
    (leaseMs === undefined ? 0 : LEASE_BYTES) +
    (secret === undefined ? 0 : SECRET_BYTES);
  const writer = begin(CommandKind.receive, flags, size).field(topic).u32(max);
  writeSettlements(writer, settle);
  if (leaseMs !== undefined) writer.u32(leaseMs);
  if (secret !== undefined) writer.bytes(secret);
  return writer.finish();
}

function encodeSettle({ topic, settle }: Settle): Buffer {
  const size = fieldBytes(topic) + settlementsBytes(settle);
  const writer = begin(CommandKind.settle, NO_FLAGS, size).field(topic);
  writeSettlements(writer, settle);
  return writer.finish();
}

function encodeCreate({ topic, settings }: CreateTopic): Buffer {
  const flags = settings === undefined ? NO_FLAGS : CreateFlag.settings;
  const size = fieldBytes(topic) + (settings === undefined ? 0 : settingsBytes(settings));
  const writer = begin(CommandKind.createTopic, flags, size).field(topic);
  if (settings !== undefined) writeSettings(writer, settings);
  return writer.finish();
}

function encodeUpdate({ topic, settings, version }: UpdateTopic): Buffer {
  const flags = version === undefined ? NO_FLAGS : VersionFlag.version;
  const size = fieldBytes(topic) + settingsBytes(settings) + numberBytes(version);
  const writer = begin(CommandKind.updateTopic, flags, size).field(topic);
  writeSettings(writer, settings);
  if (version !== undefined) writer.u64(version);
  return writer.finish();
}

function encodeDelete({ topic, version }: DeleteTopic): Buffer {
  const flags = version === undefined ? NO_FLAGS : VersionFlag.version;
  const size = fieldBytes(topic) + numberBytes(version);
  const writer = begin(CommandKind.deleteTopic, flags, size).field(topic);
  if (version !== undefined) writer.u64(version);
  return writer.finish();
}

function encodePause({ topic, publishing, receiving }: PauseTopic): Buffer {
  const paused = (publishing ? Paused.publishing : 0) | (receiving ? Paused.receiving : 0);
  const writer = begin(CommandKind.pauseTopic, NO_FLAGS, fieldBytes(topic) + 1);
  return writer.field(topic).u8(paused).finish();
}

function encodeRedrive({ topic, sequences, max, to, ratePerSecond }: Redrive): Buffer {
  const flags =
    (sequences === undefined ? 0 : RedriveFlag.sequences) |
    (max === undefined ? 0 : RedriveFlag.max) |
    (to === undefined ? 0 : RedriveFlag.to) |
    (ratePerSecond === undefined ? 0 : RedriveFlag.ratePerSecond);
  const size =
    fieldBytes(topic) +
    (sequences === undefined ? 0 : COUNT_BYTES + U64_BYTES * sequences.length) +
    numberBytes(max) +
    (to === undefined ? 0 : fieldBytes(to)) +
    numberBytes(ratePerSecond);
  const writer = begin(CommandKind.redrive, flags, size).field(topic);
  if (sequences !== undefined) {
    writer.u32(sequences.length);
    for (const sequence of sequences) writer.u64(sequence);
  }
  if (max !== undefined) writer.u64(max);
  if (to !== undefined) writer.field(to);
  if (ratePerSecond !== undefined) writer.u64(ratePerSecond);
  return writer.finish();
}

function encodePurge({ topic, state, olderThanMs }: Purge): Buffer {
  const flags = olderThanMs === undefined ? NO_FLAGS : PurgeFlag.olderThanMs;
  const size = fieldBytes(topic) + 1 + numberBytes(olderThanMs);
  const writer = begin(CommandKind.purge, flags, size).field(topic);
  writer.u8(PURGE_STATES.indexOf(state));
  if (olderThanMs !== undefined) writer.u64(olderThanMs);
  return writer.finish();
}

function encodeOnce({ key, command }: Once): Buffer {
  const bytes = encodeCommand(command);
  const writer = begin(CommandKind.once, NO_FLAGS, fieldBytes(key) + fieldBytes(bytes));
  return writer.field(key).field(bytes).finish();
}

function encodeRestoreBegin({ backupId, text }: RestoreBegin): Buffer {
  const size = fieldBytes(backupId) + fieldBytes(text);
  return begin(CommandKind.restoreBegin, NO_FLAGS, size).field(backupId).field(text).finish();
}

function encodeRestoreChunk({ number, chunk }: RestoreChunk): Buffer {
  const size = COUNT_BYTES + fieldBytes(chunk);
  return begin(CommandKind.restoreChunk, NO_FLAGS, size).u32(number).field(chunk).finish();
}

/** What is written behind the header has `size` bytes. */
function begin(kind: number, flags: number, size: number): ByteWriter {
  return new ByteWriter(HEADER_BYTES + size).u8(COMMAND_VERSION).u8(kind).u16(flags);
}

const numberBytes = (value: number | undefined): number => (value === undefined ? 0 : U64_BYTES);
