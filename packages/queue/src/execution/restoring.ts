import type { DecodedChunk, DecodedCommand } from '../commands/command-decoding.ts';
import type { RestoreBegin } from '../commands/command.ts';
import { answersFit } from '../state/invariants.ts';
import { PRODUCERS_MAX } from '../commands/limits.ts';
import type { QueueState, Restore } from '../state/queue-state.ts';
import type { RestoreProgress } from '../state/restore-progress.ts';
import { type QueueResult, refused } from '../results/result.ts';
import { type RecordStreamStep, STREAM_START, readRecords } from '../snapshot/record-stream.ts';
import { RECORDS_PER_CHUNK_MAX, decodeChunk } from '../snapshot/snapshot-chunk.ts';
import { liveCount, topicOf } from '../state/topic.ts';
import { decodeMessage } from '../store/message-record.ts';
import { rowKindOf } from '../store/row-check.ts';
import { META_KEY, parseKey } from '../store/store-keys.ts';
import { decodeMeta, decodeProducer } from '../store/store-records.ts';
import { type StoreEntry, StoreCorrupt } from '../store/store.ts';
import { decodeTopic } from '../store/topic-record.ts';
import { awaitedOf, counted, freshLaneAt, isSectionComplete, mayFollow } from './restore-tally.ts';
import { COUNTER_MAX, isSound } from './restoring-topics.ts';
import { restoreRow } from './restoring-rows.ts';

/**
 * Puts a backup into an empty queue by commands of the log, so that every node does. Topics get places of their own
 * and are seen by nobody before the end; whatever is thrown away lies below the floor, and flushes remove it bit by bit.
 */
export function isRestore({ kind }: DecodedCommand): boolean {
  return kind === 'restore-begin' || kind === 'restore-chunk' || kind === 'restore-end';
}

export function beginRestore(state: QueueState, { backupId, text }: RestoreBegin): QueueResult {
  if (state.topics.size > 0) return refused('not-empty');
  discardRestore(state);
  const source = { topicsCreated: 0, placesUsed: 0, publishes: 0, gapMs: 0 };
  const progress = {
    backupId,
    text,
    base: state.placesUsed,
    nextChunk: 0,
    stream: STREAM_START,
    source,
    lastNumber: 0,
    awaited: 0,
    unreadyBytes: 0,
    tally: { lastKey: Buffer.alloc(0), count: 0, bytes: 0 },
    filled: { place: 0, sequence: 0 },
  };
  state.restore = { progress, topics: new Map(), names: new Set() };
  state.dirty.restore = true;
  return { ok: true, kind: 'restore-begun' };
}

export function restoreChunk(state: QueueState, { number, chunk }: DecodedChunk): QueueResult {
  const { restore } = state;
  if (restore === undefined) return refused('no-restore');
  const { nextChunk } = restore.progress;
  if (number < nextChunk) return { ok: true, kind: 'restore-chunk-taken', next: nextChunk };
  if (number > nextChunk) return refused('restore-incomplete');
  const step = readChunk(restore, number, chunk);
  if (step === undefined || !takeAll(state, restore, step)) {
    discardRestore(state);
    return refused('backup-rejected');
  }
  return { ok: true, kind: 'restore-chunk-taken', next: nextChunk + 1 };
}

export function endRestore(state: QueueState): QueueResult {
  const { restore } = state;
  if (restore === undefined) return refused('no-restore');
  const { stream, source } = restore.progress;
  if (!stream.complete) return refused('restore-incomplete');
  if (!isComplete(restore) || !state.producers.settle()) {
    discardRestore(state);
    return refused('backup-rejected');
  }
  let messages = 0;
  for (const topic of restore.topics.values()) {
    topic.leases.promised = 0;
    state.topics.set(topic.name, topic);
    state.places.set(topic.place, topic);
    if (topic.purge !== undefined || topic.redrive !== undefined) state.busy.add(topic);
    messages += liveCount(topic) + topic.dead.count;
  }
  state.topicsCreated = Math.max(state.topicsCreated, source.topicsCreated);
  state.producers.resumeCount(Math.max(state.producers.publishes, source.publishes));
  state.restore = undefined;
  state.dirty.restore = true;
  return { ok: true, kind: 'restored', topics: state.topics.size, messages };
}

/** All that the topics count is here. */
function isComplete(restore: Restore): boolean {
  const { awaited, unreadyBytes } = restore.progress;
  const topics = [...restore.topics.values()];
  return (
    awaited === 0 &&
    unreadyBytes === 0 &&
    isSectionComplete(restore) &&
    topics.every(({ leases }) => leases.size === leases.promised)
  );
}

/** Throws away what an unfinished restore has brought. There is nothing else: the queue has no topics meanwhile. */
function discardRestore(state: QueueState): void {
  if (state.restore === undefined) return;
  for (const topic of state.restore.topics.values()) topic.leases.end();
  state.restore = undefined;
  state.floor = state.placesUsed;
  state.producers.clear();
  state.dirty.clear();
  state.dirty.floorRaisedBy = state.index;
  state.dirty.restore = true;
}

function readChunk(
  { progress }: Restore,
  number: number,
  bytes: Buffer,
): RecordStreamStep | undefined {
  const chunk = decodeChunk(bytes);
  if (chunk === undefined || chunk.number !== number) return undefined;
  const step = readRecords(progress.stream, chunk.payload);
  if (step === undefined || step.entries.length > RECORDS_PER_CHUNK_MAX) return undefined;
  return step.state.complete === chunk.last ? step : undefined;
}

/** Takes the records of a chunk; false when they make no sense. */
function takeAll(state: QueueState, restore: Restore, step: RecordStreamStep): boolean {
  let progress: RestoreProgress | undefined = restore.progress;
  for (const entry of step.entries) {
    progress = take(state, { ...restore, progress }, entry);
    if (progress === undefined) return false;
  }
  progress = { ...progress, stream: step.state, nextChunk: progress.nextChunk + 1 };
  state.restore = { ...restore, progress };
  state.dirty.restore = true;
  return true;
}

function take(state: QueueState, restore: Restore, entry: StoreEntry): RestoreProgress | undefined {
  try {
    if (!mayFollow(restore, entry.key)) return undefined;
    const progress = takeRecord(state, restore, entry);
    if (progress === undefined || progress.awaited < 0) return undefined;
    return progress.unreadyBytes < 0 ? undefined : progress;
  } catch (error) {
    if (error instanceof StoreCorrupt) return undefined;
    throw error;
  }
}

function takeRecord(
  state: QueueState,
  restore: Restore,
  entry: StoreEntry,
): RestoreProgress | undefined {
  const kind = rowKindOf(entry.key);
  if (kind !== undefined) {
    const result = restoreRow(state, restore, { kind, entry });
    return result && counted(restore.progress, entry.key, result);
  }
  const key = parseKey(entry.key);
  const isFirst = restore.progress.source.placesUsed === 0 && restore.topics.size === 0;
  switch (key?.kind) {
    case 'meta':
      return isFirst ? takeMeta(state, restore, entry) : undefined;
    case 'topic':
      return takeTopic(state, restore, { place: key.place, entry });
    case 'message':
      return takeMessage(state, restore, { ...key, entry });
    case 'producer':
      return takeProducer(state, restore, { place: key.place, entry });
    case 'restore': // the backup was made while another one was restored
    case undefined:
      return undefined;
    default:
      return key satisfies never;
  }
}

function takeMeta(
  state: QueueState,
  { progress }: Restore,
  { value }: StoreEntry,
): RestoreProgress | undefined {
  const { topicsCreated, placesUsed, publishes, gapMs, secret } = decodeMeta(value);
  const placesAfter = progress.base + placesUsed;
  if (Math.max(topicsCreated, placesAfter, publishes) > COUNTER_MAX) return undefined;
  state.placesUsed = placesAfter;
  // Leases of the backup keep their tokens; there are no others.
  if (secret !== undefined) state.secret = secret;
  const source = { topicsCreated, placesUsed, publishes, gapMs };
  return counted({ ...progress, source }, META_KEY, {});
}

interface Placed {
  /** In the backup. */
  readonly place: number;
  readonly entry: StoreEntry;
}

function takeTopic(
  state: QueueState,
  { progress, topics, names }: Restore,
  { place, entry }: Placed,
): RestoreProgress | undefined {
  const { source, base } = progress;
  const { record, leftovers } = decodeTopic(place, entry);
  const { number, name } = record;
  const fits = place >= 1 && place <= source.placesUsed && number <= source.topicsCreated;
  const isNew = !names.has(name) && !topics.has(base + place) && leftovers === undefined;
  if (!fits || !isNew || number <= progress.lastNumber) return undefined;
  if (!isSound(record)) return undefined;
  const awaited = progress.awaited + awaitedOf(record);
  const unreadyBytes = progress.unreadyBytes + record.bytes - record.ready.bytes;
  if (Math.max(awaited, unreadyBytes) > COUNTER_MAX) return undefined;
  const topic = topicOf({ ...record, place: base + place }, state, 0);
  topic.leases.promised = record.leased;
  topics.set(topic.place, topic);
  names.add(name);
  state.dirty.touched(topic);
  return counted({ ...progress, lastNumber: number, awaited, unreadyBytes }, entry.key, {});
}

function takeMessage(
  state: QueueState,
  { progress, topics }: Restore,
  { place, sequence, entry }: Placed & { readonly sequence: number },
): RestoreProgress | undefined {
  const topic = topics.get(progress.base + place);
  if (topic === undefined) return undefined;
  const { filled: last } = progress;
  const isNext =
    topic.place > last.place || (topic.place === last.place && sequence > last.sequence);
  if (!isNext || sequence > topic.lastSequence) return undefined;
  const message = decodeMessage(sequence, entry);
  const lane = freshLaneAt(topic, sequence);
  const isOfLane = message.key === undefined && message.priority === lane?.priority;
  if (lane !== undefined && !isOfLane) return undefined;
  topic.bodies.add(sequence, message);
  state.dirty.added(topic, message.body.length);
  const filled = { place: topic.place, sequence };
  const owes = message.expiresAt === undefined ? -1 : 0; // when it expires is due, unless it is leased
  return counted({ ...progress, filled }, entry.key, { owes, bytes: message.body.length });
}

function takeProducer(
  { producers }: QueueState,
  { progress, topics }: Restore,
  { place, entry }: Placed,
): RestoreProgress | undefined {
  const memory = decodeProducer(progress.base + place, entry);
  const topic = topics.get(memory.place);
  if (topic === undefined || !answersFit(memory, topic.lastSequence)) return undefined;
  if (memory.order > progress.source.publishes || producers.size >= PRODUCERS_MAX) return undefined;
  producers.restore(memory);
  return counted(progress, entry.key, {});
}
