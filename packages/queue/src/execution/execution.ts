import type { DecodedCommand, DecodedMessage, DecodedPublish } from '../commands/command-decoding.ts';
import type { CreateTopic, Pop } from '../commands/command.ts';
import type { Answer } from '../state/producers.ts';
import { type QueueState, addMessage, takeMessage } from '../state/queue-state.ts';
import { beginRestore, endRestore, isRestore, restoreChunk } from './restoring.ts';
import { type QueueResult, refused } from '../results/result.ts';
import { type Topic, emptyTopic } from '../state/topic.ts';

/** Executes a command on `state`, whose index and time are the command's. A refused command changes nothing. */
export function executeCommand(state: QueueState, command: DecodedCommand): QueueResult {
  if (state.restore !== undefined && !isRestore(command)) return refused('restoring');
  switch (command.kind) {
    case 'create-topic':
      return createTopic(state, command);
    case 'publish':
      return publish(state, command);
    case 'pop':
      return pop(state, command);
    case 'restore-begin':
      return beginRestore(state, command);
    case 'restore-chunk':
      return restoreChunk(state, command);
    case 'restore-end':
      return endRestore(state);
    default:
      return refused('malformed-command');
  }
}

function createTopic(state: QueueState, { topic: name }: CreateTopic): QueueResult {
  if (state.topics.has(name)) return refused('topic-exists');
  state.topicsCreated += 1;
  state.placesUsed += 1;
  const topicNumber = state.topicsCreated;
  const origin = { number: topicNumber, place: state.placesUsed, name, popped: 0 };
  const topic = emptyTopic(origin);
  state.topics.set(name, topic);
  state.dirty.touched(topic);
  return { ok: true, kind: 'topic-created', topicNumber };
}

function publish(state: QueueState, command: DecodedPublish): QueueResult {
  const { producer, messages } = command;
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  if (producer === undefined) return published(topic, append(state, topic, messages), false);
  const verdict = state.producers.judge(topic.place, producer);
  if (verdict.kind === 'refused') return refused(verdict.code);
  if (verdict.kind === 'duplicate') return published(topic, verdict.answer, true);
  const answer = append(state, topic, messages);
  state.producers.remember(topic.place, producer, answer);
  return published(topic, answer, false);
}

function append(state: QueueState, topic: Topic, messages: readonly DecodedMessage[]): Answer {
  const first = topic.lastSequence + 1;
  for (const { contentType, body } of messages) {
    addMessage(state, topic, { contentType, body, publishedAt: state.at });
  }
  return { first, count: messages.length };
}

function pop(state: QueueState, { topic: name }: Pop): QueueResult {
  const topic = state.topics.get(name);
  if (topic === undefined) return refused('unknown-topic');
  const message = takeMessage(state, topic);
  if (message === undefined) return refused('no-message');
  return { ok: true, kind: 'popped', topicNumber: topic.number, message };
}

function published(topic: Topic, { first, count }: Answer, duplicate: boolean): QueueResult {
  const { number: topicNumber } = topic;
  return { ok: true, kind: 'published', topicNumber, firstSequence: first, count, duplicate, repeated: [] };
}
