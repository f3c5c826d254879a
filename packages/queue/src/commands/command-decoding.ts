import { ByteReader } from '../bytes/byte-reader.ts';
import {
  COMMAND_VERSION,
  CommandKind,
  CreateFlag,
  PURGE_STATES,
  Paused,
  PurgeFlag,
  ReceiveFlag,
  RedriveFlag,
  VersionFlag,
} from './command-encoding.ts';
import type {
  Advance,
  CreateTopic,
  DeleteTopic,
  PauseTopic,
  Pop,
  Purge,
  Receive,
  Redrive,
  RestoreBegin,
  RestoreChunk,
  RestoreEnd,
  Settle,
  UpdateTopic,
} from './command.ts';
import { SECRET_BYTES } from './lease-token.ts';
import { KEY_BYTES_MAX, LEASE_MS_MAX, LEASE_MS_MIN, MESSAGES_PER_COMMAND_MAX } from './limits.ts';
import { type DecodedPublish, readPublish } from './publish-decoding.ts';
import { readSettings } from './settings-encoding.ts';
import { type DecodedSettlement, readSettlements } from './settlement-decoding.ts';

export type { DecodedMessage, DecodedPublish } from './publish-decoding.ts';
export type { DecodedSettlement } from './settlement-decoding.ts';

/** What `decodeCommand` gives: bodies, tokens and the like are views into the decoded bytes. */
export type DecodedCommand =
  DecodedPlainCommand | DecodedOnce | RestoreBegin | DecodedChunk | RestoreEnd;

export type DecodedPlainCommand =
  | CreateTopic
  | UpdateTopic
  | DeleteTopic
  | PauseTopic
  | DecodedPublish
  | Pop
  | DecodedReceive
  | DecodedSettle
  | Redrive
  | Purge
  | Advance;

export interface DecodedReceive extends Omit<Receive, 'settle' | 'secret'> {
  readonly settle: readonly DecodedSettlement[];
  /** Of `SECRET_BYTES`. */
  readonly secret?: Buffer;
}

export interface DecodedSettle extends Omit<Settle, 'settle'> {
  readonly settle: readonly DecodedSettlement[];
}

export interface DecodedOnce {
  readonly kind: 'once';
  readonly key: string;
  readonly command: DecodedPlainCommand;
  /** The command as it stood. */
  readonly bytes: Buffer;
}

export interface DecodedChunk extends RestoreChunk {
  readonly chunk: Buffer;
}

/** For fields that are set one by one, because an absent one stays absent. */
type Draft<Type> = { -readonly [Field in keyof Type]: Type[Field] };

/** Parses a command; `undefined` for anything that `encodeCommand` would not have written. Never throws. */
export function decodeCommand(bytes: Buffer): DecodedCommand | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== COMMAND_VERSION) return undefined;
  const kind = reader.u8();
  const flags = reader.u16();
  const command = hasTopic(kind)
    ? readTopical(reader, kind, flags)
    : readOther(reader, kind, flags);
  return reader.complete ? command : undefined;
}

const hasTopic = (kind: number): boolean =>
  kind < CommandKind.restoreBegin || (kind > CommandKind.restoreEnd && kind < CommandKind.advance);

function readOther(reader: ByteReader, kind: number, flags: number): DecodedCommand | undefined {
  if (flags !== 0) return undefined;
  switch (kind) {
    case CommandKind.restoreBegin:
      return { kind: 'restore-begin', backupId: reader.text(), text: reader.text() };
    case CommandKind.restoreChunk:
      return { kind: 'restore-chunk', number: reader.u32(), chunk: reader.field() };
    case CommandKind.restoreEnd:
      return { kind: 'restore-end' };
    case CommandKind.advance:
      return { kind: 'advance' };
    case CommandKind.once:
      return readOnce(reader);
    default:
      return undefined;
  }
}

function readOnce(reader: ByteReader): DecodedOnce | undefined {
  const key = reader.textWithin(1, KEY_BYTES_MAX);
  const bytes = reader.field();
  // Looked at before it is decoded, so that none holds another one, which would hold another one, …
  if (bytes[1] === CommandKind.once) return undefined;
  const command = decodeCommand(bytes);
  return command === undefined || !isPlain(command)
    ? undefined
    : { kind: 'once', key, command, bytes };
}

function isPlain(command: DecodedCommand): command is DecodedPlainCommand {
  switch (command.kind) {
    case 'once':
    case 'restore-begin':
    case 'restore-chunk':
    case 'restore-end':
      return false;
    default:
      return true;
  }
}

function readTopical(
  reader: ByteReader,
  kind: number,
  flags: number,
): DecodedPlainCommand | undefined {
  const topic = reader.text();
  if (topic === '') return undefined;
  switch (kind) {
    case CommandKind.publish:
      return readPublish(reader, flags, topic);
    case CommandKind.receive:
      return readReceive(reader, flags, topic);
    case CommandKind.settle:
      return flags === 0 ? readSettle(reader, topic) : undefined;
    case CommandKind.pop:
      return flags === 0 ? { kind: 'pop', topic } : undefined;
    case CommandKind.createTopic:
      return readCreate(reader, flags, topic);
    case CommandKind.updateTopic:
      return readUpdate(reader, flags, topic);
    case CommandKind.deleteTopic:
      return readDelete(reader, flags, topic);
    case CommandKind.pauseTopic:
      return flags === 0 ? readPause(reader, topic) : undefined;
    case CommandKind.redrive:
      return readRedrive(reader, flags, topic);
    case CommandKind.purge:
      return readPurge(reader, flags, topic);
    default:
      return undefined;
  }
}

function readReceive(reader: ByteReader, flags: number, topic: string): DecodedReceive {
  if ((flags & ~(ReceiveFlag.leaseMs | ReceiveFlag.secret)) !== 0) reader.fail();
  const max = reader.u32Within(0, MESSAGES_PER_COMMAND_MAX);
  const settle = readSettlements(reader, reader.u32Within(0, MESSAGES_PER_COMMAND_MAX - max));
  const command: Draft<DecodedReceive> = { kind: 'receive', topic, max, settle };
  if ((flags & ReceiveFlag.leaseMs) !== 0) {
    command.leaseMs = reader.u32Within(LEASE_MS_MIN, LEASE_MS_MAX);
  }
  if ((flags & ReceiveFlag.secret) !== 0) command.secret = reader.view(SECRET_BYTES);
  return command;
}

function readSettle(reader: ByteReader, topic: string): DecodedSettle {
  const count = reader.u32Within(1, MESSAGES_PER_COMMAND_MAX);
  return { kind: 'settle', topic, settle: readSettlements(reader, count) };
}

function readCreate(reader: ByteReader, flags: number, topic: string): CreateTopic {
  if (flags === 0) return { kind: 'create-topic', topic };
  if (flags !== CreateFlag.settings) reader.fail();
  return { kind: 'create-topic', topic, settings: readSettings(reader) };
}

function readUpdate(reader: ByteReader, flags: number, topic: string): UpdateTopic {
  const settings = readSettings(reader);
  if (flags === 0) return { kind: 'update-topic', topic, settings };
  return { kind: 'update-topic', topic, settings, version: readVersion(reader, flags) };
}

function readDelete(reader: ByteReader, flags: number, topic: string): DeleteTopic {
  if (flags === 0) return { kind: 'delete-topic', topic };
  return { kind: 'delete-topic', topic, version: readVersion(reader, flags) };
}

function readVersion(reader: ByteReader, flags: number): number {
  if (flags !== VersionFlag.version) reader.fail();
  return reader.u64From(1);
}

function readPause(reader: ByteReader, topic: string): PauseTopic {
  const paused = reader.u8();
  if (paused > (Paused.publishing | Paused.receiving)) reader.fail();
  const publishing = (paused & Paused.publishing) !== 0;
  return { kind: 'pause-topic', topic, publishing, receiving: (paused & Paused.receiving) !== 0 };
}

const ALL_REDRIVE_FLAGS = 15;
const SEQUENCES_AND_RATE = RedriveFlag.sequences | RedriveFlag.ratePerSecond;

function readRedrive(reader: ByteReader, flags: number, topic: string): Redrive {
  if (flags > ALL_REDRIVE_FLAGS) reader.fail();
  if ((flags & SEQUENCES_AND_RATE) === SEQUENCES_AND_RATE) reader.fail();
  const command: Draft<Redrive> = { kind: 'redrive', topic };
  if ((flags & RedriveFlag.sequences) !== 0) command.sequences = readSequences(reader);
  if ((flags & RedriveFlag.max) !== 0) command.max = reader.u64From(1);
  if ((flags & RedriveFlag.to) !== 0) {
    command.to = reader.text();
    if (command.to === '') reader.fail();
  }
  if ((flags & RedriveFlag.ratePerSecond) !== 0) command.ratePerSecond = reader.u64From(1);
  return command;
}

function readSequences(reader: ByteReader): number[] {
  const count = reader.u32Within(0, MESSAGES_PER_COMMAND_MAX);
  const sequences: number[] = [];
  while (sequences.length < count && !reader.failed) sequences.push(reader.u64());
  return sequences;
}

function readPurge(reader: ByteReader, flags: number, topic: string): Purge {
  const state = reader.oneOf(PURGE_STATES);
  if (flags === 0) return { kind: 'purge', topic, state };
  if (flags !== PurgeFlag.olderThanMs) reader.fail();
  return { kind: 'purge', topic, state, olderThanMs: reader.u64() };
}
