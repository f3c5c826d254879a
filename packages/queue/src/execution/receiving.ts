import { assert } from '@rrmq/raft';
import type { DecodedReceive } from '../commands/command-decoding.ts';
import type { Pop } from '../commands/command.ts';
import { TOKEN_BYTES, signToken } from '../commands/lease-token.ts';
import { MESSAGES_PER_COMMAND_MAX, RECEIVE_BYTES_MAX } from '../commands/limits.ts';
import { type Delivery, type QueueResult, refused } from '../results/result.ts';
import type { Found } from '../state/keyless-lane.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState } from '../state/queue-state.ts';
import type { Topic } from '../state/topic.ts';
import { delivered } from '../state/trail.ts';
import { settleAll } from './settling.ts';
import { expire, leave, takeOut, unwatchExpiry } from './transitions.ts';

export function receive(state: QueueState, command: DecodedReceive): QueueResult {
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  const { settle, secret } = command;
  if (topic.paused.receiving && settle.length === 0) return refused('paused');
  if (state.secret === undefined && secret !== undefined) state.secret = Buffer.from(secret);
  const settled = settleAll(state, topic, settle);
  const isOff = topic.paused.receiving || state.secret === undefined;
  const deliveries = isOff ? [] : lease(state, topic, command);
  return { ok: true, kind: 'received', topicNumber: topic.number, settled, deliveries };
}

export function pop(state: QueueState, { topic: name }: Pop): QueueResult {
  const topic = state.topics.get(name);
  if (topic === undefined) return refused('unknown-topic');
  if (topic.paused.receiving) return refused('paused');
  for (let touched = 0; touched < MESSAGES_PER_COMMAND_MAX; touched += 1) {
    const found = nextLiving(state, topic);
    if (found === undefined) continue;
    if (found === 'nothing') break;
    const { message } = found;
    const meta = metaOf(message);
    topic.ready.serve(meta, false);
    unwatchExpiry(state, topic, meta);
    topic.counters.delivered += 1;
    topic.counters.acked += 1;
    leave(state, topic, meta);
    return { ok: true, kind: 'popped', topicNumber: topic.number, message };
  }
  return refused('no-message');
}

/** The message that is served next; `undefined` when it has expired, and is gone. */
function nextLiving(state: QueueState, topic: Topic): Found | 'nothing' | undefined {
  const found = topic.ready.next();
  if (found === undefined) return 'nothing';
  const { expiresAt } = found.message;
  if (expiresAt === undefined || expiresAt > state.at) return found;
  const meta = metaOf(found.message);
  expire(state, topic, meta, takeOut(state, topic, meta));
  return undefined;
}

function lease(
  state: QueueState,
  topic: Topic,
  { max, leaseMs, settle }: DecodedReceive,
): Delivery[] {
  const deliveries: Delivery[] = [];
  const most = Math.min(max, topic.settings.limits.maxInFlight - topic.leases.size);
  const lengthMs = leaseMs ?? topic.settings.leaseMs;
  let bytes = 0;
  for (let touched = settle.length; touched < MESSAGES_PER_COMMAND_MAX; touched += 1) {
    if (deliveries.length >= most || bytes >= RECEIVE_BYTES_MAX) break;
    const found = nextLiving(state, topic);
    if (found === undefined) continue;
    if (found === 'nothing') break;
    deliveries.push(leaseOne(state, topic, { found, lengthMs }));
    bytes += found.message.body.length;
  }
  if (deliveries.length > 0) state.dirty.touched(topic);
  return deliveries;
}

function leaseOne(
  state: QueueState,
  topic: Topic,
  { found, lengthMs }: { readonly found: Found; readonly lengthMs: number },
): Delivery {
  const { message } = found;
  const meta = metaOf(message);
  const { sequence } = meta;
  const trail = delivered(found.trail);
  const leaseExpiresAt = state.at + lengthMs;
  topic.ready.serve(meta, true);
  unwatchExpiry(state, topic, meta);
  topic.counters.delivered += 1;
  topic.leases.set({
    place: topic.place,
    sequence,
    meta,
    trail,
    deadline: leaseExpiresAt,
    lengthMs,
    gapMsBefore: state.gapMs,
  });
  const { deliveries, failures } = trail;
  const token = tokenFor(state, topic, { sequence, delivery: deliveries });
  return { message, token, deliveries, failures, leaseExpiresAt };
}

function tokenFor(
  { secret }: QueueState,
  { number: topicNumber }: Topic,
  delivery: { readonly sequence: number; readonly delivery: number },
): Buffer {
  const target = Buffer.allocUnsafe(TOKEN_BYTES);
  assert(secret !== undefined, 'nothing is leased before there is a secret');
  return signToken(secret, { topicNumber, ...delivery }, target);
}
