import type { CreateTopic, DeleteTopic, PauseTopic, UpdateTopic } from '../commands/command.ts';
import type { TopicSettings } from '../commands/topic-settings.ts';
import { type QueueResult, refused } from '../results/result.ts';
import type { QueueState } from '../state/queue-state.ts';
import { type Topic, liveCount, newTopicRecord, topicOf } from '../state/topic.ts';
import { endRedrivesTo } from './redriving.ts';
import { RowKind, placePrefix } from '../store/row-keys.ts';

const NOTHING = Buffer.alloc(0);

export function createTopic(
  state: QueueState,
  { topic: name, settings }: CreateTopic,
): QueueResult {
  if (state.topics.has(name)) return refused('topic-exists');
  state.topicsCreated += 1;
  state.placesUsed += 1;
  const number = state.topicsCreated;
  const origin = { number, place: state.placesUsed, name, createdAt: state.at };
  const topic = topicOf(newTopicRecord(origin, settings), state);
  state.topics.set(name, topic);
  state.places.set(topic.place, topic);
  state.dirty.touched(topic);
  return { ok: true, kind: 'topic-created', topicNumber: number };
}

export function updateTopic(state: QueueState, command: UpdateTopic): QueueResult {
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  if (isOther(topic, command.version)) return refused('version-mismatch');
  if (!isSame(topic.settings, command.settings)) {
    topic.settings = command.settings;
    topic.version += 1;
    state.dirty.touched(topic);
  }
  const { number: topicNumber, version } = topic;
  return { ok: true, kind: 'topic-updated', topicNumber, version };
}

/** What the topic had in the store is removed by flushes, bit by bit: nobody sees it any more. */
export function deleteTopic(state: QueueState, command: DeleteTopic): QueueResult {
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  if (isOther(topic, command.version)) return refused('version-mismatch');
  const { number: topicNumber, place, dead } = topic;
  const messages = liveCount(topic) + dead.count;
  topic.leases.end();
  state.topics.delete(topic.name);
  state.places.delete(place);
  state.busy.delete(topic);
  endRedrivesTo(state, topic);
  state.dirty.forget(topic);
  state.producers.forgetPlace(place);
  state.doomed.set(place, state.index);
  state.rows.put(placePrefix(RowKind.doomed, place), NOTHING);
  return { ok: true, kind: 'topic-deleted', topicNumber, messages };
}

export function pauseTopic(state: QueueState, command: PauseTopic): QueueResult {
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  const { publishing, receiving } = command;
  topic.paused = { publishing, receiving };
  state.dirty.touched(topic);
  return { ok: true, kind: 'topic-paused', topicNumber: topic.number };
}

const isOther = ({ version }: Topic, wanted: number | undefined): boolean =>
  wanted !== undefined && wanted !== version;

function isSame(a: TopicSettings, b: TopicSettings): boolean {
  const [limits, others] = [a.limits, b.limits];
  return (
    a.leaseMs === b.leaseMs &&
    a.maxFailures === b.maxFailures &&
    a.backoff.initialMs === b.backoff.initialMs &&
    a.backoff.maxMs === b.backoff.maxMs &&
    a.ttlMs === b.ttlMs &&
    a.onExpiry === b.onExpiry &&
    a.dedupMs === b.dedupMs &&
    limits.maxMessages === others.maxMessages &&
    limits.maxBytes === others.maxBytes &&
    limits.maxMessageBytes === others.maxMessageBytes &&
    limits.maxInFlight === others.maxInFlight &&
    limits.overflow === others.overflow
  );
}
