import type { ProducerMemory } from './producers.ts';
import type { QueueState } from './queue-state.ts';
import type { Message } from '../results/result.ts';
import { type Topic, depthOf } from './topic.ts';

/**
 * What is true of every state, in plain words; the answer lists what is not. Costs time in proportion to the contents,
 * those in the store included: for tests and the simulator. What is true of a store at rest: `store-walk.ts`.
 */
export function findViolations(state: QueueState): readonly string[] {
  const visible = [...state.topics.values()];
  const topics = [...visible, ...(state.restore?.topics.values() ?? [])];
  const found = topics.flatMap((topic) => topicViolations(topic, state));
  if (!ascending(topics.map(({ number }) => number))) found.push('topics stand in creation order');
  if (!ascending(topics.map(({ place }) => place))) found.push('places ascend as topics do');
  if ((topics.at(-1)?.place ?? 0) > state.placesUsed) found.push('places used are counted');
  if ((visible.at(-1)?.number ?? 0) > state.topicsCreated) {
    found.push('no topic has a number beyond the topics created');
  }
  if (visible.length > 0 && state.restore !== undefined) {
    found.push('there are no topics while a backup is restored');
  }
  for (const [name, topic] of state.topics) {
    if (name !== topic.name) found.push(`topic ${topic.number} is found under its own name`);
  }
  return [...found, ...producerViolations(state, topics)];
}

function topicViolations(topic: Topic, state: QueueState): string[] {
  const messages = messagesOf(topic, state);
  const { number, cleared, popped, storedThrough, flushingThrough, lastSequence } = topic;
  const last = messages.at(-1)?.sequence ?? 0;
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0);
  const claims: [boolean, string][] = [
    [number >= 1, 'is numbered from 1'],
    [topic.place > state.floor, 'lies above the floor'],
    [messages.length === depthOf(topic), 'counts as many messages as it holds'],
    [bytes === topic.readyBytes, 'counts as many bytes as it holds'],
    [ascending(messages.map(({ sequence }) => sequence)), 'holds messages in ascending sequence'],
    [last <= lastSequence, 'holds no message beyond its last sequence'],
    [cleared <= popped && popped <= lastSequence, 'clears away and pops what was published'],
    [cleared <= storedThrough || storedThrough <= popped, 'clears away what is stored'],
    [storedThrough <= flushingThrough && flushingThrough <= lastSequence, 'stores in order'],
  ];
  return claims.flatMap(([holds, words]) => (holds ? [] : [`topic ${number} ${words}`]));
}

function messagesOf(topic: Topic, { stored }: QueueState): Message[] {
  const messages: Message[] = [];
  const { place, popped, storedThrough } = topic;
  while (popped + messages.length < storedThrough) {
    messages.push(...stored.read(place, popped + messages.length + 1, storedThrough));
  }
  return [...messages, ...topic.recent];
}

function producerViolations(
  { producers, restore }: QueueState,
  topics: readonly Topic[],
): string[] {
  const memories = producers.memories();
  const lastSequences = new Map(topics.map(({ place, lastSequence }) => [place, lastSequence]));
  const found = memories.flatMap((memory) =>
    answersFit(memory, lastSequences.get(memory.place) ?? 0)
      ? []
      : [`the answers remembered of producer ${memory.id} are what its topic holds or held`],
  );
  const orders = memories.map(({ order }) => order);
  if (restore === undefined && !ascending(orders)) {
    found.push('producers stand in the order of their last publish');
  }
  if (orders.some((order) => order > producers.publishes)) found.push('publishes are counted');
  return found;
}

/** The answers are what a topic that published so much gave to a producer. */
export function answersFit({ answers, sequence }: ProducerMemory, lastSequence: number): boolean {
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
