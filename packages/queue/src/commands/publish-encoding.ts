import { type ByteWriter, COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import { attributesBytes, writeAttributes } from './attributes-encoding.ts';
import { CommandKind, NO_FLAGS, beginCommand } from './command-header.ts';
import type { NewMessage, ProducerStep, Publish } from './command.ts';
import { PRIORITY_DEFAULT } from './limits.ts';

/** Numbers on disk: never reuse one. */
export const PublishFlag = { producer: 1 } as const;

/** Numbers on disk: never reuse one. */
export const MessageFlag = {
  key: 1,
  priority: 2,
  delayMs: 4,
  deliverAt: 8,
  ttlMs: 16,
  dedupId: 32,
  attributes: 64,
} as const;

const STEP_NUMBERS_BYTES = 16;
const FLAGS_BYTES = 4;
const PRIORITY_BYTES = 1;
const TIME_BYTES = 8;

export function encodePublish({ topic, producer, messages }: Publish): Buffer {
  const flags = producer === undefined ? NO_FLAGS : PublishFlag.producer;
  let size = fieldBytes(topic) + stepBytes(producer) + COUNT_BYTES;
  for (const message of messages) size += messageBytes(message);
  const writer = beginCommand(CommandKind.publish, flags, size).field(topic);
  if (producer !== undefined) {
    writer.field(producer.id).u64(producer.epoch).u64(producer.sequence);
  }
  writer.u32(messages.length);
  for (const message of messages) writeMessage(writer, message);
  return writer.finish();
}

const stepBytes = (step: ProducerStep | undefined): number =>
  step === undefined ? 0 : fieldBytes(step.id) + STEP_NUMBERS_BYTES;

function messageBytes(message: NewMessage): number {
  const { contentType, body, key, dedupId, attributes } = message;
  const flags = flagsOf(message);
  let size = FLAGS_BYTES + fieldBytes(contentType) + fieldBytes(body);
  if (flags === 0) return size;
  if (key !== undefined) size += fieldBytes(key);
  if ((flags & MessageFlag.priority) !== 0) size += PRIORITY_BYTES;
  if ((flags & MessageFlag.delayMs) !== 0) size += TIME_BYTES;
  if ((flags & MessageFlag.deliverAt) !== 0) size += TIME_BYTES;
  if ((flags & MessageFlag.ttlMs) !== 0) size += TIME_BYTES;
  if (dedupId !== undefined) size += fieldBytes(dedupId);
  if (attributes !== undefined && attributes.length > 0) size += attributesBytes(attributes);
  return size;
}

function writeMessage(writer: ByteWriter, message: NewMessage): void {
  const flags = flagsOf(message);
  writer.u32(flags).field(message.contentType).field(message.body);
  if (flags !== 0) writeOptions(writer, message);
}

function writeOptions(writer: ByteWriter, message: NewMessage): void {
  const { key, priority, delayMs, deliverAt, ttlMs, dedupId, attributes } = message;
  if (key !== undefined) writer.field(key);
  if (priority !== undefined && priority !== PRIORITY_DEFAULT) writer.u8(priority);
  if (delayMs !== undefined) writer.u64(delayMs);
  if (deliverAt !== undefined) writer.u64(deliverAt);
  if (ttlMs !== undefined) writer.u64(ttlMs);
  if (dedupId !== undefined) writer.field(dedupId);
  if (attributes !== undefined && attributes.length > 0) writeAttributes(writer, attributes);
}

/** What says the same has the same bytes: the default priority, and no attributes, are left out. */
function flagsOf(message: NewMessage): number {
  const { key, priority, delayMs, deliverAt, ttlMs, dedupId, attributes } = message;
  return (
    (key === undefined ? 0 : MessageFlag.key) |
    (priority === undefined || priority === PRIORITY_DEFAULT ? 0 : MessageFlag.priority) |
    (delayMs === undefined ? 0 : MessageFlag.delayMs) |
    (deliverAt === undefined ? 0 : MessageFlag.deliverAt) |
    (ttlMs === undefined ? 0 : MessageFlag.ttlMs) |
    (dedupId === undefined ? 0 : MessageFlag.dedupId) |
    (attributes === undefined || attributes.length === 0 ? 0 : MessageFlag.attributes)
  );
}
