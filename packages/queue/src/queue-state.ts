import { BodySlab } from './body-slab.ts';
import { Fifo } from './fifo.ts';
import { Producers } from './producers.ts';
import type { Message } from './result.ts';
import { RunningHash } from './running-hash.ts';
import type { Topic } from './topic.ts';

/** All that the machine knows: a function of the log up to `index`. A snapshot holds it whole. */
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
  readonly producers: Producers;
}

/** The state before the first entry. */
export function emptyState(producersMax: number): QueueState {
  return {
    index: 0,
    at: 0,
    hash: new RunningHash(),
    topics: new Map(),
    topicsCreated: 0,
    producers: new Producers(producersMax),
  };
}

/** A topic without messages, not yet part of a state. */
export function emptyTopic(number: number, name: string): Topic {
  const ready = new Fifo<Message>();
  const bodies = new BodySlab();
  return { number, name, ready, bodies, readyBytes: 0, lastSequence: 0, popped: 0 };
}

/** Adds a message behind the others of the topic; `body` is copied. */
export function addMessage(topic: Topic, message: Message): void {
  const { sequence, contentType, body, publishedAt } = message;
  topic.ready.push({ sequence, contentType, body: topic.bodies.copy(body), publishedAt });
  topic.readyBytes += body.length;
}

/** Takes the oldest message out. */
export function takeMessage(topic: Topic): Message | undefined {
  const message = topic.ready.shift();
  if (message === undefined) return undefined;
  topic.readyBytes -= message.body.length;
  if (topic.ready.size === 0) topic.bodies.reset();
  return message;
}
