import { crc32 } from 'node:zlib';
import type { Arena } from '../bytes/arena.ts';
import { ByteReader } from '../bytes/byte-reader.ts';
import { type Bytes, ByteWriter, LENGTH_BYTES, byteLength } from '../bytes/byte-writer.ts';
import { ANSWERS_PER_PRODUCER_MAX } from '../commands/limits.ts';
import type { Answer, ProducerMemory } from '../state/producers.ts';
import type { RestoreProgress } from '../state/restore-progress.ts';
import type { Message } from '../results/result.ts';
import {
  KeyKind,
  MESSAGE_KEY_BYTES,
  META_KEY,
  PLACE_KEY_BYTES,
  RESTORE_KEY,
  placeKey,
  writeMessageKey,
} from './store-keys.ts';
import { type StoreEntry, StoreCorrupt } from './store.ts';

/**
 * The values of the store, little-endian; a *field* is `| u32 length | as many bytes |`, text is UTF-8. They stand in
 * stores on disk and travel in snapshots and backups, between releases: a version keeps its meaning, and each release
 * reads those of all before it. Keys: `store-keys.ts`.
 *
 *     every value   | u8 version = 1 | fields | u32 crc32 of the key and all before |
 *
 *     meta          | u16 format = 1 | u64 index | u64 at | u64 state hash | u64 topics created
 *                   | u64 places used | u64 floor | u64 publishes by producers |
 *                   The format says what keys and values there are; another one is refused.
 *     topic         | u64 number | field name | u64 last sequence | u64 popped | u64 ready bytes
 *                   | u64 cleared: messages up to this sequence are not in the store |
 *     message       | u64 published at | field content type | the body |
 *     producer      | u64 epoch | u64 sequence | u64 order | u32 count | count × answer: u64 first, u32 count |
 *     restore       | field backup id | field text | u64 base place | u32 next chunk | u64 records | u32 checksum
 *                   | u8 complete | u64 topics created | u64 places used | u64 publishes
 *                   | u64 last topic number | u64 messages awaited
 *                   | field: the start of a record that is not all here yet |
 */
const STORE_FORMAT = 1;

const VERSION = 1;
const VERSION_BYTES = 1;
const CHECKSUM_BYTES = 4;
const U16_BYTES = 2;
const U32_BYTES = 4;
const U64_BYTES = 8;
const ANSWER_BYTES = U64_BYTES + U32_BYTES;

/** What the store says of the whole state. */
export interface StoreMeta {
  readonly index: number;
  readonly at: number;
  readonly hash: number;
  readonly topicsCreated: number;
  readonly placesUsed: number;
  readonly floor: number;
  readonly publishes: number;
}

/** What the store says of a topic. */
export interface TopicRecord {
  readonly place: number;
  readonly number: number;
  readonly name: string;
  readonly lastSequence: number;
  readonly popped: number;
  readonly readyBytes: number;
  readonly cleared: number;
}

export function encodeMeta(meta: StoreMeta): StoreEntry {
  const writer = begin(META_KEY, U16_BYTES + 7 * U64_BYTES).u16(STORE_FORMAT);
  writer.u64(meta.index).u64(meta.at).u64(meta.hash).u64(meta.topicsCreated);
  return seal(writer.u64(meta.placesUsed).u64(meta.floor).u64(meta.publishes), META_KEY.length);
}

export function decodeMeta(value: Buffer): StoreMeta {
  const reader = openValue(META_KEY, value);
  const format = reader.u16();
  if (format !== STORE_FORMAT) {
    throw new StoreCorrupt(`the store has format ${format}; this release knows ${STORE_FORMAT}`);
  }
  const [index, at, hash, topicsCreated] = [reader.u64(), reader.u64(), reader.u64(), reader.u64()];
  const [placesUsed, floor, publishes] = [reader.u64(), reader.u64(), reader.u64()];
  ensureComplete(reader, META_KEY);
  return { index, at, hash, topicsCreated, placesUsed, floor, publishes };
}

export function encodeTopic(topic: TopicRecord): StoreEntry {
  const { place, number, name, lastSequence, popped, readyBytes, cleared } = topic;
  const key = placeKey(KeyKind.topic, place);
  const writer = begin(key, 5 * U64_BYTES + fieldBytes(name))
    .u64(number)
    .field(name);
  return seal(writer.u64(lastSequence).u64(popped).u64(readyBytes).u64(cleared), key.length);
}

export function decodeTopic(place: number, { key, value }: StoreEntry): TopicRecord {
  const reader = openValue(key, value);
  const number = reader.u64();
  const name = reader.text();
  const [lastSequence, popped, readyBytes] = [reader.u64(), reader.u64(), reader.u64()];
  const cleared = reader.u64();
  if (name === '' || popped > lastSequence || cleared > popped) reader.fail();
  ensureComplete(reader, key);
  return { place, number, name, lastSequence, popped, readyBytes, cleared };
}

export function encodeMessage(place: number, message: Message, arena: Arena): StoreEntry {
  const { sequence, publishedAt, contentType, body } = message;
  const fields = U64_BYTES + fieldBytes(contentType) + body.length;
  const size = MESSAGE_KEY_BYTES + VERSION_BYTES + fields + CHECKSUM_BYTES;
  const writer = writeMessageKey(new ByteWriter(arena.take(size)), place, sequence).u8(VERSION);
  return seal(writer.u64(publishedAt).field(contentType).bytes(body), MESSAGE_KEY_BYTES);
}

/** The body is a view into the value. */
export function decodeMessage(sequence: number, { key, value }: StoreEntry): Message {
  const reader = openValue(key, value);
  const publishedAt = reader.u64();
  const contentType = reader.text();
  const body = reader.rest();
  ensureComplete(reader, key);
  return { sequence, contentType, body, publishedAt };
}

/** The producer `id` in the topic at a place. */
export function producerKey(place: number, id: string): Buffer {
  return Buffer.concat([placeKey(KeyKind.producer, place), Buffer.from(id)]);
}

export function encodeProducer(memory: ProducerMemory): StoreEntry {
  const { place, id, epoch, sequence, order, answers } = memory;
  const key = producerKey(place, id);
  const size = 3 * U64_BYTES + U32_BYTES + answers.length * ANSWER_BYTES;
  const writer = begin(key, size).u64(epoch).u64(sequence).u64(order).u32(answers.length);
  for (const { first, count } of answers) writer.u64(first).u32(count);
  return seal(writer, key.length);
}

export function decodeProducer(place: number, { key, value }: StoreEntry): ProducerMemory {
  const id = key.toString('utf8', PLACE_KEY_BYTES);
  const reader = openValue(key, value);
  const [epoch, sequence, order] = [reader.u64(), reader.u64(), reader.u64()];
  const count = reader.u32();
  if (count < 1 || count > ANSWERS_PER_PRODUCER_MAX) reader.fail();
  const answers: Answer[] = [];
  while (answers.length < count && !reader.failed) {
    answers.push({ first: reader.u64(), count: reader.u32() });
  }
  ensureComplete(reader, key);
  return { place, id, epoch, sequence, order, answers };
}

export function encodeRestore(progress: RestoreProgress): StoreEntry {
  const { backupId, text, base, nextChunk, stream, source } = progress;
  const variable = fieldBytes(backupId) + fieldBytes(text) + fieldBytes(stream.rest);
  const size = variable + 7 * U64_BYTES + 2 * U32_BYTES + 1;
  const writer = begin(RESTORE_KEY, size).field(backupId).field(text).u64(base).u32(nextChunk);
  writer
    .u64(stream.records)
    .u32(stream.checksum)
    .u8(stream.complete ? 1 : 0);
  writer.u64(source.topicsCreated).u64(source.placesUsed).u64(source.publishes);
  writer.u64(progress.lastNumber).u64(progress.awaited).field(stream.rest);
  return seal(writer, RESTORE_KEY.length);
}

export function decodeRestore(value: Buffer): RestoreProgress {
  const reader = openValue(RESTORE_KEY, value);
  const [backupId, text] = [reader.text(), reader.text()];
  const [base, nextChunk] = [reader.u64(), reader.u32()];
  const [records, checksum, complete] = [reader.u64(), reader.u32(), reader.u8() === 1];
  const source = {
    topicsCreated: reader.u64(),
    placesUsed: reader.u64(),
    publishes: reader.u64(),
  };
  const [lastNumber, awaited, rest] = [reader.u64(), reader.u64(), Buffer.from(reader.field())];
  ensureComplete(reader, RESTORE_KEY);
  const stream = { records, checksum, complete, rest };
  return { backupId, text, base, nextChunk, stream, source, lastNumber, awaited };
}

const fieldBytes = (bytes: Bytes): number => LENGTH_BYTES + byteLength(bytes);

/** Begins a value whose fields take so many bytes, behind its key. */
function begin(key: Buffer, fields: number): ByteWriter {
  const size = key.length + VERSION_BYTES + fields + CHECKSUM_BYTES;
  return new ByteWriter(size).bytes(key).u8(VERSION);
}

/** Ends a value and takes it apart from its key. */
function seal(writer: ByteWriter, keyBytes: number): StoreEntry {
  const bytes = writer.checksum().finish();
  return { key: bytes.subarray(0, keyBytes), value: bytes.subarray(keyBytes) };
}

/** A reader of the fields of a value whose checksum and version are right. */
function openValue(key: Buffer, value: Buffer): ByteReader {
  const end = value.length - CHECKSUM_BYTES;
  const sound =
    end >= VERSION_BYTES && value.readUInt32LE(end) === crc32(value.subarray(0, end), crc32(key));
  if (!sound) throw new StoreCorrupt(`${naming(key)} has a wrong checksum`);
  const version = value.readUInt8(0);
  if (version !== VERSION) {
    throw new StoreCorrupt(`${naming(key)} has version ${version}; this release knows ${VERSION}`);
  }
  return new ByteReader(value.subarray(VERSION_BYTES, end));
}

function ensureComplete(reader: ByteReader, key: Buffer): void {
  if (!reader.complete) throw new StoreCorrupt(`${naming(key)} is malformed`);
}

const naming = (key: Buffer): string => `the value of key ${key.toString('hex')}`;
