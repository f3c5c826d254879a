import { ByteReader } from '../bytes/byte-reader.ts';
import { COMMAND_VERSION, CommandKind, PublishFlag } from './command-encoding.ts';
import type { Command, NewMessage, ProducerStep, RestoreChunk } from './command.ts';
import { MESSAGES_PER_COMMAND_MAX, PRODUCER_ID_BYTES_MAX } from './limits.ts';

/** What `decodeCommand` gives: bodies are views into the decoded bytes. */
export type DecodedCommand =
  Exclude<Command, { kind: 'publish' | 'restore-chunk' }> | DecodedPublish | DecodedChunk;

export interface DecodedPublish {
  readonly kind: 'publish';
  readonly topic: string;
  readonly producer: ProducerStep | undefined;
  readonly messages: readonly DecodedMessage[];
}

export interface DecodedChunk extends RestoreChunk {
  readonly chunk: Buffer;
}

export interface DecodedMessage extends NewMessage {
  readonly body: Buffer;
}

/** Parses a command; `undefined` for anything that `encodeCommand` would not have written. Never throws. */
export function decodeCommand(bytes: Buffer): DecodedCommand | undefined {
  const reader = new ByteReader(bytes);
  if (reader.u8() !== COMMAND_VERSION) return undefined;
  const kind = reader.u8();
  const flags = reader.u16();
  const command =
    kind >= CommandKind.restoreBegin
      ? readRestore(reader, kind, flags)
      : readTopical(reader, kind, flags);
  return reader.complete ? command : undefined;
}

function readRestore(reader: ByteReader, kind: number, flags: number): DecodedCommand | undefined {
  if (flags !== 0) return undefined;
  switch (kind) {
    case CommandKind.restoreBegin:
      return { kind: 'restore-begin', backupId: reader.text(), text: reader.text() };
    case CommandKind.restoreChunk:
      return { kind: 'restore-chunk', number: reader.u32(), chunk: reader.field() };
    case CommandKind.restoreEnd:
      return { kind: 'restore-end' };
    default:
      return undefined;
  }
}

function readTopical(reader: ByteReader, kind: number, flags: number): DecodedCommand | undefined {
  const topic = reader.text();
  if (topic === '') return undefined;
  switch (kind) {
    case CommandKind.createTopic:
      return flags === 0 ? { kind: 'create-topic', topic } : undefined;
    case CommandKind.pop:
      return flags === 0 ? { kind: 'pop', topic } : undefined;
    case CommandKind.publish:
      if ((flags & ~PublishFlag.producer) !== 0) return undefined;
      return {
        kind: 'publish',
        topic,
        producer: (flags & PublishFlag.producer) === 0 ? undefined : readStep(reader),
        messages: readMessages(reader),
      };
    default:
      return undefined;
  }
}

function readStep(reader: ByteReader): ProducerStep {
  const id = reader.text();
  const epoch = reader.u64();
  const sequence = reader.u64();
  if (id === '' || Buffer.byteLength(id) > PRODUCER_ID_BYTES_MAX || sequence < 1) reader.fail();
  return { id, epoch, sequence };
}

function readMessages(reader: ByteReader): DecodedMessage[] {
  const count = reader.u32();
  if (count < 1 || count > MESSAGES_PER_COMMAND_MAX) reader.fail();
  const messages: DecodedMessage[] = [];
  while (messages.length < count && !reader.failed) messages.push(readMessage(reader));
  return messages;
}

function readMessage(reader: ByteReader): DecodedMessage {
  if (reader.u32() !== 0) reader.fail();
  return { contentType: reader.text(), body: reader.field() };
}
