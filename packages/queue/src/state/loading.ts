import { ByteReader } from '../bytes/byte-reader.ts';
import { RowKind, readU64Text } from '../store/row-keys.ts';
import { openRow } from '../store/row-values.ts';
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
import { decodeMeta, decodeProducer, decodeRestore } from '../store/store-records.ts';
import { type Store, StoreCorrupt, type StoreEntry, type StoreHost } from '../store/store.ts';
import { decodeTopic } from '../store/topic-record.ts';
import { readLease } from './leases.ts';
import { metaOf } from './message-meta.ts';
import type { ProducerMemory } from './producers.ts';
import { type QueueState, emptyState } from './queue-state.ts';
import { RunningHash } from '../results/running-hash.ts';
import type { RestoreProgress } from './restore-progress.ts';
import { type Topic, type TopicRecord, topicOf } from './topic.ts';

/** From where a state is loaded. */
export interface LoadSource {
  readonly store: Store;
  readonly producersMax: number;
  readonly turn: StoreHost['turn'];
}

/**
 * The state that a store holds: topics, producers and leases come into memory, messages stay. Rejects with
 * `StoreCorrupt`.
 */
export async function loadState(source: LoadSource): Promise<QueueState> {
  const { store, producersMax } = source;
  const value = store.get(META_KEY);
  if (value === undefined) {
    const [entry] = store.range(FIRST_KEY, END_KEY, { entries: 1, bytes: 0 });
    if (entry !== undefined) throw new StoreCorrupt('the store has contents and no meta record');
    const requests = { total: 0, count: 0 };
    return emptyState(store, producersMax, { requests, hasNoRows: true });
  }
  const meta = decodeMeta(value);
  const { requests } = meta;
  const state = emptyState(store, producersMax, { requests, hasNoRows: false });
  const { index, at, topicsCreated, placesUsed, floor, gapMs, secret } = meta;
  Object.assign(state, { index, at, topicsCreated, placesUsed, floor, gapMs, secret });
  state.hash = new RunningHash(meta.hash);
  state.dirty.flushedThrough = index;
  await loadDoomed(state, source);
  await loadTopics(state, source);
  await loadLeases(state, source);
  for (const memory of await loadProducers(state, source)) state.producers.restore(memory);
  if (!state.producers.settle()) throw new StoreCorrupt('two producers published at once');
  state.producers.resumeCount(meta.publishes);
  state.producers.takeDirty();
  return state;
}

async function loadDoomed(state: QueueState, source: LoadSource): Promise<void> {
  await eachOf(source, kindRange(RowKind.doomed, 0), ({ key }) => {
    state.doomed.set(readU64Text(key.toString('latin1'), 1), 0);
  });
}

async function loadTopics(state: QueueState, source: LoadSource): Promise<void> {
  const topics: Topic[] = [];
  const restore = source.store.get(RESTORE_KEY);
  const progress = restore && decodeRestore(restore);
  await eachOf(source, kindRange(KeyKind.topic, state.floor), (entry) => {
    const key = parseKey(entry.key);
    if (key?.kind !== 'topic') throw new StoreCorrupt('a key among those of topics is none');
    if (!state.doomed.has(key.place)) topics.push(loadTopic(state, { ...key, entry }, progress));
  });
  if (progress === undefined) {
    for (const topic of topics) {
      state.topics.set(topic.name, topic);
      state.places.set(topic.place, topic);
      if (topic.purge !== undefined || topic.redrive !== undefined) state.busy.add(topic);
    }
    return;
  }
  state.restore = {
    progress,
    topics: new Map(topics.map((topic) => [topic.place, topic])),
    names: new Set(topics.map(({ name }) => name)),
  };
}

function loadTopic(
  state: QueueState,
  { place, entry }: { readonly place: number; readonly entry: StoreEntry },
  restore: RestoreProgress | undefined,
): Topic {
  const { record, leftovers } = decodeTopic(place, entry);
  const topic = topicOf(record, state, storedThrough(record, restore));
  if (restore !== undefined) topic.leases.promised = record.leased;
  if (leftovers !== undefined) {
    topic.bodies.removeStored(leftovers.from, leftovers.to);
    state.dirty.touched(topic);
  }
  return topic;
}

/** Messages of a backup come topic by topic. */
function storedThrough(
  { place, lastSequence }: TopicRecord,
  restore: RestoreProgress | undefined,
): number {
  if (restore === undefined || place < restore.filled.place) return lastSequence;
  return place === restore.filled.place ? restore.filled.sequence : 0;
}

/** Leases hold what is needed of their messages, which are read for it. */
async function loadLeases(state: QueueState, source: LoadSource): Promise<void> {
  await eachOf(source, kindRange(RowKind.lease, state.floor), ({ key, value }) => {
    const text = key.toString('latin1');
    const [place, sequence] = [readU64Text(text, 1), readU64Text(text, 9)];
    const topic = state.places.get(place) ?? state.restore?.topics.get(place);
    if (topic === undefined) return;
    const reader = new ByteReader(openRow(key, value));
    const message = topic.bodies.find(sequence);
    if (message === undefined) throw new StoreCorrupt(`message ${sequence} is leased and missing`);
    topic.leases.load(readLease(reader, { place, meta: metaOf(message) }));
    if (!reader.complete) throw new StoreCorrupt(`the lease of message ${sequence} is malformed`);
  });
}

async function loadProducers(state: QueueState, source: LoadSource): Promise<ProducerMemory[]> {
  const memories: ProducerMemory[] = [];
  await eachOf(source, kindRange(KeyKind.producer, state.floor), (entry) => {
    const key = parseKey(entry.key);
    if (key?.kind !== 'producer') throw new StoreCorrupt('a key among those of producers is none');
    if (!state.doomed.has(key.place)) memories.push(decodeProducer(key.place, entry));
  });
  return memories;
}

async function eachOf(
  { store, turn }: LoadSource,
  [from, to]: readonly [Buffer, Buffer],
  take: (entry: StoreEntry) => void,
): Promise<void> {
  for (const entries of portionsOf(store, from, to)) {
    for (const entry of entries) take(entry);
    await turn();
  }
}
