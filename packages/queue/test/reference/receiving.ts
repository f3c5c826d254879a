import {
  type Delivery,
  MESSAGES_PER_COMMAND_MAX,
  type QueueResult,
  RECEIVE_BYTES_MAX,
  type Receive,
  TOKEN_BYTES,
  signToken,
} from '@rrmq/queue';
import { settle } from './settling.ts';
import { type ReferenceState, refused } from './state.ts';
import { type Held, type ReferenceTopic, bytesOf, leaseEnd } from './topic.ts';

export function receive(
  state: ReferenceState,
  topic: ReferenceTopic,
  command: Receive,
): QueueResult {
  if (topic.paused.receiving && command.settle.length === 0) return refused('paused');
  if (command.secret !== undefined) state.secret ??= Buffer.from(command.secret);
  const settled = command.settle.map((settlement) => settle(state, topic, settlement));
  const deliveries = topic.paused.receiving ? [] : lease(state, topic, command);
  return { ok: true, kind: 'received', topicNumber: topic.number, settled, deliveries };
}

function lease(
  { at, gaps, secret }: ReferenceState,
  topic: ReferenceTopic,
  { max, leaseMs = topic.settings.leaseMs, settle: settlements }: Receive,
): Delivery[] {
  if (secret === undefined) return [];
  const leased: Held[] = [];
  let touches = MESSAGES_PER_COMMAND_MAX - settlements.length;
  while (leased.length < max && bytesOf(leased) < RECEIVE_BYTES_MAX) {
    if (topic.leased().length >= topic.settings.limits.maxInFlight) break;
    const next = firstAlive(topic, at, touches);
    if (next.held === undefined) break;
    touches = next.touchesLeft;
    topic.serve(next.held);
    next.held.deliveries += 1;
    topic.counts.delivered += 1;
    const endsAt = at + leaseMs;
    const its = { endsAt, leaseMs, gapsBefore: gaps, registeredAt: endsAt };
    topic.move(next.held, { state: 'leased', lease: its });
    leased.push(next.held);
  }
  return leased.map(({ message, deliveries, failures, place }) => {
    const { sequence } = message;
    const parts = { topicNumber: topic.number, sequence, delivery: deliveries };
    const token = signToken(secret, parts, Buffer.alloc(TOKEN_BYTES));
    const leaseExpiresAt = place.state === 'leased' ? leaseEnd(place.lease, gaps) : 0;
    return { message, token, deliveries, failures, leaseExpiresAt };
  });
}

export function pop({ at }: ReferenceState, topic: ReferenceTopic): QueueResult {
  if (topic.paused.receiving) return refused('paused');
  const { held } = firstAlive(topic, at, MESSAGES_PER_COMMAND_MAX);
  if (held === undefined) return refused('no-message');
  topic.serve(held);
  topic.remove(held);
  topic.counts.delivered += 1;
  topic.counts.acked += 1;
  return { ok: true, kind: 'popped', topicNumber: topic.number, message: held.message };
}

/** What is received next; whoever stands before it and is too old to be handed out expires. */
function firstAlive(
  topic: ReferenceTopic,
  at: number,
  touches: number,
): { held: Held | undefined; touchesLeft: number } {
  for (let touchesLeft = touches - 1; touchesLeft >= 0; touchesLeft -= 1) {
    const held = topic.first();
    if (held === undefined || (held.message.expiresAt ?? Infinity) > at)
      return { held, touchesLeft };
    topic.expire(held, at);
  }
  return { held: undefined, touchesLeft: 0 };
}
