import {
  ANSWERS_PER_PRODUCER_MAX,
  DELAY_MS_MAX,
  MESSAGES_PER_COMMAND_MAX,
  type Message,
  type NewMessage,
  PRIORITY_DEFAULT,
  type ProducerStep,
  type Publish,
  type QueueRefusal,
  type QueueResult,
  type Repeated,
} from '@rrmq/queue';
import { type Answer, type KnownProducer, type ReferenceState, refused } from './state.ts';
import { type Place, type ReferenceTopic, bytesOf } from './topic.ts';

export function publish(
  state: ReferenceState,
  topic: ReferenceTopic,
  { producer, messages }: Publish,
): QueueResult {
  const published = { ok: true, kind: 'published', topicNumber: topic.number } as const;
  if (producer !== undefined) {
    const before = judge(findProducer(state, topic, producer), producer);
    if (typeof before === 'string') return refused(before);
    if (before) return { ...published, ...before, duplicate: true, repeated: [] };
  }
  const { fresh, repeated } = tellRepeated(state, topic, messages);
  const answer = { firstSequence: topic.lastSequence + 1, count: fresh.length };
  const refusal = fresh.length === 0 ? undefined : refusalOf(state, topic, fresh);
  if (refusal !== undefined) return refused(refusal);
  for (const message of fresh) addNew(state, topic, message);
  if (producer !== undefined) rememberProducer(state, topic, { step: producer, answer });
  return { ...published, ...answer, duplicate: false, repeated };
}

const findProducer = (
  { producers }: ReferenceState,
  topic: ReferenceTopic,
  { id }: ProducerStep,
): KnownProducer | undefined =>
  producers.find((each) => each.topicNumber === topic.number && each.id === id);

/** The answer that a repetition had, why it is refused, or `undefined`: it is the next step. */
function judge(
  known: KnownProducer | undefined,
  { epoch, sequence }: ProducerStep,
): Answer | 'producer-gap' | 'stale-producer' | undefined {
  if (known === undefined || epoch > known.epoch)
    return sequence === 1 ? undefined : 'producer-gap';
  if (epoch < known.epoch) return 'stale-producer';
  if (sequence > known.sequence)
    return sequence === known.sequence + 1 ? undefined : 'producer-gap';
  return known.answers.toReversed()[known.sequence - sequence] ?? 'stale-producer';
}

function rememberProducer(
  state: ReferenceState,
  topic: ReferenceTopic,
  { step, answer }: { step: ProducerStep; answer: Answer },
): void {
  const known = findProducer(state, topic, step);
  const before = known?.epoch === step.epoch ? known.answers : [];
  const answers = [...before, answer].slice(-ANSWERS_PER_PRODUCER_MAX);
  const others = state.producers.filter((each) => each !== known);
  state.producers = [...others, { topicNumber: topic.number, ...step, answers }].slice(
    -state.producersMax,
  );
}

/** Messages whose dedup id is remembered, or stands earlier in the same publish, are not added. */
function tellRepeated(
  { at }: ReferenceState,
  topic: ReferenceTopic,
  messages: readonly NewMessage[],
): { fresh: NewMessage[]; repeated: Repeated[] } {
  const fresh: NewMessage[] = [];
  const repeated: Repeated[] = [];
  for (const [position, message] of messages.entries()) {
    const { dedupId } = message;
    const earlier = fresh.findIndex((each) => dedupId !== undefined && each.dedupId === dedupId);
    const known = topic.remembered.findLast(({ id }) => id === dedupId);
    if (earlier !== -1) {
      repeated.push({ position, sequence: topic.lastSequence + 1 + earlier });
    } else if (known && (at < known.until || topic.find(known.sequence) !== undefined)) {
      repeated.push({ position, sequence: known.sequence });
    } else {
      fresh.push(message);
    }
  }
  return { fresh, repeated };
}

function refusalOf(
  { at }: ReferenceState,
  topic: ReferenceTopic,
  fresh: readonly NewMessage[],
): QueueRefusal | undefined {
  const sizes = fresh.map(({ body }) => Buffer.from(body).length);
  const { maxMessageBytes = Infinity } = topic.settings.limits;
  if (topic.paused.publishing) return 'paused';
  if (sizes.some((size) => size > maxMessageBytes)) return 'message-too-large';
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return makeRoom(topic, { count: fresh.length, bytes }, at) ? undefined : 'topic-full';
}

interface Wanted {
  readonly count: number;
  readonly bytes: number;
}

/** Whether this fits beside messages with so many bytes. */
function fits({ settings }: ReferenceTopic, wanted: Wanted, beside: Wanted): boolean {
  const { maxMessages = Infinity, maxBytes = Infinity } = settings.limits;
  return beside.count + wanted.count <= maxMessages && beside.bytes + wanted.bytes <= maxBytes;
}

export function hasRoom(topic: ReferenceTopic, wanted: Wanted): boolean {
  const live = topic.live();
  return fits(topic, wanted, { count: live.length, bytes: bytesOf(live) });
}

function makeRoom(topic: ReferenceTopic, wanted: Wanted, at: number): boolean {
  if (hasRoom(topic, wanted)) return true;
  const waiting = topic.waiting();
  const stays = topic.live().filter((held) => !waiting.includes(held));
  const enough = fits(topic, wanted, { count: stays.length, bytes: bytesOf(stays) });
  if (topic.settings.limits.overflow === 'reject' || !enough) return false;
  for (let dropped = 0; dropped < MESSAGES_PER_COMMAND_MAX; dropped += 1) {
    dropOne(topic, at);
    if (hasRoom(topic, wanted)) return true;
  }
  return false;
}

function dropOne(topic: ReferenceTopic, at: number): void {
  const held = topic.firstOfLowestPriority();
  if (held === undefined) return;
  topic.serve(held);
  if (topic.settings.limits.overflow === 'dead-letter') {
    topic.kill(held, at, 'overflow');
  } else {
    topic.counts.overflow += 1;
    topic.remove(held);
  }
}

function addNew({ at }: ReferenceState, topic: ReferenceTopic, message: NewMessage): void {
  const { dedupId, delayMs = 0 } = message;
  const until = Math.min(message.deliverAt ?? at + delayMs, at + DELAY_MS_MAX);
  const ttlMs = message.ttlMs ?? topic.settings.ttlMs;
  const content = contentOf(message, { publishedAt: at, ttlMs });
  topic.add(content, placeUntil(until, at));
  if (dedupId === undefined) return;
  const { lastSequence: sequence, settings } = topic;
  topic.remembered.push({ id: dedupId, sequence, until: at + settings.dedupMs, isDue: true });
}

export const placeUntil = (until: number, at: number): Place =>
  until > at ? { state: 'delayed', until } : { state: 'ready' };

const contentOf = (
  { contentType, body, key, priority = PRIORITY_DEFAULT, attributes = [], dedupId }: NewMessage,
  { publishedAt, ttlMs }: { publishedAt: number; ttlMs: number | undefined },
): Omit<Message, 'sequence'> => ({
  contentType,
  body: Buffer.from(body),
  key,
  priority,
  attributes,
  dedupId,
  publishedAt,
  expiresAt: ttlMs === undefined ? undefined : publishedAt + ttlMs,
});
