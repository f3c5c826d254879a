import { answersFit } from '../state/invariants.ts';
import { portionsOf } from './store-entries.ts';
import { END_KEY, FIRST_KEY, parseKey } from './store-keys.ts';
import {
  type StoreMeta,
  type TopicRecord,
  decodeMessage,
  decodeMeta,
  decodeProducer,
  decodeRestore,
  decodeTopic,
} from './store-records.ts';
import { type StoreEntry, type StoreHost, type StoreReader, StoreCorrupt } from './store.ts';

/** What a store holds. */
export interface StoreReport {
  /** The last entry of the log that it includes, and its time; 0 for an empty store. */
  readonly index: number;
  readonly at: number;
  readonly topics: number;
  /** Messages that can be popped, and bytes of their bodies. */
  readonly messages: number;
  readonly bytes: number;
  readonly producers: number;
  /** Records of what was popped or thrown away, which flushes will remove. */
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
  /** The sequence that must come next. */
  next: number;
  bytes: number;
}

class StoreWalk {
  #meta = NO_META;
  #records = 0;
  #leftovers = 0;
  #messages = 0;
  #bytes = 0;
  readonly #topics = new Map<number, WalkedTopic>();
  readonly #names = new Set<string>();
  readonly #orders = new Set<number>();
  #lastNumber = 0;

  /** Entries come in the order of their keys: meta, topics, messages, producers, restore. */
  take(entry: StoreEntry): void {
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
        return;
      default:
        return key satisfies never;
    }
  }

  finish(): void {
    for (const { record, next, bytes } of this.#topics.values()) {
      const { number, lastSequence, readyBytes } = record;
      ensure(next === lastSequence + 1, `topic ${number} has lost message ${next}`);
      ensure(bytes === readyBytes, `topic ${number} holds ${bytes} bytes and counts ${readyBytes}`);
    }
  }

  report(problem: string | undefined): StoreReport {
    return {
      index: this.#meta.index,
      at: this.#meta.at,
      topics: this.#topics.size,
      messages: this.#messages,
      bytes: this.#bytes,
      producers: this.#orders.size,
      leftovers: this.#leftovers,
      problem,
    };
  }

  #takeTopic(place: number, entry: StoreEntry): void {
    const record = decodeTopic(place, entry);
    ensure(place <= this.#meta.placesUsed, `the topic at place ${place} is counted`);
    if (place <= this.#meta.floor) return this.#leave();
    ensure(!this.#names.has(record.name), `topic ${record.number} has a name of its own`);
    ensure(record.number > this.#lastNumber, 'topics stand in creation order');
    this.#lastNumber = record.number;
    this.#names.add(record.name);
    this.#topics.set(place, { record, next: record.popped + 1, bytes: 0 });
  }

  #takeMessage(place: number, sequence: number, entry: StoreEntry): void {
    const { body } = decodeMessage(sequence, entry);
    const topic = this.#topics.get(place);
    if (place <= this.#meta.floor || (topic !== undefined && sequence <= topic.record.popped)) {
      return this.#leave();
    }
    ensure(topic !== undefined, `message ${sequence} at place ${place} has a topic`);
    ensure(sequence === topic.next, `topic ${topic.record.number} has lost message ${topic.next}`);
    topic.next += 1;
    topic.bytes += body.length;
    this.#messages += 1;
    this.#bytes += body.length;
  }

  #takeProducer(place: number, entry: StoreEntry): void {
    const memory = decodeProducer(place, entry);
    if (place <= this.#meta.floor) return this.#leave();
    const lastSequence = this.#topics.get(place)?.record.lastSequence ?? 0;
    ensure(answersFit(memory, lastSequence), `the answers of producer ${memory.id} fit its topic`);
    ensure(memory.order <= this.#meta.publishes, `the publishes of ${memory.id} are counted`);
    ensure(!this.#orders.has(memory.order), 'no two producers published at once');
    this.#orders.add(memory.order);
  }

  #leave(): void {
    this.#leftovers += 1;
  }
}

function ensure(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new StoreCorrupt(`this does not hold: ${claim}`);
}
