import { ByteReader } from '../bytes/byte-reader.ts';
import { COMMAND_VERSION, CommandKind } from './command-header.ts';
import type {
  Advance,
  CompareStates,
  CreateTopic,
  DeleteTopic,
  PauseTopic,
  Pop,
  Purge,
  Redrive,
  RestoreBegin,
  RestoreChunk,
  RestoreEnd,
  UpdateTopic,
} from './command.ts';
import { KEY_BYTES_MAX } from './limits.ts';
import { type DecodedPublish, readPublish } from './publish-decoding.ts';
import { readPurge } from './purge-encoding.ts';
import { type DecodedReceive, readReceive } from './receive-decoding.ts';
import { readRedrive } from './redrive-encoding.ts';
import { type DecodedSettle, readSettle } from './settlement-decoding.ts';
import { readCreate, readDelete, readPause, readUpdate } from './topic-decoding.ts';

export type { DecodedMessage, DecodedPublish } from './publish-decoding.ts';
export type { DecodedReceive } from './receive-decoding.ts';
export type { DecodedSettle, DecodedSettlement } from './settlement-decoding.ts';

/** What `decodeCommand` gives: bodies, tokens and the like are views into the decoded bytes. */
export type DecodedCommand =
  DecodedPlainCommand | DecodedOnce | CompareStates | RestoreBegin | DecodedChunk | RestoreEnd;

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
    case CommandKind.compareStates:
      return { kind: 'compare-states', index: reader.u64(), hash: reader.u64() };
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
    case 'compare-states':
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
