import {
  type FailureEvent,
  HISTORY_MAX,
  SETTLEMENTS_MAX,
  type Settled,
  type Settlement,
  openToken,
} from '@rrmq/queue';
import { placeUntil } from './publishing.ts';
import type { ReferenceState } from './state.ts';
import { type Held, type Lease, type Place, type ReferenceTopic, leaseEnd } from './topic.ts';

export function settle(
  state: ReferenceState,
  topic: ReferenceTopic,
  settlement: Settlement,
): Settled {
  const { action, token } = settlement;
  const parts = state.secret && openToken(state.secret, Buffer.from(token));
  if (parts?.topicNumber !== topic.number) return { ok: false, code: 'invalid-token' };
  const { sequence, delivery } = parts;
  const held = topic.find(sequence);
  if (held?.deliveries === delivery && isLeased(state, held)) {
    if (action === 'extend') return extend(state, { topic, held }, settlement.leaseMs);
    rememberSettlement(topic, `${sequence}/${delivery}`, action);
    end(state, { topic, held }, settlement);
    return { ok: true, already: false };
  }
  const before = topic.settlements.get(`${sequence}/${delivery}`);
  if (before === undefined) return { ok: false, code: 'lease-lost' };
  return before === action ? { ok: true, already: true } : { ok: false, code: 'settled-otherwise' };
}

interface Its {
  readonly topic: ReferenceTopic;
  readonly held: Held;
}

const isLeased = ({ at, gaps }: ReferenceState, { place }: Held): boolean =>
  place.state === 'leased' && leaseEnd(place.lease, gaps) > at;

function extend(
  { at, gaps }: ReferenceState,
  { topic, held }: Its,
  leaseMs = topic.settings.leaseMs,
): Settled {
  const leaseExpiresAt = at + leaseMs;
  const its: Lease = {
    endsAt: leaseExpiresAt,
    leaseMs,
    gapsBefore: gaps,
    registeredAt: leaseExpiresAt,
  };
  topic.move(held, { state: 'leased', lease: its });
  return { ok: true, already: false, leaseExpiresAt };
}

function rememberSettlement(
  { settlements }: ReferenceTopic,
  delivery: string,
  action: Settlement['action'],
): void {
  settlements.set(delivery, action);
  const [oldest] = settlements.keys();
  if (settlements.size > SETTLEMENTS_MAX && oldest !== undefined) settlements.delete(oldest);
}

function end(
  { at }: ReferenceState,
  its: Its,
  settlement: Exclude<Settlement, { action: 'extend' }>,
): void {
  const { topic, held } = its;
  switch (settlement.action) {
    case 'ack':
      topic.counts.acked += 1;
      topic.remove(held);
      break;
    case 'release':
      comeBack(its, { state: 'ready' }, at);
      break;
    case 'reject':
      note(held, { at, kind: 'rejected', reason: settlement.reason ?? '' });
      topic.kill(held, at, 'rejected');
      break;
    case 'nack': {
      const { initialMs, maxMs } = topic.settings.backoff;
      const backoffMs = Math.min(initialMs * 2 ** held.failures, maxMs);
      const place = placeUntil(at + (settlement.delayMs ?? backoffMs), at);
      fail(its, { at, kind: 'nack', reason: settlement.reason ?? '' }, place);
      break;
    }
    default:
      settlement satisfies never;
  }
}

export function expireLease({ at }: ReferenceState, its: Its): void {
  fail(its, { at, kind: 'lease-expired', reason: '' }, { state: 'ready' });
}

function fail(its: Its, event: FailureEvent, place: Place): void {
  const { topic, held } = its;
  topic.counts.failed += 1;
  held.failures += 1;
  note(held, event);
  if (held.failures >= topic.settings.maxFailures) topic.kill(held, event.at, 'failures');
  else comeBack(its, place, event.at);
}

function note(held: Held, event: FailureEvent): void {
  held.history = [...held.history, event].slice(-HISTORY_MAX);
}

function comeBack({ topic, held }: Its, place: Place, at: number): void {
  if ((held.message.expiresAt ?? Infinity) <= at) topic.expire(held, at);
  else topic.move(held, place);
}
