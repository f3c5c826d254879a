import type { DecodedSettlement } from '../commands/command-decoding.ts';
import type { Settle } from '../commands/command.ts';
import { type TokenParts, openToken } from '../commands/lease-token.ts';
import { type QueueResult, type Settled, refused } from '../results/result.ts';
import { type Lease, leaseEnd } from '../state/leases.ts';
import type { QueueState } from '../state/queue-state.ts';
import { SettledAs } from '../state/settlements.ts';
import type { Topic } from '../state/topic.ts';
import { type Trail, failed, noted } from '../state/trail.ts';
import { comeBack, die, leave, rest, watchExpiry } from './transitions.ts';

export function settle(
  state: QueueState,
  {
    topic: name,
    settle: items,
  }: Pick<Settle, 'topic'> & {
    readonly settle: readonly DecodedSettlement[];
  },
): QueueResult {
  const topic = state.topics.get(name);
  if (topic === undefined) return refused('unknown-topic');
  const settled = settleAll(state, topic, items);
  return { ok: true, kind: 'settled', topicNumber: topic.number, settled };
}

export function settleAll(
  state: QueueState,
  topic: Topic,
  items: readonly DecodedSettlement[],
): Settled[] {
  if (items.length > 0) state.dirty.touched(topic);
  return items.map((item) => settleOne(state, topic, item));
}

function settleOne(state: QueueState, topic: Topic, item: DecodedSettlement): Settled {
  const parts = state.secret && openToken(state.secret, item.token);
  if (parts?.topicNumber !== topic.number) {
    return { ok: false, code: 'invalid-token' };
  }
  const lease = topic.leases.get(parts.sequence);
  const isHeld =
    lease?.trail.deliveries === parts.delivery && leaseEnd(lease, state.gapMs) > state.at;
  if (!isHeld) return judgeLate(topic, parts, item.action);
  if (item.action === 'extend') return extend(state, topic, lease, item);
  topic.settlements.add(parts.sequence, parts.delivery, SettledAs[item.action]);
  topic.leases.delete(lease);
  end(state, topic, lease, item);
  return DONE;
}

const DONE: Settled = { ok: true, already: false };

/** The delivery is not leased any more. */
function judgeLate(
  topic: Topic,
  { sequence, delivery }: TokenParts,
  action: DecodedSettlement['action'],
): Settled {
  const how = topic.settlements.find(sequence, delivery);
  if (how === undefined) return { ok: false, code: 'lease-lost' };
  const isSame = action !== 'extend' && SettledAs[action] === how;
  return isSame ? { ok: true, already: true } : { ok: false, code: 'settled-otherwise' };
}

function extend(
  state: QueueState,
  topic: Topic,
  lease: Lease,
  { leaseMs }: DecodedSettlement,
): Settled {
  const lengthMs = leaseMs ?? topic.settings.leaseMs;
  const deadline = state.at + lengthMs;
  topic.leases.set({ ...lease, deadline, lengthMs, gapMsBefore: state.gapMs });
  return { ok: true, already: false, leaseExpiresAt: deadline };
}

/** What a settlement does with a message whose lease it has ended. */
function end(state: QueueState, topic: Topic, lease: Lease, item: DecodedSettlement): void {
  const { meta, trail } = lease;
  const { key } = meta;
  const { reason = '' } = item;
  const { at } = state;
  switch (item.action) {
    case 'ack':
      topic.counters.acked += 1;
      leave(state, topic, meta);
      if (key !== undefined) topic.ready.unblock(key);
      return;
    case 'release':
      return comeBack(state, topic, lease, trail);
    case 'reject':
      die(state, topic, {
        meta,
        trail: noted(trail, { at, kind: 'rejected', reason }, 0),
        reason: 'rejected',
      });
      if (key !== undefined) topic.ready.unblock(key);
      return;
    case 'nack':
      return fail(state, topic, lease, {
        trail: failed(trail, { at, kind: 'nack', reason }),
        delayMs: item.delayMs ?? backoffMs(topic, trail.failures + 1),
      });
    case 'extend':
      return;
    default:
      return item.action satisfies never;
  }
}

interface Failure {
  readonly trail: Trail;
  readonly delayMs: number;
}

/** The delivery has failed: the message is dead, or rests, or is ready again. Its lease is over. */
export function fail(
  state: QueueState,
  topic: Topic,
  lease: Lease,
  { trail, delayMs }: Failure,
): void {
  const { meta } = lease;
  const { key, expiresAt } = meta;
  topic.counters.failed += 1;
  if (trail.failures >= topic.settings.maxFailures) {
    die(state, topic, { meta, trail, reason: 'failures' });
    if (key !== undefined) topic.ready.unblock(key);
    return;
  }
  const hasExpired = expiresAt !== undefined && expiresAt <= state.at;
  if (delayMs === 0 || hasExpired) return comeBack(state, topic, lease, trail);
  watchExpiry(state, topic, meta);
  rest(state, topic, { meta, until: state.at + delayMs, blocks: true, trail });
}

/** How long a message rests after so many failures. */
function backoffMs({ settings }: Topic, failures: number): number {
  const { initialMs, maxMs } = settings.backoff;
  return Math.min(initialMs * 2 ** (failures - 1), maxMs);
}
