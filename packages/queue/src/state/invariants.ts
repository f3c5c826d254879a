import { leaseEnd } from './leases.ts';
import type { ProducerMemory } from './producers.ts';
import type { QueueState } from './queue-state.ts';
import { type Topic, liveCount, stateOf } from './topic.ts';

/**
 * What is true of every state, in plain words; the answer lists what is not. Costs time in proportion to the contents,
 * those in the store included: for tests and the simulator. What is true of a store at rest: `store-walk.ts`.
 */
export function findViolations(state: QueueState): readonly string[] {
  const visible = [...state.topics.values()];
  const hidden = [...(state.restore?.topics.values() ?? [])];
  const topics = [...visible, ...hidden];
  const found = visible.flatMap((topic) => topicViolations(topic, state));
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
    if (state.places.get(topic.place) !== topic) found.push(`topic ${topic.number} has its place`);
  }
  return [...found, ...producerViolations(state, topics)];
}

interface Tally {
  ready: number;
  leased: number;
  delayed: number;
  bytes: number;
  readyBytes: number;
  wrongTrails: number;
}

function topicViolations(topic: Topic, state: QueueState): string[] {
  const { number, ready, leases, delayed, bytes, counters, settings } = topic;
  // The settings may have been others when it happened.
  const isUpdated = topic.version > 1;
  const tally = tallyOf(topic);
  const { acked, published, deadLettered, redriven } = counters;
  const { discardedExpired, discardedOverflow, discardedPurged } = counters;
  const gone = acked + discardedExpired + discardedOverflow + discardedPurged + redriven;
  const claims: [boolean, string][] = [
    [number >= 1, 'is numbered from 1'],
    [topic.place > state.floor, 'lies above the floor'],
    [tally.ready === ready.count, 'counts what is ready as it holds it'],
    [tally.leased === leases.size, 'has a live message for each lease'],
    [tally.delayed === delayed.count, 'has a live message for each delay'],
    [tally.bytes === bytes, 'counts as many bytes as it holds'],
    [tally.readyBytes === ready.bytes, 'counts as many ready bytes as it holds'],
    [isUpdated || tally.wrongTrails === 0, 'knows what has become of each message'],
    [isUpdated || leases.size <= settings.limits.maxInFlight, 'leases what it may'],
    [ready.available <= ready.count, 'serves only what is ready'],
    [published === liveCount(topic) + topic.dead.count + gone, 'accounts for each message'],
    [deadLettered >= topic.dead.count, 'counts its dead letters'],
    [noLeaseIsForgotten(topic, state), 'has no lease that nobody will end'],
  ];
  return claims.flatMap(([holds, words]) => (holds ? [] : [`topic ${number} ${words}`]));
}

function tallyOf(topic: Topic): Tally {
  const { bodies, lastSequence, leases, delayed, settings } = topic;
  const tally = { ready: 0, leased: 0, delayed: 0, bytes: 0, readyBytes: 0, wrongTrails: 0 };
  for (let after = 0; ;) {
    const message = bodies.first(after + 1, lastSequence);
    if (message === undefined) return tally;
    const { sequence, body } = message;
    after = sequence;
    const at = stateOf(topic, sequence);
    tally[at] += 1;
    tally.bytes += body.length;
    if (at === 'ready') tally.readyBytes += body.length;
    const trail = leases.get(sequence)?.trail ?? delayed.find(sequence)?.trail;
    if (trail !== undefined && trail.failures > settings.maxFailures) tally.wrongTrails += 1;
  }
}

function noLeaseIsForgotten({ leases }: Topic, { leaseOrder, gapMs }: QueueState): boolean {
  const first = leaseOrder.first;
  for (const lease of leases) {
    if (first === undefined || leaseEnd(lease, gapMs) < first.deadline) return false;
  }
  return true;
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
