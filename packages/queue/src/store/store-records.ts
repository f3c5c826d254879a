import { SECRET_BYTES } from '../commands/lease-token.ts';
import { type Bytes, LENGTH_BYTES, byteLength } from '../bytes/byte-writer.ts';
import { ANSWERS_PER_PRODUCER_MAX } from '../commands/limits.ts';
import type { Answer, ProducerMemory } from '../state/producers.ts';
import type { RestoreProgress } from '../state/restore-progress.ts';
import { begin, ensureComplete, openValue, seal } from './sealing.ts';
import { KeyKind, META_KEY, PLACE_KEY_BYTES, RESTORE_KEY, placeKey } from './store-keys.ts';
import { type StoreEntry, StoreCorrupt } from './store.ts';

/**
 * The values of the store, little-endian; a *field* is `| u32 length | as many bytes |`, text is UTF-8. They stand in
 * stores on disk and travel in snapshots and backups, between releases: a version keeps its meaning, and each release
 * reads those of all before it. Keys: `store-keys.ts`, `row-keys.ts`. Each value: `sealing.ts`.
 *
 *     meta          | u16 format | u64 index | u64 at | u64 state hash | u64 topics created
 *                   | u64 places used | u64 floor | u64 publishes by producers |
 *      from format 2: … | u64 time without a leader | u64 requests ever | u64 requests remembered
 *                   | field: the secret of lease tokens, empty before there is one |
 *                   The format says what keys and values there are; one that is not known is refused.
 *     topic         see `topic-record.ts`
 *     message       see `message-record.ts`
 *     rows          see `row-keys.ts`, and the files in `state` that keep them
 *     producer      | u64 epoch | u64 sequence | u64 order | u32 count | count × answer: u64 first, u32 count |
 *     restore       | field backup id | field text | u64 base place | u32 next chunk | u64 records | u32 checksum
 *                   | u8 complete | u64 topics created | u64 places used | u64 publishes
 *                   | u64 last topic number | u64 messages awaited
 *                   | field: the start of a record that is not all here yet |
 *      version 2:   … | u64 time without a leader | u64, u64: place and sequence of the last message
 *                   | field last key | u64, u64: records and bytes of its section | u64 unready bytes |
 */
const STORE_FORMAT = 2;
/** Without rows; its topics and messages have other records. */
const PLAIN_FORMAT = 1;

const VERSION = 1;
const VERSIONS = [VERSION];
const RESTORE_VERSION = 2;
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
  /** Time without a leader so far, all in all, in ms. */
  readonly gapMs: number;
  /** Requests ever remembered, and those that are. */
  readonly requests: { readonly total: number; readonly count: number };
  readonly secret: Buffer | undefined;
}

const NO_SECRET = Buffer.alloc(0);

export function encodeMeta(meta: StoreMeta): StoreEntry {
  const { requests, secret = NO_SECRET } = meta;
  const size = U16_BYTES + 10 * U64_BYTES + fieldBytes(secret);
  const writer = begin(META_KEY, size, VERSION).u16(STORE_FORMAT);
  writer.u64(meta.index).u64(meta.at).u64(meta.hash).u64(meta.topicsCreated);
  writer.u64(meta.placesUsed).u64(meta.floor).u64(meta.publishes).u64(meta.gapMs);
  return seal(writer.u64(requests.total).u64(requests.count).field(secret), META_KEY.length);
}

export function decodeMeta(value: Buffer): StoreMeta {
  const { reader } = openValue({ key: META_KEY, value }, VERSIONS);
  const format = reader.u16();
  if (format !== STORE_FORMAT && format !== PLAIN_FORMAT) {
    const known = `${PLAIN_FORMAT} and ${STORE_FORMAT}`;
    throw new StoreCorrupt(`the store has format ${format}; this release knows ${known}`);
  }
  const [index, at, hash, topicsCreated] = [reader.u64(), reader.u64(), reader.u64(), reader.u64()];
  const [placesUsed, floor, publishes] = [reader.u64(), reader.u64(), reader.u64()];
  const isPlain = format === PLAIN_FORMAT;
  const gapMs = isPlain ? 0 : reader.u64();
  const requests = isPlain ? { total: 0, count: 0 } : { total: reader.u64(), count: reader.u64() };
  const bytes = isPlain ? NO_SECRET : reader.field();
  if (bytes.length !== 0 && bytes.length !== SECRET_BYTES) reader.fail();
  ensureComplete(reader, META_KEY);
  const secret = bytes.length === 0 ? undefined : Buffer.from(bytes);
  const counters = { topicsCreated, placesUsed, floor, publishes };
  return { index, at, hash, ...counters, gapMs, requests, secret };
}

/** The producer `id` in the topic at a place. */
export function producerKey(place: number, id: string): Buffer {
  return Buffer.concat([placeKey(KeyKind.producer, place), Buffer.from(id)]);
}

export function encodeProducer(memory: ProducerMemory): StoreEntry {
  const { place, id, epoch, sequence, order, answers } = memory;
  const key = producerKey(place, id);
  const size = 3 * U64_BYTES + U32_BYTES + answers.length * ANSWER_BYTES;
  const writer = begin(key, size, VERSION).u64(epoch).u64(sequence).u64(order).u32(answers.length);
  for (const { first, count } of answers) writer.u64(first).u32(count);
  return seal(writer, key.length);
}

export function decodeProducer(place: number, entry: StoreEntry): ProducerMemory {
  const { key } = entry;
  const id = key.toString('utf8', PLACE_KEY_BYTES);
  const { reader } = openValue(entry, VERSIONS);
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
  const { place, sequence } = progress.filled;
  const { lastKey, count, bytes } = progress.tally;
  const fields = [backupId, text, stream.rest, lastKey];
  const variable = fields.reduce((sum, field) => sum + fieldBytes(field), 0);
  const size = variable + 13 * U64_BYTES + 2 * U32_BYTES + 1;
  const writer = begin(RESTORE_KEY, size, RESTORE_VERSION)
    .field(backupId)
    .field(text)
    .u64(base)
    .u32(nextChunk);
  writer
    .u64(stream.records)
    .u32(stream.checksum)
    .u8(stream.complete ? 1 : 0);
  writer.u64(source.topicsCreated).u64(source.placesUsed).u64(source.publishes);
  writer.u64(progress.lastNumber).u64(progress.awaited).field(stream.rest);
  writer.u64(source.gapMs).u64(place).u64(sequence);
  writer.field(lastKey).u64(count).u64(bytes).u64(progress.unreadyBytes);
  return seal(writer, RESTORE_KEY.length);
}

export function decodeRestore(value: Buffer): RestoreProgress {
  const { version, reader } = openValue({ key: RESTORE_KEY, value }, [VERSION, RESTORE_VERSION]);
  if (version === VERSION) {
    throw new StoreCorrupt(
      'an earlier release has begun a restore: end it, or begin anew, with that',
    );
  }
  const [backupId, text] = [reader.text(), reader.text()];
  const [base, nextChunk] = [reader.u64(), reader.u32()];
  const [records, checksum, complete] = [reader.u64(), reader.u32(), reader.u8() === 1];
  const [topicsCreated, placesUsed, publishes] = [reader.u64(), reader.u64(), reader.u64()];
  const [lastNumber, awaited, rest] = [reader.u64(), reader.u64(), Buffer.from(reader.field())];
  const source = { topicsCreated, placesUsed, publishes, gapMs: reader.u64() };
  const filled = { place: reader.u64(), sequence: reader.u64() };
  const lastKey = Buffer.from(reader.field());
  const tally = { lastKey, count: reader.u64(), bytes: reader.u64() };
  const unreadyBytes = reader.u64();
  ensureComplete(reader, RESTORE_KEY);
  const stream = { records, checksum, complete, rest };
  const counters = { lastNumber, awaited, unreadyBytes };
  return { backupId, text, base, nextChunk, stream, source, ...counters, filled, tally };
}

const fieldBytes = (bytes: Bytes): number => LENGTH_BYTES + byteLength(bytes);
