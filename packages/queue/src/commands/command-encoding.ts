import { ByteWriter, LENGTH_BYTES, byteLength } from '../bytes/byte-writer.ts';
import type {
  Command,
  NewMessage,
  ProducerStep,
  Publish,
  RestoreBegin,
  RestoreChunk,
} from './command.ts';

/**
 * The bytes of a command, little-endian. They are in logs on disk: nothing here may change its meaning. What is added
 * later comes under a new kind or a new flag. The fields of flags stand in ascending order of their bits after the
 * fields that are always there; a bit that the decoder does not know makes the command malformed. (So a leader may use
 * a new kind or flag only when every member knows it.)
 *
 * A *field* is `| u32 length | as many bytes |`; text is UTF-8.
 *
 *     every command     | u8 version = 1 | u8 kind | u16 flags | field topic |          kinds 1 … 3
 *                       | u8 version = 1 | u8 kind | u16 flags: none |                 kinds from 4 on
 *     create-topic (1)  flags: none yet (settings of the topic will be)
 *     pop (3)           flags: none yet
 *     publish (2)       … | [flag 1: producer] | u32 count, 1 … 1000 | count × message |
 *     producer          | field id | u64 epoch | u64 sequence, from 1 |
 *     message           | u32 flags | field content type | field body |
 *                       flags: none yet (key, priority, delay, ttl, dedup id and attributes will be)
 *     restore-begin (4) … | field backup id | field text |
 *     restore-chunk (5) … | u32 number | field chunk |
 *     restore-end (6)   …
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
} as const;

export const PublishFlag = { producer: 1 } as const;

const HEADER_BYTES = 4;
const NO_FLAGS = 0;
const COUNT_BYTES = 4;
const STEP_NUMBERS_BYTES = 16;
const MESSAGE_FLAGS_BYTES = 4;

export function encodeCommand(command: Command): Buffer {
  switch (command.kind) {
    case 'create-topic':
      return encodeNamed(CommandKind.createTopic, command.topic);
    case 'pop':
      return encodeNamed(CommandKind.pop, command.topic);
    case 'publish':
      return encodePublish(command);
    case 'restore-begin':
      return encodeRestoreBegin(command);
    case 'restore-chunk':
      return encodeRestoreChunk(command);
    case 'restore-end':
      return writeHeader(new ByteWriter(HEADER_BYTES), CommandKind.restoreEnd, NO_FLAGS).finish();
    default:
      return command satisfies never;
  }
}

function encodeNamed(kind: number, topic: string): Buffer {
  const writer = new ByteWriter(HEADER_BYTES + fieldBytes(topic));
  return writeHeader(writer, kind, NO_FLAGS).field(topic).finish();
}

function encodePublish({ topic, producer, messages }: Publish): Buffer {
  const flags = producer === undefined ? NO_FLAGS : PublishFlag.producer;
  let size = HEADER_BYTES + fieldBytes(topic) + stepBytes(producer) + COUNT_BYTES;
  for (const message of messages) size += messageBytes(message);
  const writer = writeHeader(new ByteWriter(size), CommandKind.publish, flags).field(topic);
  if (producer !== undefined) {
    writer.field(producer.id).u64(producer.epoch).u64(producer.sequence);
  }
  writer.u32(messages.length);
  for (const { contentType, body } of messages) {
    writer.u32(NO_FLAGS).field(contentType).field(body);
  }
  return writer.finish();
}

function encodeRestoreBegin({ backupId, text }: RestoreBegin): Buffer {
  const writer = new ByteWriter(HEADER_BYTES + fieldBytes(backupId) + fieldBytes(text));
  const headed = writeHeader(writer, CommandKind.restoreBegin, NO_FLAGS);
  return headed.field(backupId).field(text).finish();
}

function encodeRestoreChunk({ number, chunk }: RestoreChunk): Buffer {
  const writer = new ByteWriter(HEADER_BYTES + COUNT_BYTES + fieldBytes(chunk));
  return writeHeader(writer, CommandKind.restoreChunk, NO_FLAGS).u32(number).field(chunk).finish();
}

function writeHeader(writer: ByteWriter, kind: number, flags: number): ByteWriter {
  return writer.u8(COMMAND_VERSION).u8(kind).u16(flags);
}

const fieldBytes = (bytes: Uint8Array | string): number => LENGTH_BYTES + byteLength(bytes);

const stepBytes = (step: ProducerStep | undefined): number =>
  step === undefined ? 0 : fieldBytes(step.id) + STEP_NUMBERS_BYTES;

const messageBytes = ({ contentType, body }: NewMessage): number =>
  MESSAGE_FLAGS_BYTES + fieldBytes(contentType) + fieldBytes(body);
