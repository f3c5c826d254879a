import { MESSAGES_PER_COMMAND_MAX, RECEIVE_BYTES_MAX } from '../commands/limits.ts';
import type { PeekPage, PeekRange, PeekedMessage } from '../queue-view.ts';
import type { Message } from '../results/result.ts';
import type { DeadLetter } from './dead-letters.ts';
import { leaseEnd } from './leases.ts';
import { metaOf } from './message-meta.ts';
import type { Topic } from './topic.ts';

/** Looks at messages of a topic, by ascending sequence. Nothing changes. `gapMs`: see `QueueState`. */
export function peekTopic(topic: Topic, range: PeekRange, gapMs: number): PeekPage {
  const messages: PeekedMessage[] = [];
  const limit = Math.min(range.limit, MESSAGES_PER_COMMAND_MAX);
  let { after } = range;
  let bytes = 0;
  for (let looked = 0; looked < MESSAGES_PER_COMMAND_MAX; looked += 1) {
    if (messages.length >= limit || bytes >= RECEIVE_BYTES_MAX) return { messages, next: after };
    const peeked = nextPeeked(topic, { ...range, after }, gapMs);
    if (peeked === undefined) return { messages, next: undefined };
    after = peeked.message.sequence;
    if (peeked.state !== range.state) continue;
    messages.push(peeked);
    bytes += peeked.message.body.length;
  }
  return { messages, next: after };
}

export function peekMessage(
  topic: Topic,
  sequence: number,
  gapMs: number,
): PeekedMessage | undefined {
  const message = topic.bodies.find(sequence);
  if (message !== undefined) return peekLive(topic, message, gapMs);
  const letter = topic.dead.find(sequence);
  return letter && peekDead(letter);
}

/** The next message that is in the state, or may be. */
function nextPeeked(
  topic: Topic,
  { state, after }: PeekRange,
  gapMs: number,
): PeekedMessage | undefined {
  const { dead, delayed, bodies, leases, lastSequence } = topic;
  switch (state) {
    case 'dead': {
      const letter = dead.after(after);
      return letter && peekDead(letter);
    }
    case 'delayed': {
      const sequence = delayed.after(after);
      return sequence === undefined ? undefined : peekMessage(topic, sequence, gapMs);
    }
    case 'leased': {
      const sequence = leases.after(after);
      return sequence === undefined ? undefined : peekMessage(topic, sequence, gapMs);
    }
    case 'ready': {
      const message = bodies.first(after + 1, lastSequence);
      return message && peekLive(topic, message, gapMs);
    }
    default:
      return state satisfies never;
  }
}

function peekLive(topic: Topic, message: Message, gapMs: number): PeekedMessage {
  const { sequence } = message;
  const lease = topic.leases.get(sequence);
  if (lease !== undefined) {
    return { message, state: 'leased', ...lease.trail, until: leaseEnd(lease, gapMs), death };
  }
  const row = topic.delayed.find(sequence);
  if (row !== undefined) {
    return { message, state: 'delayed', ...row.trail, until: row.until, death };
  }
  const trail = topic.ready.trailOf(metaOf(message));
  return { message, state: 'ready', ...trail, until: undefined, death };
}

const death = undefined;

function peekDead(letter: DeadLetter): PeekedMessage {
  return {
    message: letter.message,
    state: 'dead',
    ...letter.trail,
    until: undefined,
    death: letter.death,
  };
}
