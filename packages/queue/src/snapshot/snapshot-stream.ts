import { crc32 } from 'node:zlib';
import { portionsOf } from '../store/store-entries.ts';
import { encodeEnd, encodeRecord } from './record-stream.ts';
import { CHUNK_PAYLOAD_BYTES_MAX, RECORDS_PER_CHUNK_MAX, encodeChunk } from './snapshot-chunk.ts';
import { doomedPlaces } from '../store/doomed-places.ts';
import { placeAt, rowKindOf } from '../store/row-check.ts';
import { FIRST_ROW_KIND, RowKind, readU64Text } from '../store/row-keys.ts';
import {
  END_KEY,
  KeyKind,
  META_KEY,
  RESTORE_KEY,
  kindRange,
  messageKey,
  parseKey,
  placeKey,
} from '../store/store-keys.ts';
import { decodeMeta } from '../store/store-records.ts';
import { decodeTopic, encodeTopic } from '../store/topic-record.ts';
import { type StoreEntry, type StoreReader, StoreCorrupt } from '../store/store.ts';

/**
 * The chunks of what a view shows, made one at a time as they are asked for; each carries at most `payloadBytes`.
 * Leftovers are not among it.
 */
export async function* encodeSnapshot(
  view: StoreReader,
  payloadBytes = CHUNK_PAYLOAD_BYTES_MAX,
): AsyncGenerator<Buffer> {
  const builder = new ChunkBuilder(payloadBytes);
  let checksum = 0;
  let count = 0;
  for (const entry of entriesOf(view)) {
    const record = encodeRecord(entry);
    checksum = crc32(record, checksum);
    count += 1;
    yield* builder.add(record);
  }
  yield* builder.add(encodeEnd(count, checksum));
  yield builder.last();
}

/** Cuts a stream of records into chunks of limited bytes and records. */
class ChunkBuilder {
  readonly #payloadBytes: number;
  #pieces: Buffer[] = [];
  #room: number;
  #records = 0;
  #number = 0;

  constructor(payloadBytes: number) {
    this.#payloadBytes = payloadBytes;
    this.#room = payloadBytes;
  }

  /** The chunks that are full before the record ends. */
  *add(record: Buffer): Generator<Buffer> {
    if (this.#records === RECORDS_PER_CHUNK_MAX) yield this.#cut(false);
    let rest = record;
    while (rest.length > this.#room) {
      this.#pieces.push(rest.subarray(0, this.#room));
      rest = rest.subarray(this.#room);
      yield this.#cut(false);
    }
    this.#pieces.push(rest);
    this.#room -= rest.length;
    this.#records += 1;
  }

  last(): Buffer {
    return this.#cut(true);
  }

  #cut(last: boolean): Buffer {
    const chunk = encodeChunk(this.#number, this.#pieces, last);
    this.#pieces = [];
    this.#room = this.#payloadBytes;
    this.#records = 0;
    this.#number += 1;
    return chunk;
  }
}

/** What is no leftover, in the order of the keys. */
function* entriesOf(view: StoreReader): Generator<StoreEntry> {
  const meta = view.get(META_KEY);
  if (meta === undefined) return;
  yield { key: META_KEY, value: meta };
  const { floor } = decodeMeta(meta);
  const doomed = doomedPlaces(view);
  /** By place: the first sequence that is no leftover. */
  const places = new Map<number, number>();
  for (const entry of entriesOfKind(view, KeyKind.topic, floor)) {
    const { place, from, record } = readTopic(entry);
    if (doomed.has(place)) continue;
    places.set(place, from);
    yield record;
  }
  for (const [place, from] of places) {
    const end = placeKey(KeyKind.message, place + 1);
    for (const entries of portionsOf(view, messageKey(place, from), end)) yield* entries;
  }
  for (const entry of entriesOfKind(view, KeyKind.producer, floor)) {
    const key = parseKey(entry.key);
    if (key?.kind === 'producer' && places.has(key.place)) yield entry;
  }
  const restore = view.get(RESTORE_KEY);
  if (restore !== undefined) yield { key: RESTORE_KEY, value: restore };
  yield* rowsOf(view, places);
}

/**
 * The rows of these places, and those of none. What was due in deleted topics is among them: an `advance` throws away
 * only so much of it, on each node alike.
 */
function* rowsOf(view: StoreReader, places: ReadonlyMap<number, unknown>): Generator<StoreEntry> {
  for (const entries of portionsOf(view, Buffer.from([FIRST_ROW_KIND]), END_KEY)) {
    for (const entry of entries) {
      const kind = rowKindOf(entry.key);
      if (kind === undefined) throw new StoreCorrupt('a key among those of rows is none');
      const at = placeAt(kind);
      const isKept =
        at === undefined ||
        kind === RowKind.due ||
        places.has(readU64Text(entry.key.toString('latin1'), at));
      if (isKept) yield entry;
    }
  }
}

/** A topic, without the leftovers of an earlier release. */
function readTopic(entry: StoreEntry): { place: number; from: number; record: StoreEntry } {
  const key = parseKey(entry.key);
  if (key?.kind !== 'topic') throw new StoreCorrupt('a key among those of topics is none');
  const { place } = key;
  const { record, leftovers } = decodeTopic(place, entry);
  if (leftovers === undefined) return { place, from: 0, record: entry };
  return { place, from: leftovers.to + 1, record: encodeTopic(record) };
}

function* entriesOfKind(view: StoreReader, kind: number, floor: number): Generator<StoreEntry> {
  const [from, to] = kindRange(kind, floor);
  for (const entries of portionsOf(view, from, to)) yield* entries;
}
