import type { ProducerMemory } from './producers.ts';
import type { QueueState } from './queue-state.ts';
import type { Topic } from './topic.ts';

/**
 * What is true of every state, in plain words; the answer lists what is not. Costs time in proportion to the contents:
 * for tests, the simulator and snapshots.
 */
export function findViolations(state: QueueState): readonly string[] {
  const topics = [...state.topics.values()];
  const found = topics.flatMap((topic) => topicViolations(topic, state));
  if (!ascending(topics.map(({ number }) => number))) found.push('topics stand in creation order');
  if ((topics.at(-1)?.number ?? 0) > state.topicsCreated) {
    found.push('no topic has a number beyond the topics created');
  }
  for (const [name, topic] of state.topics) {
    if (name !== topic.name) found.push(`topic ${topic.number} is found under its own name`);
  }
  return [...found, ...producerViolations(state)];
}

function topicViolations(topic: Topic, state: QueueState): string[] {
  const messages = [...topic.ready];
  const last = messages.at(-1)?.sequence ?? 0;
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
  const claims: [boolean, string][] = [
    [topic.number >= 1, 'is numbered from 1'],
    [messages.length === topic.ready.size, 'counts as many messages as it holds'],
    [bytes === topic.readyBytes, 'counts as many bytes as it holds'],
    [messages.length + topic.popped === topic.lastSequence, 'holds what was published, less pops'],
    [ascending(messages.map(({ sequence }) => sequence)), 'holds messages in ascending sequence'],
    [last <= topic.lastSequence, 'holds no message beyond its last sequence'],
    [messages.every(({ publishedAt }) => publishedAt <= state.at), 'holds no message of later'],
  ];
  return claims.flatMap(([holds, words]) => (holds ? [] : [`topic ${topic.number} ${words}`]));
}

function producerViolations({ producers, topics, index }: QueueState): string[] {
  const memories = producers.memories();
  const lastSequences = new Map(
    Array.from(topics.values(), ({ number, lastSequence }) => [number, lastSequence]),
  );
  const found = memories.flatMap((memory) =>
    answersFit(memory, lastSequences.get(memory.topicNumber))
      ? []
      : [`the answers remembered of producer ${memory.id} are what its topic holds or held`],
  );
  const indexes = memories.map((memory) => memory.index);
  if (!ascending(indexes)) found.push('producers stand in the order of their last publish');
  if ((indexes.at(-1) ?? 0) > index) found.push('no producer published beyond the last entry');
  return found;
}

/** `lastSequence` is undefined for a topic that is no more. */
function answersFit({ answers, sequence }: ProducerMemory, lastSequence = Infinity): boolean {
  const ends = answers.map(({ first, count }) => first + count - 1);
  return (
    answers.length >= 1 &&
    answers.length <= sequence &&
    answers.every(({ first, count }, i) => count >= 1 && first > (ends[i - 1] ?? 0)) &&
    (ends.at(-1) ?? 0) <= lastSequence
  );
}

function ascending(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
}
