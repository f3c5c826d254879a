import { Arena } from '../bytes/arena.ts';
import { encodeMessage } from '../store/message-record.ts';
import { PLACED_KINDS, RowKind } from '../store/row-keys.ts';
import { sealRow } from '../store/row-values.ts';
import { KeyKind, RESTORE_KEY, messageKey, placeKey } from '../store/store-keys.ts';
import { encodeMeta, encodeProducer, encodeRestore, producerKey } from '../store/store-records.ts';
import type { Change, StoreReader } from '../store/store.ts';
import { encodeTopic } from '../store/topic-record.ts';
import type { QueueState } from './queue-state.ts';
import { type Topic, recordOf } from './topic.ts';

/** Leftovers of what was deleted that one flush takes out. */
const LEFTOVERS = { entries: 4096, bytes: 1_048_576 };

/** One transaction that brings the store to the state's index. */
export interface FlushPlan {
  readonly index: number;
  readonly changes: readonly Change[];
  /** The transaction is durable. */
  done(): void;
  /** The transaction did not happen, or is not durable: what it should have carried is dirty as before. */
  failed(): void;
}

/**
 * Takes all that is dirty. Messages that it carries stay in memory until it is done, and are read from there; so a
 * failure has nothing to move back. One plan at a time.
 */
export function planFlush(state: QueueState, store: StoreReader): FlushPlan {
  const { floor, index } = state;
  const restoreTouched = state.dirty.restore;
  const topics = state.dirty.takeTopics();
  const producers = state.producers.takeDirty();
  const leftovers = findLeftovers(state, store);
  const changes: Change[] = leftovers.keys.map((key) => ({ key, value: undefined }));
  if (leftovers.cleanPlace !== undefined) changes.push(unmark(leftovers.cleanPlace));
  const arena = new Arena();
  const flushes = planTopics(topics, changes, arena);
  const rows = state.rows.take(arena);
  // Not `push(...rows)`: there may be more than a call takes arguments.
  for (const change of rows) changes.push(change);
  for (const key of producers) {
    const { place, id, memory } = state.producers.changeOf(key);
    if (memory === undefined) changes.push({ key: producerKey(place, id), value: undefined });
    else changes.push(encodeProducer(memory));
  }
  if (restoreTouched) changes.push(restoreChange(state));
  changes.push(metaChange(state));
  return {
    index,
    changes,
    done() {
      state.rows.taken();
      state.dirty.flushedThrough = index;
      for (const { topic } of flushes) topic.bodies.taken();
      if (leftovers.floorIsClean) state.dirty.cleanThrough = floor;
      if (leftovers.cleanPlace !== undefined) state.doomed.delete(leftovers.cleanPlace);
    },
    failed() {
      state.rows.putBack();
      for (const { topic, leases } of flushes) {
        topic.bodies.putBack();
        topic.leases.putBack(leases);
      }
      const isThere = (topic: Topic) => topic.place > state.floor && !state.doomed.has(topic.place);
      state.dirty.putBack([...topics].filter(isThere));
      state.producers.putBack(producers);
      if (restoreTouched) state.dirty.restore = true;
    },
  };
}

interface TopicFlush {
  readonly topic: Topic;
  readonly leases: ReadonlySet<number>;
}

function planTopics(topics: Iterable<Topic>, changes: Change[], arena: Arena): TopicFlush[] {
  const flushes: TopicFlush[] = [];
  for (const topic of topics) {
    const { place, bodies, leases, settlements } = topic;
    const { added, removed } = bodies.take();
    for (const message of added) changes.push(encodeMessage(place, message, arena));
    for (const sequence of removed) {
      changes.push({ key: messageKey(place, sequence), value: undefined });
    }
    const leased = leases.take();
    for (const { key, value } of leased.rows) changes.push(sealRow(key, value, arena));
    settlements.save();
    changes.push(encodeTopic(recordOf(topic)));
    flushes.push({ topic, leases: leased.sequences });
  }
  return flushes;
}

function restoreChange({ restore }: QueueState): Change {
  return restore === undefined
    ? { key: RESTORE_KEY, value: undefined }
    : encodeRestore(restore.progress);
}

function metaChange(state: QueueState): Change {
  const { index, at, hash, gapMs, secret, topicsCreated, placesUsed, floor, requests } = state;
  const { publishes } = state.producers;
  const counters = { topicsCreated, placesUsed, floor, publishes, gapMs };
  const { total, count } = requests;
  return encodeMeta({
    index,
    at,
    hash: hash.value,
    secret,
    requests: { total, count },
    ...counters,
  });
}

interface Leftovers {
  /** Keys of what was thrown away or deleted. */
  readonly keys: readonly Buffer[];
  readonly floorIsClean: boolean;
  /** The store holds nothing of this place any more. */
  readonly cleanPlace: number | undefined;
}

function findLeftovers(state: QueueState, store: StoreReader): Leftovers {
  const { floor, dirty, doomed } = state;
  const belowFloor = dirty.cleanThrough === floor ? [] : leftoversBetween(store, 0, floor);
  const isEmpty = belowFloor.length === 0;
  const floorIsClean = isEmpty && dirty.floorRaisedBy <= dirty.flushedThrough;
  if (!isEmpty) return { keys: belowFloor, floorIsClean, cleanPlace: undefined };
  for (const [place, deletedBy] of doomed) {
    // What was on its way when it was deleted is there now.
    if (deletedBy > dirty.flushedThrough) break;
    const keys = leftoversBetween(store, place, place);
    return { keys, floorIsClean, cleanPlace: keys.length === 0 ? place : undefined };
  }
  return { keys: [], floorIsClean, cleanPlace: undefined };
}

function leftoversBetween(store: StoreReader, first: number, last: number): Buffer[] {
  const kinds = [KeyKind.message, KeyKind.producer, KeyKind.topic, ...PLACED_KINDS];
  for (const kind of kinds) {
    const entries = store.range(placeKey(kind, first), placeKey(kind, last + 1), LEFTOVERS);
    if (entries.length > 0) return entries.map(({ key }) => key);
  }
  return [];
}

/** The mark goes in the flush that finds nothing behind it: one that comes later might never come. */
const unmark = (place: number): Change => ({
  key: placeKey(RowKind.doomed, place),
  value: undefined,
});
