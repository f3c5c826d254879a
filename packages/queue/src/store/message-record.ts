import type { Arena } from '../bytes/arena.ts';
import type { ByteReader } from '../bytes/byte-reader.ts';
import { ByteWriter, LENGTH_BYTES, byteLength } from '../bytes/byte-writer.ts';
import { NO_ATTRIBUTES } from '../commands/attributes-encoding.ts';
import { PRIORITY_DEFAULT } from '../commands/limits.ts';
import type { Message } from '../results/result.ts';
import { CHECKSUM_BYTES, VERSION_BYTES, ensureComplete, openValue, seal } from './sealing.ts';
import { MESSAGE_KEY_BYTES, writeMessageKey } from './store-keys.ts';
import type { StoreEntry } from './store.ts';

/**
 * The value of a message, little-endian, as it stands in stores on disk:
 *
 *     | u8 version = 1 | u64 published at | field content type | the body | u32 crc32 |     of earlier releases
 *     | u8 version = 2 | message | u32 crc32 |
 *     message  | u16 flags | u64 published at | field content type | u8 priority
 *              | [1: field key] | [2: u64 expires at] | [4: field dedup id]
 *              | [8: u16 count | count × (field name | field value)] | the body |
 */
const VERSION = 2;
const PLAIN_VERSION = 1;

const Flag = { key: 1, expiresAt: 2, dedupId: 4, attributes: 8 } as const;
const FIXED_BYTES = 11 + LENGTH_BYTES;

export function encodeMessage(place: number, message: Message, arena: Arena): StoreEntry {
  const size = MESSAGE_KEY_BYTES + VERSION_BYTES + messageBytes(message) + CHECKSUM_BYTES;
  const writer = writeMessageKey(new ByteWriter(arena.take(size)), place, message.sequence);
  return seal(writeMessage(writer.u8(VERSION), message), MESSAGE_KEY_BYTES);
}

/** The body is a view into the value. */
export function decodeMessage(sequence: number, entry: StoreEntry): Message {
  const { version, reader } = openValue(entry, [PLAIN_VERSION, VERSION]);
  const message = version === VERSION ? readMessage(reader, sequence) : readPlain(reader, sequence);
  ensureComplete(reader, entry.key);
  return message;
}

/** What `writeMessage` writes. */
export function messageBytes(message: Message): number {
  const { contentType, body, key, expiresAt, dedupId, attributes } = message;
  let bytes = FIXED_BYTES + byteLength(contentType) + body.length;
  if (key !== undefined) bytes += LENGTH_BYTES + byteLength(key);
  if (expiresAt !== undefined) bytes += 8;
  if (dedupId !== undefined) bytes += LENGTH_BYTES + byteLength(dedupId);
  if (attributes.length > 0) bytes += 2;
  for (const [name, value] of attributes) {
    bytes += 2 * LENGTH_BYTES + byteLength(name) + byteLength(value);
  }
  return bytes;
}

/** Writes a message but its sequence; the body comes last. */
export function writeMessage(writer: ByteWriter, message: Message): ByteWriter {
  const { contentType, body, publishedAt, priority, key, expiresAt, dedupId } = message;
  const { attributes } = message;
  writer.u16(flagsOf(message)).u64(publishedAt).field(contentType).u8(priority);
  if (key !== undefined) writer.field(key);
  if (expiresAt !== undefined) writer.u64(expiresAt);
  if (dedupId !== undefined) writer.field(dedupId);
  if (attributes.length > 0) writer.u16(attributes.length);
  for (const [name, value] of attributes) writer.field(name).field(value);
  return writer.bytes(body);
}

/** The body is a view. Fails the reader when the bytes are no message. */
export function readMessage(reader: ByteReader, sequence: number): Message {
  const flags = reader.u16();
  if (flags > 15) reader.fail();
  const publishedAt = reader.u64();
  const contentType = reader.text();
  const priority = reader.u8();
  const key = (flags & Flag.key) === 0 ? undefined : reader.text();
  const expiresAt = (flags & Flag.expiresAt) === 0 ? undefined : reader.u64();
  const dedupId = (flags & Flag.dedupId) === 0 ? undefined : reader.text();
  const attributes = (flags & Flag.attributes) === 0 ? NO_ATTRIBUTES : readAttributes(reader);
  const body = reader.rest();
  return {
    sequence,
    contentType,
    body,
    publishedAt,
    key,
    priority,
    attributes,
    expiresAt,
    dedupId,
  };
}

function flagsOf({ key, expiresAt, dedupId, attributes }: Message): number {
  return (
    (key === undefined ? 0 : Flag.key) |
    (expiresAt === undefined ? 0 : Flag.expiresAt) |
    (dedupId === undefined ? 0 : Flag.dedupId) |
    (attributes.length === 0 ? 0 : Flag.attributes)
  );
}

function readAttributes(reader: ByteReader): Message['attributes'] {
  const count = reader.u16();
  const attributes: [string, string][] = [];
  while (attributes.length < count && !reader.failed) {
    attributes.push([reader.text(), reader.text()]);
  }
  return attributes;
}

function readPlain(reader: ByteReader, sequence: number): Message {
  const [publishedAt, contentType, body] = [reader.u64(), reader.text(), reader.rest()];
  const extras = { key: undefined, attributes: NO_ATTRIBUTES, expiresAt: undefined };
  const priority = PRIORITY_DEFAULT;
  return { sequence, contentType, body, publishedAt, priority, dedupId: undefined, ...extras };
}
