import { assert } from '@rrmq/raft';
import { Arena } from '../bytes/arena.ts';
import type { QueueState } from './queue-state.ts';
import { KeyKind, RESTORE_KEY, messageKey, placeKey } from '../store/store-keys.ts';
import {
  encodeMessage,
  encodeMeta,
  encodeProducer,
  encodeRestore,
  encodeTopic,
  producerKey,
} from '../store/store-records.ts';
import type { Change, StoreReader } from '../store/store.ts';
import type { Topic } from './topic.ts';

/** Messages that one flush takes out of the store at most, so that it ends soon; the next one goes on. */
const REMOVALS_MAX = 16_384;

/** Leftovers of a discarded restore that one flush looks for. */
const LEFTOVERS = { entries: 4096, bytes: 1_048_576 };

/** One transaction that brings the store to the state's index. */
export interface FlushPlan {
  readonly index: number;
  readonly changes: readonly Change[];
  /** The transaction is durable. */
  done(): void;
  /** The transaction did not happen: what it should have carried is dirty as before. */
  failed(): void;
}

interface TopicFlush {
  readonly topic: Topic;
  readonly through: number;
  readonly cleared: number;
}

/**
 * Takes all that is dirty. Messages that it carries stay in memory until it is done, and are read from there; so a
 * failure has nothing to move back. One plan at a time.
 */
export function planFlush(state: QueueState, store: StoreReader): FlushPlan {
  const { floor } = state;
  const restoreTouched = state.dirty.restore;
  const topics = state.dirty.takeTopics();
  const producers = state.producers.takeDirty();
  const leftovers = findLeftovers(state, store);
  const changes: Change[] = leftovers.map((key) => ({ key, value: undefined }));
  const flushes = planTopics(topics, changes);
  for (const key of producers) {
    const { place, id, memory } = state.producers.changeOf(key);
    if (memory === undefined) changes.push({ key: producerKey(place, id), value: undefined });
    else changes.push(encodeProducer(memory));
  }
  if (restoreTouched) changes.push(restoreChange(state));
  changes.push(metaChange(state));
  return {
    index: state.index,
    changes,
    done() {
      for (const each of flushes) settle(each, state);
      if (leftovers.length === 0) state.dirty.cleanThrough = floor;
    },
    failed() {
      for (const { topic } of flushes) topic.flushingThrough = topic.storedThrough;
      state.dirty.putBack([...topics].filter(({ place }) => place > state.floor));
      state.producers.putBack(producers);
      if (restoreTouched) state.dirty.restore = true;
    },
  };
}

function planTopics(topics: Iterable<Topic>, changes: Change[]): TopicFlush[] {
  const arena = new Arena();
  const flushes: TopicFlush[] = [];
  let removals = REMOVALS_MAX;
  for (const topic of topics) {
    const { place, popped, storedThrough, lastSequence } = topic;
    const obsolete = Math.min(popped, storedThrough);
    const last = Math.min(obsolete, topic.cleared + removals);
    for (let sequence = topic.cleared + 1; sequence <= last; sequence += 1) {
      changes.push({ key: messageKey(place, sequence), value: undefined });
    }
    removals -= Math.max(last - topic.cleared, 0);
    const cleared = last === obsolete ? popped : last;
    for (const message of topic.recent) changes.push(encodeMessage(place, message, arena));
    changes.push(encodeTopic({ ...topic, cleared }));
    topic.flushingThrough = lastSequence;
    flushes.push({ topic, through: lastSequence, cleared });
  }
  return flushes;
}

/** The store holds what the flush carried: memory need not. */
function settle({ topic, through, cleared }: TopicFlush, { dirty, floor }: QueueState): void {
  const { recent } = topic;
  topic.storedThrough = through;
  topic.flushingThrough = through;
  topic.cleared = cleared;
  while ((recent.first?.sequence ?? Infinity) <= through) recent.shift();
  if (recent.size === 0) topic.bodies.reset();
  assert(cleared <= topic.popped, 'what was not popped is not cleared away');
  if (cleared < Math.min(topic.popped, through) && topic.place > floor) dirty.touched(topic);
}

function restoreChange({ restore }: QueueState): Change {
  return restore === undefined
    ? { key: RESTORE_KEY, value: undefined }
    : encodeRestore(restore.progress);
}

function metaChange(state: QueueState): Change {
  const { index, at, hash, topicsCreated, placesUsed, floor, producers } = state;
  const { publishes } = producers;
  const counters = { topicsCreated, placesUsed, floor, publishes };
  return encodeMeta({ index, at, hash: hash.value, ...counters });
}

/** Keys of what was thrown away with a restore. */
function findLeftovers({ floor, dirty }: QueueState, store: StoreReader): Buffer[] {
  if (dirty.cleanThrough === floor) return [];
  for (const kind of [KeyKind.message, KeyKind.producer, KeyKind.topic]) {
    const entries = store.range(placeKey(kind, 0), placeKey(kind, floor + 1), LEFTOVERS);
    if (entries.length > 0) return entries.map(({ key }) => key);
  }
  return [];
}
