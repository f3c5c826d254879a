import type { ProducerMemory } from './producers.ts';
import { type QueueState, emptyState } from './queue-state.ts';
import { RunningHash } from '../results/running-hash.ts';
import { portionsOf } from '../store/store-entries.ts';
import {
  END_KEY,
  FIRST_KEY,
  KeyKind,
  META_KEY,
  RESTORE_KEY,
  kindRange,
  parseKey,
} from '../store/store-keys.ts';
import {
  type TopicRecord,
  decodeMeta,
  decodeProducer,
  decodeRestore,
  decodeTopic,
} from '../store/store-records.ts';
import { type Store, type StoreHost, type StoreReader, StoreCorrupt } from '../store/store.ts';
import { type Topic, emptyTopic } from './topic.ts';

/** The state that a store holds: topics and producers come into memory, messages stay. Rejects with `StoreCorrupt`. */
export async function loadState(
  store: Store,
  producersMax: number,
  turn: StoreHost['turn'],
): Promise<QueueState> {
  const state = emptyState(store, producersMax);
  const value = store.get(META_KEY);
  if (value === undefined) {
    const [entry] = store.range(FIRST_KEY, END_KEY, { entries: 1, bytes: 0 });
    if (entry !== undefined) throw new StoreCorrupt('the store has contents and no meta record');
    return state;
  }
  const meta = decodeMeta(value);
  const { index, at, topicsCreated, placesUsed, floor } = meta;
  Object.assign(state, { index, at, topicsCreated, placesUsed, floor });
  state.hash = new RunningHash(meta.hash);
  await loadTopics(state, store, turn);
  for (const memory of await loadProducers(store, floor, turn)) state.producers.restore(memory);
  if (!state.producers.settle()) throw new StoreCorrupt('two producers published at once');
  state.producers.resumeCount(meta.publishes);
  state.producers.takeDirty();
  return state;
}

async function loadTopics(
  state: QueueState,
  store: StoreReader,
  turn: StoreHost['turn'],
): Promise<void> {
  const topics: Topic[] = [];
  const [from, to] = kindRange(KeyKind.topic, state.floor);
  for (const entries of portionsOf(store, from, to)) {
    for (const entry of entries) {
      const key = parseKey(entry.key);
      if (key?.kind !== 'topic') throw new StoreCorrupt('a key among those of topics is none');
      topics.push(topicOf(decodeTopic(key.place, entry)));
    }
    await turn();
  }
  const restore = store.get(RESTORE_KEY);
  if (restore === undefined) {
    for (const topic of topics) state.topics.set(topic.name, topic);
    return;
  }
  state.restore = {
    progress: decodeRestore(restore),
    topics: new Map(topics.map((topic) => [topic.place, topic])),
    names: new Set(topics.map(({ name }) => name)),
  };
}

function topicOf(record: TopicRecord): Topic {
  const { lastSequence, readyBytes, cleared } = record;
  const stored = { storedThrough: lastSequence, flushingThrough: lastSequence };
  return { ...emptyTopic(record), lastSequence, readyBytes, cleared, ...stored };
}

async function loadProducers(
  store: StoreReader,
  floor: number,
  turn: StoreHost['turn'],
): Promise<ProducerMemory[]> {
  const memories: ProducerMemory[] = [];
  const [from, to] = kindRange(KeyKind.producer, floor);
  for (const entries of portionsOf(store, from, to)) {
    for (const entry of entries) {
      const key = parseKey(entry.key);
      if (key?.kind !== 'producer')
        throw new StoreCorrupt('a key among those of producers is none');
      memories.push(decodeProducer(key.place, entry));
    }
    await turn();
  }
  return memories;
}
