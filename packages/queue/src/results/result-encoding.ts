import { assert } from '@rrmq/raft';
import { ByteWriter, COUNT_BYTES, fieldBytes } from '../bytes/byte-writer.ts';
import { attributesBytes, writeAttributes } from '../commands/attributes-encoding.ts';
import { TOKEN_BYTES } from '../commands/lease-token.ts';
import type { Delivery, Message, QueueResult, Refused, Settled } from './result.ts';

export type Success = Exclude<QueueResult, Refused>;

export const RESULT_VERSION = 1;

/** Numbers on disk: never reuse one. */
export const ResultKind = {
  topicCreated: 1,
  topicUpdated: 2,
  topicDeleted: 3,
  topicPaused: 4,
  published: 5,
  popped: 6,
  received: 7,
  settled: 8,
  redriven: 9,
  purged: 10,
  advanced: 11,
} as const;

/** Numbers on disk: never reuse one. */
export const SettledCode = {
  done: 0,
  already: 1,
  extended: 2,
  alreadyExtended: 3,
  'invalid-token': 4,
  'lease-lost': 5,
  'settled-otherwise': 6,
} as const;

/** Numbers on disk: never reuse one. */
export const KeptFlag = { key: 1, expiresAt: 2, dedupId: 4, attributes: 8 } as const;

const HEADER_BYTES = 2;
const U64_BYTES = 8;
const MESSAGE_BYTES = 4 + 8 + 8 + 1;
const DELIVERY_BYTES = TOKEN_BYTES + 4 + 4 + 8;

/**
 * What is kept under an idempotency key, little-endian: `| u8 version = 1 | u8 kind |`, then the fields of the result in
 * the order of `result.ts`: numbers u64, lists with a u32 count before them,
 * but `repeated` to the end. Booleans of a result are u64, too.
 *
 *     message    | u32 flags | u64 sequence | u64 published at | u8 priority | field content type | field body |
 *                | [1: field key] | [2: u64 expires at] | [4: field dedup id] | [8: attributes]
 *     delivery   | message | token, 28 bytes | u32 deliveries | u32 failures | u64 lease expires at |
 *     settled    | u8 code | [codes 2 and 3: u64 lease expires at]
 *     repeated   | u64 position | u64 sequence |
 */
export function encodeResult(result: Success): Buffer {
  switch (result.kind) {
    case 'topic-created':
      return numbers(ResultKind.topicCreated, [result.topicNumber]);
    case 'topic-updated':
      return numbers(ResultKind.topicUpdated, [result.topicNumber, result.version]);
    case 'topic-deleted':
      return numbers(ResultKind.topicDeleted, [result.topicNumber, result.messages]);
    case 'topic-paused':
      return numbers(ResultKind.topicPaused, [result.topicNumber]);
    case 'redriven':
      return numbers(ResultKind.redriven, [result.topicNumber, result.moved, result.remaining]);
    case 'purged':
      return numbers(ResultKind.purged, [result.topicNumber, result.purged, Number(result.goesOn)]);
    case 'advanced':
      return numbers(ResultKind.advanced, [result.steps]);
    case 'published': {
      const { topicNumber, firstSequence, count, duplicate, repeated } = result;
      const pairs = repeated.flatMap(({ position, sequence }) => [position, sequence]);
      return numbers(ResultKind.published, [
        topicNumber,
        firstSequence,
        count,
        Number(duplicate),
        ...pairs,
      ]);
    }
    case 'popped': {
      const size = U64_BYTES + messageBytes(result.message);
      const writer = begin(ResultKind.popped, size).u64(result.topicNumber);
      writeMessage(writer, result.message);
      return writer.finish();
    }
    case 'settled': {
      const size = U64_BYTES + settledBytes(result.settled);
      const writer = begin(ResultKind.settled, size).u64(result.topicNumber);
      writeSettled(writer, result.settled);
      return writer.finish();
    }
    case 'received': {
      const { topicNumber, settled, deliveries } = result;
      let size = U64_BYTES + settledBytes(settled) + COUNT_BYTES;
      for (const { message } of deliveries) size += messageBytes(message) + DELIVERY_BYTES;
      const writer = begin(ResultKind.received, size).u64(topicNumber);
      writeSettled(writer, settled);
      writer.u32(deliveries.length);
      for (const delivery of deliveries) writeDelivery(writer, delivery);
      return writer.finish();
    }
    case 'states-compared':
    case 'restore-begun':
    case 'restore-chunk-taken':
    case 'restored':
      assert(false, 'this is not executed under an idempotency key');
    // falls through
    default:
      return result satisfies never;
  }
}

function begin(kind: number, size: number): ByteWriter {
  return new ByteWriter(HEADER_BYTES + size).u8(RESULT_VERSION).u8(kind);
}

function numbers(kind: number, values: readonly number[]): Buffer {
  const writer = begin(kind, U64_BYTES * values.length);
  for (const value of values) writer.u64(value);
  return writer.finish();
}

function messageBytes({ contentType, body, key, expiresAt, dedupId, attributes }: Message): number {
  return (
    MESSAGE_BYTES +
    fieldBytes(contentType) +
    fieldBytes(body) +
    (key === undefined ? 0 : fieldBytes(key)) +
    (expiresAt === undefined ? 0 : U64_BYTES) +
    (dedupId === undefined ? 0 : fieldBytes(dedupId)) +
    (attributes.length === 0 ? 0 : attributesBytes(attributes))
  );
}

function writeMessage(writer: ByteWriter, message: Message): void {
  const { key, expiresAt, dedupId, attributes } = message;
  const flags =
    (key === undefined ? 0 : KeptFlag.key) |
    (expiresAt === undefined ? 0 : KeptFlag.expiresAt) |
    (dedupId === undefined ? 0 : KeptFlag.dedupId) |
    (attributes.length === 0 ? 0 : KeptFlag.attributes);
  writer.u32(flags).u64(message.sequence).u64(message.publishedAt).u8(message.priority);
  writer.field(message.contentType).field(message.body);
  if (key !== undefined) writer.field(key);
  if (expiresAt !== undefined) writer.u64(expiresAt);
  if (dedupId !== undefined) writer.field(dedupId);
  if (attributes.length > 0) writeAttributes(writer, attributes);
}

function writeDelivery(writer: ByteWriter, delivery: Delivery): void {
  assert(delivery.token.length === TOKEN_BYTES, 'a lease token has its length');
  writeMessage(writer, delivery.message);
  writer.bytes(delivery.token).u32(delivery.deliveries).u32(delivery.failures);
  writer.u64(delivery.leaseExpiresAt);
}

function settledBytes(settled: readonly Settled[]): number {
  let size = COUNT_BYTES + settled.length;
  for (const each of settled) if (each.ok && each.leaseExpiresAt !== undefined) size += U64_BYTES;
  return size;
}

function writeSettled(writer: ByteWriter, settled: readonly Settled[]): void {
  writer.u32(settled.length);
  for (const each of settled) {
    if (!each.ok) writer.u8(SettledCode[each.code]);
    else if (each.leaseExpiresAt === undefined) {
      writer.u8(each.already ? SettledCode.already : SettledCode.done);
    } else {
      writer.u8(each.already ? SettledCode.alreadyExtended : SettledCode.extended);
      writer.u64(each.leaseExpiresAt);
    }
  }
}
