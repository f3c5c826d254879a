import type { DeathReason } from '../queue-view.ts';
import type { Message } from '../results/result.ts';
import { DueKind } from '../state/due.ts';
import type { Lease } from '../state/leases.ts';
import { type MessageMeta, metaOf } from '../state/message-meta.ts';
import type { QueueState } from '../state/queue-state.ts';
import type { Topic } from '../state/topic.ts';
import { type Trail, UNTOUCHED } from '../state/trail.ts';

/*
 * How a message goes from state to state. Each of these keeps everything that is known of it in step: the topic's
 * counts, what is due, blocked keys, remembered dedup ids, and what the next flush must write.
 */

/** A message that is about to be published; its body is copied. */
export type Publishable = Omit<Message, 'sequence'>;

/** Publishes a message: ready, or delayed until `deliverAt` if that is in the future. */
export function addMessage(
  state: QueueState,
  topic: Topic,
  { message, deliverAt }: { readonly message: Publishable; readonly deliverAt: number },
): MessageMeta {
  topic.lastSequence += 1;
  const { body, key, priority, expiresAt, dedupId } = message;
  const sequence = topic.lastSequence;
  const meta = { sequence, key, priority, bytes: body.length, expiresAt, dedupId };
  topic.bodies.add(sequence, message);
  topic.bytes += meta.bytes;
  topic.counters.published += 1;
  state.dirty.added(topic, meta.bytes);
  if (dedupId !== undefined) {
    state.dedup.remember(topic.place, meta, state.at + topic.settings.dedupMs);
  }
  if (expiresAt !== undefined) watchExpiry(state, topic, meta);
  if (deliverAt > state.at) rest(state, topic, { meta, until: deliverAt, blocks: false });
  else topic.ready.append(meta);
  return meta;
}

/** The message rests until a time; what it was before is over. */
export function rest(
  state: QueueState,
  topic: Topic,
  { meta, until, blocks, trail = UNTOUCHED }: Rest,
): void {
  const { sequence } = meta;
  topic.delayed.add(sequence, { until, blocks, trail });
  state.due.add({ at: until, place: topic.place, sequence, kind: DueKind.delay });
}

interface Rest {
  readonly meta: MessageMeta;
  readonly until: number;
  readonly blocks: boolean;
  readonly trail?: Trail;
}

/** The time of a delayed message has come. */
export function wake(state: QueueState, topic: Topic, sequence: number): void {
  const row = topic.delayed.find(sequence);
  if (row === undefined) return;
  const meta = metaOf(topic.bodies.get(sequence));
  topic.delayed.remove(sequence);
  topic.ready.putBack(meta, row.trail);
  if (row.blocks && meta.key !== undefined) topic.ready.unblock(meta.key);
  state.dirty.touched(topic);
}

/** A lease is over, and the message is live: it is ready again, or its time to live is over, too. */
export function comeBack(state: QueueState, topic: Topic, { meta }: Lease, trail: Trail): void {
  const { expiresAt, key } = meta;
  if (expiresAt !== undefined && expiresAt <= state.at) expire(state, topic, meta, trail);
  else {
    if (expiresAt !== undefined) watchExpiry(state, topic, meta);
    topic.ready.putBack(meta, trail);
  }
  if (key !== undefined) topic.ready.unblock(key);
}

/** What has become of a live message is over, in whatever state it is; its trail. What follows is the caller's. */
export function takeOut(state: QueueState, topic: Topic, meta: MessageMeta): Trail {
  const { sequence, key } = meta;
  state.dirty.touched(topic);
  const lease = topic.leases.get(sequence);
  if (lease !== undefined) {
    topic.leases.delete(lease);
    if (key !== undefined) topic.ready.unblock(key);
    return lease.trail;
  }
  unwatchExpiry(state, topic, meta);
  const row = topic.delayed.find(sequence);
  if (row === undefined) {
    const trail = topic.ready.trailOf(meta);
    topic.ready.remove(meta);
    return trail;
  }
  topic.delayed.remove(sequence);
  state.due.delete({ at: row.until, place: topic.place, sequence, kind: DueKind.delay });
  if (row.blocks && key !== undefined) topic.ready.unblock(key);
  return row.trail;
}

/** A message that is in no state any more leaves the topic. */
export function leave(state: QueueState, topic: Topic, meta: MessageMeta): void {
  removeBody(state, topic, meta);
  state.dedup.left(topic.place, meta, state.at);
}

/** A message that is in no state any more becomes a dead letter. */
export function die(state: QueueState, topic: Topic, death: Dying): void {
  const { meta, trail, reason } = death;
  const message = topic.bodies.get(meta.sequence);
  topic.dead.add({ message, trail, death: { at: state.at, reason } });
  topic.counters.deadLettered += 1;
  removeBody(state, topic, meta);
}

interface Dying {
  readonly meta: MessageMeta;
  readonly trail: Trail;
  readonly reason: DeathReason;
}

/** The time to live of a message that is in no state any more is over. */
export function expire(state: QueueState, topic: Topic, meta: MessageMeta, trail: Trail): void {
  if (topic.settings.onExpiry === 'dead-letter') {
    die(state, topic, { meta, trail, reason: 'expired' });
    return;
  }
  topic.counters.discardedExpired += 1;
  leave(state, topic, meta);
}

/** While a message is ready or delayed, its expiry is due. */
export function watchExpiry(state: QueueState, topic: Topic, meta: MessageMeta): void {
  const { expiresAt, sequence } = meta;
  if (expiresAt === undefined) return;
  state.due.add({ at: expiresAt, place: topic.place, sequence, kind: DueKind.expiry });
}

export function unwatchExpiry(state: QueueState, topic: Topic, meta: MessageMeta): void {
  const { expiresAt, sequence } = meta;
  if (expiresAt === undefined) return;
  state.due.delete({ at: expiresAt, place: topic.place, sequence, kind: DueKind.expiry });
}

function removeBody({ dirty }: QueueState, topic: Topic, { sequence, bytes }: MessageMeta): void {
  dirty.removed(topic, bytes, topic.bodies.isRecent(sequence));
  topic.bodies.remove(sequence);
  topic.bytes -= bytes;
}
