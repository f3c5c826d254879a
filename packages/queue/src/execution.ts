import type { DecodedCommand, DecodedMessage, DecodedPublish } from './command-decoding.ts';
import type { CreateTopic, Pop } from './command.ts';
import type { Answer } from './producers.ts';
import { type QueueState, addMessage, emptyTopic, takeMessage } from './queue-state.ts';
import type { QueueRefusal, QueueResult, Refused } from './result.ts';
import type { Topic } from './topic.ts';

/** Executes a command on `state`, whose index and time are the command's. A refused command changes nothing. */
export function executeCommand(state: QueueState, command: DecodedCommand): QueueResult {
  switch (command.kind) {
    case 'create-topic':
      return createTopic(state, command);
    case 'publish':
      return publish(state, command);
    case 'pop':
      return pop(state, command);
    default:
      return command satisfies never;
  }
}

function createTopic(state: QueueState, { topic: name }: CreateTopic): QueueResult {
  if (state.topics.has(name)) return refused('topic-exists');
  state.topicsCreated += 1;
  const topicNumber = state.topicsCreated;
  state.topics.set(name, emptyTopic(topicNumber, name));
  return { ok: true, kind: 'topic-created', topicNumber };
}

function publish(state: QueueState, command: DecodedPublish): QueueResult {
  const { producer, messages } = command;
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  if (producer === undefined) return published(topic, append(topic, messages, state.at), false);
  const verdict = state.producers.judge(topic.number, producer);
  if (verdict.kind === 'refused') return refused(verdict.code);
  if (verdict.kind === 'duplicate') return published(topic, verdict.answer, true);
  const answer = append(topic, messages, state.at);
  state.producers.remember(topic.number, producer, state.index, answer);
  return published(topic, answer, false);
}

function append(topic: Topic, messages: readonly DecodedMessage[], publishedAt: number): Answer {
  const first = topic.lastSequence + 1;
  for (const { contentType, body } of messages) {
    topic.lastSequence += 1;
    addMessage(topic, { sequence: topic.lastSequence, contentType, body, publishedAt });
  }
  return { first, count: messages.length };
}

function pop(state: QueueState, { topic: name }: Pop): QueueResult {
  const topic = state.topics.get(name);
  if (topic === undefined) return refused('unknown-topic');
  const message = takeMessage(topic);
  if (message === undefined) return refused('no-message');
  topic.popped += 1;
  return { ok: true, kind: 'popped', topicNumber: topic.number, message };
}

function published(topic: Topic, { first, count }: Answer, duplicate: boolean): QueueResult {
  const { number: topicNumber } = topic;
  return { ok: true, kind: 'published', topicNumber, firstSequence: first, count, duplicate };
}

const refused = (code: QueueRefusal): Refused => ({ ok: false, code });
