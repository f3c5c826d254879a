import { assert } from '@rrmq/raft';
import { Dirty } from './dirty.ts';
import { Producers } from './producers.ts';
import type { RestoreProgress } from './restore-progress.ts';
import type { Message } from '../results/result.ts';
import { RunningHash } from '../results/running-hash.ts';
import { StoredMessages } from './stored-messages.ts';
import type { Store } from '../store/store.ts';
import { type Topic, depthOf } from './topic.ts';

/** All that the machine knows: a function of the log up to `index`. What is not in memory is in the store. */
export interface QueueState {
  /** The last entry executed. */
  index: number;
  /** Its time, in ms since the Unix epoch. */
  at: number;
  hash: RunningHash;
  /** By name, in creation order. */
  readonly topics: Map<string, Topic>;
  /** Topics ever created. */
  topicsCreated: number;
  /** Places ever used; see `store-keys.ts`. */
  placesUsed: number;
  /** What lies at or below this place was thrown away. */
  floor: number;
  readonly producers: Producers;
  /** The restore that goes on. */
  restore: Restore | undefined;
  /** What the store does not know yet. */
  readonly dirty: Dirty;
  readonly stored: StoredMessages;
}

export interface Restore {
  readonly progress: RestoreProgress;
  /** By place, in creation order. Nobody sees them before the end. */
  readonly topics: Map<number, Topic>;
  readonly names: Set<string>;
}

/** The state before the first entry. */
export function emptyState(store: Store, producersMax: number): QueueState {
  return {
    index: 0,
    at: 0,
    hash: new RunningHash(),
    topics: new Map(),
    topicsCreated: 0,
    placesUsed: 0,
    floor: 0,
    producers: new Producers(producersMax),
    restore: undefined,
    dirty: new Dirty(),
    stored: new StoredMessages(store),
  };
}

/** Adds a message behind the others of the topic; `body` is copied. */
export function addMessage(
  state: QueueState,
  topic: Topic,
  message: Omit<Message, 'sequence'>,
): void {
  const { contentType, body, publishedAt } = message;
  topic.lastSequence += 1;
  const sequence = topic.lastSequence;
  topic.recent.push({ sequence, contentType, body: topic.bodies.copy(body), publishedAt });
  topic.readyBytes += body.length;
  state.dirty.added(topic, body.length);
}

/** Takes the oldest message out. */
export function takeMessage(state: QueueState, topic: Topic): Message | undefined {
  if (depthOf(topic) === 0) return undefined;
  const sequence = topic.popped + 1;
  const message =
    sequence <= topic.storedThrough ? state.stored.take(topic, sequence) : topic.recent.shift();
  assert(message?.sequence === sequence, 'a topic holds each message that was not popped');
  topic.popped = sequence;
  topic.readyBytes -= message.body.length;
  if (topic.recent.size === 0) topic.bodies.reset();
  state.dirty.taken(topic, message);
  return message;
}
