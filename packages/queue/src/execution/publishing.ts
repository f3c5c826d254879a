import type { DecodedMessage, DecodedPublish } from '../commands/command-decoding.ts';
import { DELAY_MS_MAX, MESSAGES_PER_COMMAND_MAX } from '../commands/limits.ts';
import {
  type Published,
  type QueueRefusal,
  type QueueResult,
  type Repeated,
  refused,
} from '../results/result.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState } from '../state/queue-state.ts';
import { type Topic, liveCount } from '../state/topic.ts';
import { type Publishable, addMessage, die, leave, unwatchExpiry } from './transitions.ts';

export function publish(state: QueueState, command: DecodedPublish): QueueResult {
  const { producer } = command;
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  if (producer !== undefined) {
    const verdict = state.producers.judge(topic.place, producer);
    if (verdict.kind === 'refused') return refused(verdict.code);
    if (verdict.kind === 'duplicate') {
      const { first, count } = verdict.answer;
      return published(topic, { firstSequence: first, count, duplicate: true, repeated: [] });
    }
  }
  const { added, repeated } = sortOut(state, topic, command.messages);
  const firstSequence = topic.lastSequence + 1;
  const count = added.length;
  if (count > 0) {
    const refusal = makeRoom(state, topic, added);
    if (refusal !== undefined) return refused(refusal);
    for (const message of added) add(state, topic, message);
  }
  if (producer !== undefined) {
    state.producers.remember(topic.place, producer, { first: firstSequence, count });
  }
  return published(topic, { firstSequence, count, duplicate: false, repeated });
}

/** Makes room for these messages as the topic's settings say; why there is none, if so. */
function makeRoom(
  state: QueueState,
  topic: Topic,
  messages: readonly WithBody[],
): QueueRefusal | undefined {
  const refusal = refusalOf(topic, messages);
  if (refusal !== 'topic-full' || topic.settings.limits.overflow === 'reject') return refusal;
  const room = roomBeside(topic, messages);
  return canMakeRoom(topic, room) && drop(state, topic, room) ? undefined : refusal;
}

interface WithBody {
  readonly body: Buffer;
}

/** Why the topic does not take these messages as it is. */
export function refusalOf(topic: Topic, messages: readonly WithBody[]): QueueRefusal | undefined {
  if (topic.paused.publishing) return 'paused';
  const { maxMessageBytes = Infinity } = topic.settings.limits;
  for (const { body } of messages) {
    if (body.length > maxMessageBytes) return 'message-too-large';
  }
  return hasRoom(topic, roomBeside(topic, messages)) ? undefined : 'topic-full';
}

/** What may be live in the topic beside the new messages. */
interface Room {
  readonly messages: number;
  readonly bytes: number;
}

function roomBeside({ settings }: Topic, messages: readonly WithBody[]): Room {
  const { maxMessages = Infinity, maxBytes = Infinity } = settings.limits;
  let bytes = 0;
  for (const { body } of messages) bytes += body.length;
  return { messages: maxMessages - messages.length, bytes: maxBytes - bytes };
}

const hasRoom = (topic: Topic, { messages, bytes }: Room): boolean =>
  liveCount(topic) <= messages && topic.bytes <= bytes;

/** Whether there is room once all is gone that may be dropped: what is ready, but not behind a blocked key. */
function canMakeRoom(topic: Topic, room: Room): boolean {
  const { ready } = topic;
  const { count, bytes } = ready.blocked;
  const messages = liveCount(topic) - (ready.count - count);
  return messages <= room.messages && topic.bytes - (ready.bytes - bytes) <= room.bytes;
}

/** Drops messages until there is room; false when there is not after as many as a command may touch. */
function drop(state: QueueState, topic: Topic, room: Room): boolean {
  const { overflow } = topic.settings.limits;
  for (let dropped = 0; dropped < MESSAGES_PER_COMMAND_MAX; dropped += 1) {
    const found = topic.ready.nextOfLowest();
    if (found === undefined) return false;
    const meta = metaOf(found.message);
    topic.ready.serve(meta, false);
    unwatchExpiry(state, topic, meta);
    if (overflow === 'dead-letter') {
      die(state, topic, { meta, trail: found.trail, reason: 'overflow' });
    } else {
      topic.counters.discardedOverflow += 1;
      leave(state, topic, meta);
    }
    if (hasRoom(topic, room)) return true;
  }
  return false;
}

interface SortedOut {
  /** Messages that are new. */
  readonly added: readonly DecodedMessage[];
  readonly repeated: readonly Repeated[];
}

/** Finds messages whose dedup ids are remembered, or stand before in the same command. */
function sortOut(state: QueueState, topic: Topic, messages: readonly DecodedMessage[]): SortedOut {
  if (messages.every(({ dedupId }) => dedupId === undefined)) {
    return { added: messages, repeated: NONE };
  }
  const added: DecodedMessage[] = [];
  const repeated: Repeated[] = [];
  const earlier = new Map<string, number>();
  for (const [position, message] of messages.entries()) {
    const { dedupId } = message;
    const sequence =
      dedupId === undefined
        ? undefined
        : (earlier.get(dedupId) ?? state.dedup.find(topic.place, dedupId, state.at));
    if (sequence !== undefined) {
      repeated.push({ position, sequence });
      continue;
    }
    added.push(message);
    if (dedupId !== undefined) earlier.set(dedupId, topic.lastSequence + added.length);
  }
  return { added, repeated };
}

const NONE: readonly Repeated[] = [];

function add(state: QueueState, topic: Topic, message: DecodedMessage): void {
  const { at } = state;
  const { contentType, body, key, priority, attributes, dedupId } = message;
  const { delayMs, ttlMs = topic.settings.ttlMs } = message;
  const deliverAt = delayMs === undefined ? (message.deliverAt ?? at) : at + delayMs;
  const expiresAt = ttlMs === undefined ? undefined : at + ttlMs;
  const publishable: Publishable = {
    contentType,
    body,
    publishedAt: at,
    key,
    priority,
    attributes,
    expiresAt,
    dedupId,
  };
  const latest = at + DELAY_MS_MAX;
  addMessage(state, topic, { message: publishable, deliverAt: Math.min(deliverAt, latest) });
}

type Outcome = Pick<Published, 'firstSequence' | 'count' | 'duplicate' | 'repeated'>;

function published(
  topic: Topic,
  { firstSequence, count, duplicate, repeated }: Outcome,
): Published {
  const { number: topicNumber } = topic;
  return { ok: true, kind: 'published', topicNumber, firstSequence, count, duplicate, repeated };
}
