import type { ByteReader } from '../bytes/byte-reader.ts';
import { NO_ATTRIBUTES, readAttributes } from './attributes-encoding.ts';
import type { Attributes, ProducerStep } from './command.ts';
import {
  DELAY_MS_MAX,
  KEY_BYTES_MAX,
  MESSAGES_PER_COMMAND_MAX,
  PRIORITY_DEFAULT,
  PRIORITY_MAX,
  PRODUCER_ID_BYTES_MAX,
  TTL_MS_MAX,
} from './limits.ts';
import { MessageFlag, PublishFlag } from './publish-encoding.ts';

export interface DecodedPublish {
  readonly kind: 'publish';
  readonly topic: string;
  readonly producer: ProducerStep | undefined;
  readonly messages: readonly DecodedMessage[];
}

/** A new message with all fields there, `undefined` where absent, so that all have one shape. */
export interface DecodedMessage {
  readonly contentType: string;
  /** A view. */
  readonly body: Buffer;
  readonly key: string | undefined;
  readonly priority: number;
  readonly delayMs: number | undefined;
  readonly deliverAt: number | undefined;
  readonly ttlMs: number | undefined;
  readonly dedupId: string | undefined;
  readonly attributes: Attributes;
}

const KNOWN_FLAGS = 127;
const DELAY_AND_TIME = MessageFlag.delayMs | MessageFlag.deliverAt;

export function readPublish(reader: ByteReader, flags: number, topic: string): DecodedPublish {
  if ((flags & ~PublishFlag.producer) !== 0) reader.fail();
  const producer = (flags & PublishFlag.producer) === 0 ? undefined : readStep(reader);
  const knownFlags = producer === undefined ? KNOWN_FLAGS : KNOWN_FLAGS & ~MessageFlag.dedupId;
  const count = reader.u32Within(1, MESSAGES_PER_COMMAND_MAX);
  const messages: DecodedMessage[] = [];
  while (messages.length < count && !reader.failed) messages.push(readMessage(reader, knownFlags));
  return { kind: 'publish', topic, producer, messages };
}

function readStep(reader: ByteReader): ProducerStep {
  const id = reader.textWithin(1, PRODUCER_ID_BYTES_MAX);
  return { id, epoch: reader.u64(), sequence: reader.u64From(1) };
}

function readMessage(reader: ByteReader, knownFlags: number): DecodedMessage {
  const flags = reader.u32();
  if (flags !== 0) checkFlags(reader, flags, knownFlags);
  return {
    contentType: reader.text(),
    body: reader.field(),
    key: (flags & MessageFlag.key) === 0 ? undefined : reader.textWithin(1, KEY_BYTES_MAX),
    priority: (flags & MessageFlag.priority) === 0 ? PRIORITY_DEFAULT : readPriority(reader),
    delayMs: (flags & MessageFlag.delayMs) === 0 ? undefined : reader.u64Within(0, DELAY_MS_MAX),
    deliverAt: (flags & MessageFlag.deliverAt) === 0 ? undefined : reader.u64(),
    ttlMs: (flags & MessageFlag.ttlMs) === 0 ? undefined : reader.u64Within(1, TTL_MS_MAX),
    dedupId: (flags & MessageFlag.dedupId) === 0 ? undefined : reader.textWithin(1, KEY_BYTES_MAX),
    attributes: (flags & MessageFlag.attributes) === 0 ? NO_ATTRIBUTES : readAttributes(reader),
  };
}

function checkFlags(reader: ByteReader, flags: number, knownFlags: number): void {
  if ((flags & ~knownFlags) !== 0) reader.fail();
  if ((flags & DELAY_AND_TIME) === DELAY_AND_TIME) reader.fail();
}

/** The default one is never written. */
function readPriority(reader: ByteReader): number {
  const priority = reader.u8();
  if (priority > PRIORITY_MAX || priority === PRIORITY_DEFAULT) reader.fail();
  return priority;
}
