import { answersFit } from '../state/invariants.ts';
import { type TopicRecord, liveCountOf } from '../state/topic.ts';
import { portionsOf } from './store-entries.ts';
import { END_KEY, FIRST_KEY, parseKey } from './store-keys.ts';
import { decodeMessage } from './message-record.ts';
import { checkRow, rowKindOf } from './row-check.ts';
import { RowKind } from './row-keys.ts';
import { doomedPlaces } from './doomed-places.ts';
import { type StoreMeta, decodeMeta, decodeProducer, decodeRestore } from './store-records.ts';
import { decodeTopic } from './topic-record.ts';
import { type StoreEntry, type StoreHost, type StoreReader, StoreCorrupt } from './store.ts';

/** What a store holds. */
export interface StoreReport {
  /** The last entry of the log that it includes, and its time; 0 for an empty store. */
  readonly index: number;
  readonly at: number;
  /** Of the state after that entry: the same in every store that ends with it. */
  readonly hash: number;
  readonly topics: number;
  /** Live messages and dead letters, and bytes of their bodies. */
  readonly messages: number;
  readonly bytes: number;
  readonly producers: number;
  /** Records of what was deleted or thrown away, which flushes will remove. */
  readonly leftovers: number;
  /** The first thing that is wrong, in plain words. */
  readonly problem: string | undefined;
}

const NO_META: StoreMeta = {
  index: 0,
  at: 0,
  hash: 0,
  topicsCreated: 0,
  placesUsed: 0,
  floor: 0,
  publishes: 0,
  gapMs: 0,
  requests: { total: 0, count: 0 },
  secret: undefined,
};

/**
 * Reads all of a store that nobody writes to: every value is decoded, counters are compared with contents. Memory
 * follows the topics and producers, not the messages.
 */
export async function walkStore(
  reader: StoreReader,
  turn: StoreHost['turn'],
): Promise<StoreReport> {
  const walk = new StoreWalk();
  try {
    walk.doomed = doomedPlaces(reader);
    for (const entries of portionsOf(reader, FIRST_KEY, END_KEY)) {
      for (const entry of entries) walk.take(entry);
      await turn();
    }
    walk.finish();
  } catch (error) {
    if (error instanceof StoreCorrupt) return walk.report(error.message);
    throw error;
  }
  return walk.report(undefined);
}

interface WalkedTopic {
  readonly record: TopicRecord;
  /** Messages below are leftovers. */
  readonly from: number;
  messages: number;
  bytes: number;
  deadBytes: number;
  readonly rows: Map<RowKind, number>;
}

class StoreWalk {
  /** Places of deleted topics. */
  doomed: ReadonlySet<number> = new Set();
  #meta = NO_META;
  #records = 0;
  #isRestoring = false;
  #leftovers = 0;
  #messages = 0;
  #bytes = 0;
  readonly #topics = new Map<number, WalkedTopic>();
  readonly #names = new Set<string>();
  readonly #orders = new Set<number>();
  #lastNumber = 0;

  /** Entries come in the order of their keys: meta, topics, messages, producers, restore, rows. */
  take(entry: StoreEntry): void {
    const kind = rowKindOf(entry.key);
    if (kind !== undefined) return this.#takeRow(kind, entry);
    const key = parseKey(entry.key);
    ensure(key !== undefined, `the key ${entry.key.toString('hex')} is none of a queue`);
    ensure((key.kind === 'meta') === (this.#records === 0), 'there is one meta record, first');
    this.#records += 1;
    switch (key.kind) {
      case 'meta':
        this.#meta = decodeMeta(entry.value);
        return;
      case 'topic':
        return this.#takeTopic(key.place, entry);
      case 'message':
        return this.#takeMessage(key.place, key.sequence, entry);
      case 'producer':
        return this.#takeProducer(key.place, entry);
      case 'restore':
        decodeRestore(entry.value);
        this.#isRestoring = true;
        return;
      default:
        return key satisfies never;
    }
  }

  finish(): void {
    // Not all of it has come.
    if (this.#isRestoring) return;
    for (const topic of this.#topics.values()) {
      for (const [claim, holds, counts] of countsOf(topic)) {
        const { number } = topic.record;
        ensure(holds === counts, `topic ${number} counts ${counts} ${claim} and holds ${holds}`);
      }
    }
  }

  report(problem: string | undefined): StoreReport {
    return {
      index: this.#meta.index,
      at: this.#meta.at,
      hash: this.#meta.hash,
      topics: this.#topics.size,
      messages: this.#messages,
      bytes: this.#bytes,
      producers: this.#orders.size,
      leftovers: this.#leftovers,
      problem,
    };
  }

  #takeTopic(place: number, entry: StoreEntry): void {
    const { record, leftovers } = decodeTopic(place, entry);
    ensure(place <= this.#meta.placesUsed, `the topic at place ${place} is counted`);
    if (this.#isLeft(place)) return this.#leave();
    ensure(!this.#names.has(record.name), `topic ${record.number} has a name of its own`);
    ensure(record.number > this.#lastNumber, 'topics stand in creation order');
    this.#lastNumber = record.number;
    this.#names.add(record.name);
    const from = leftovers === undefined ? 1 : leftovers.to + 1;
    this.#topics.set(place, { record, from, messages: 0, bytes: 0, deadBytes: 0, rows: new Map() });
  }

  #takeMessage(place: number, sequence: number, entry: StoreEntry): void {
    const { body } = decodeMessage(sequence, entry);
    const topic = this.#topics.get(place);
    if (this.#isLeft(place) || sequence < (topic?.from ?? 0)) return this.#leave();
    ensure(topic !== undefined, `message ${sequence} at place ${place} has a topic`);
    const { number, lastSequence } = topic.record;
    ensure(sequence <= lastSequence, `topic ${number} has published message ${sequence}`);
    topic.messages += 1;
    topic.bytes += body.length;
    this.#messages += 1;
    this.#bytes += body.length;
  }

  #takeProducer(place: number, entry: StoreEntry): void {
    const memory = decodeProducer(place, entry);
    if (this.#isLeft(place)) return this.#leave();
    const lastSequence = this.#topics.get(place)?.record.lastSequence ?? 0;
    ensure(answersFit(memory, lastSequence), `the answers of producer ${memory.id} fit its topic`);
    ensure(memory.order <= this.#meta.publishes, `the publishes of ${memory.id} are counted`);
    ensure(!this.#orders.has(memory.order), 'no two producers published at once');
    this.#orders.add(memory.order);
  }

  #takeRow(kind: RowKind, entry: StoreEntry): void {
    ensure(this.#records > 0, 'there is one meta record, first');
    const { place, bodyBytes } = checkRow(kind, entry);
    if (place === 0) return;
    const topic = this.#topics.get(place);
    if (topic === undefined) return this.#leave();
    topic.rows.set(kind, (topic.rows.get(kind) ?? 0) + 1);
    if (kind !== RowKind.dead) return;
    topic.deadBytes += bodyBytes;
    this.#messages += 1;
    this.#bytes += bodyBytes;
  }

  /** What lies at this place was deleted, or thrown away. */
  #isLeft(place: number): boolean {
    return place <= this.#meta.floor || this.doomed.has(place);
  }

  #leave(): void {
    this.#leftovers += 1;
  }
}

type Count = readonly [what: string, holds: number, counts: number];

/** What a topic holds of each kind, and what it counts. */
function countsOf({ record, messages, bytes, deadBytes, rows }: WalkedTopic): Count[] {
  const { ready, leased, delayed, dead } = record;
  const rowsOf = (kind: RowKind) => rows.get(kind) ?? 0;
  let [returned, middle] = [0, 0];
  for (const lane of ready.lanes) {
    returned += lane.returnedCount;
    middle += lane.middleCount;
  }
  return [
    ['messages', messages, liveCountOf(record)],
    ['bytes', bytes, record.bytes],
    ['dead letters', rowsOf(RowKind.dead), dead.count],
    ['bytes of dead letters', deadBytes, dead.bytes],
    ['leases', rowsOf(RowKind.lease), leased],
    ['delayed messages', rowsOf(RowKind.delayed), delayed],
    ['returned messages', rowsOf(RowKind.returned), returned],
    ['ranges', rowsOf(RowKind.fresh), middle],
    ['ready messages with keys', rowsOf(RowKind.keyed), ready.keys.count],
    ['keys that wait', rowsOf(RowKind.turn), ready.keys.waiting],
  ];
}

function ensure(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new StoreCorrupt(`this does not hold: ${claim}`);
}
