import { crc32 } from 'node:zlib';
import { portionsOf } from '../store/store-entries.ts';
import { encodeEnd, encodeRecord } from './record-stream.ts';
import { CHUNK_PAYLOAD_BYTES_MAX, RECORDS_PER_CHUNK_MAX, encodeChunk } from './snapshot-chunk.ts';
import { KeyKind, META_KEY, RESTORE_KEY, kindRange, messageKey, parseKey } from '../store/store-keys.ts';
import { decodeMeta, decodeTopic, encodeTopic } from '../store/store-records.ts';
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
  const ready: ReadyRange[] = [];
  for (const entry of entriesOfKind(view, KeyKind.topic, floor)) {
    const { range, record } = readTopic(entry);
    if (range.from <= range.to) ready.push(range);
    yield record;
  }
  for (const { place, from, to } of ready) {
    const portions = portionsOf(view, messageKey(place, from), messageKey(place, to + 1));
    for (const entries of portions) yield* entries;
  }
  yield* entriesOfKind(view, KeyKind.producer, floor);
  const restore = view.get(RESTORE_KEY);
  if (restore !== undefined) yield { key: RESTORE_KEY, value: restore };
}

/** The sequences of a topic's messages. */
interface ReadyRange {
  readonly place: number;
  readonly from: number;
  readonly to: number;
}

/** A topic without its leftovers. */
function readTopic(entry: StoreEntry): { range: ReadyRange; record: StoreEntry } {
  const key = parseKey(entry.key);
  if (key?.kind !== 'topic') throw new StoreCorrupt('a key among those of topics is none');
  const topic = decodeTopic(key.place, entry);
  const { place, popped, lastSequence } = topic;
  const range = { place, from: popped + 1, to: lastSequence };
  return { range, record: encodeTopic({ ...topic, cleared: popped }) };
}

function* entriesOfKind(view: StoreReader, kind: number, floor: number): Generator<StoreEntry> {
  const [from, to] = kindRange(kind, floor);
  for (const entries of portionsOf(view, from, to)) yield* entries;
}
