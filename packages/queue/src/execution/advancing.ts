import { MESSAGES_PER_COMMAND_MAX } from '../commands/limits.ts';
import type { QueueResult } from '../results/result.ts';
import { type DueItem, DueKind, type DueRow } from '../state/due.ts';
import { type Lease, leaseEnd } from '../state/leases.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState } from '../state/queue-state.ts';
import type { Topic } from '../state/topic.ts';
import { failed } from '../state/trail.ts';
import type { Budget } from './budget.ts';
import { purgeStep } from './purging.ts';
import { redriveStep } from './redriving.ts';
import { fail } from './settling.ts';
import { expire, takeOut, wake } from './transitions.ts';

/** Items of deleted topics that are thrown away beside the steps. */
const OBSOLETE_MAX = 1000;

/** Does what is due, in the order of `docs/SEMANTICS.md`, "Time". */
export function advance(state: QueueState): QueueResult {
  const budget = { left: MESSAGES_PER_COMMAND_MAX };
  endLeases(state, budget);
  doDue(state, budget);
  forgetRequests(state, budget);
  for (const topic of inCreationOrder(state.busy)) {
    if (budget.left === 0) break;
    goOn(state, topic, budget);
  }
  return { ok: true, kind: 'advanced', steps: MESSAGES_PER_COMMAND_MAX - budget.left };
}

/** When there is something to do, perhaps in the past; `undefined`: not before another command. */
export function nextDue(state: QueueState): number | undefined {
  if (state.restore !== undefined) return undefined;
  const times = [state.leaseOrder.first?.deadline, state.due.first?.item.at];
  times.push(state.requests.nextDue);
  for (const { purge, redrive } of state.busy) {
    times.push(purge?.nextAt, redrive?.nextAt);
  }
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function endLeases(state: QueueState, budget: Budget): void {
  for (; budget.left > 0; budget.left -= 1) {
    const lease = state.leaseOrder.first;
    if (lease === undefined || lease.deadline > state.at) return;
    const topic = state.places.get(lease.place);
    if (topic === undefined) return;
    endLease(state, topic, lease);
    state.dirty.touched(topic);
  }
}

function endLease(state: QueueState, topic: Topic, lease: Lease): void {
  const { at, gapMs } = state;
  const end = leaseEnd(lease, gapMs);
  if (end > lease.deadline) {
    topic.leases.set({ ...lease, deadline: end, ...putOff(lease, gapMs) });
    return;
  }
  topic.leases.delete(lease);
  const trail = failed(lease.trail, { at, kind: 'lease-expired', reason: '' });
  fail(state, topic, lease, { trail, delayMs: 0 });
}

/** What is left by which a lease can be put off, once its deadline says how far it was. */
function putOff({ lengthMs, gapMsBefore }: Lease, gapMs: number): Partial<Lease> {
  const left = lengthMs - Math.min(gapMs - gapMsBefore, lengthMs);
  return { lengthMs: left, gapMsBefore: gapMs };
}

function doDue(state: QueueState, budget: Budget): void {
  let obsolete = 0;
  while (budget.left > 0 && obsolete < OBSOLETE_MAX) {
    const due = state.due.first;
    if (due === undefined || due.item.at > state.at) return;
    state.due.delete(due.item);
    const topic = state.places.get(due.item.place);
    if (topic === undefined) obsolete += 1;
    else {
      doItem(state, topic, due);
      budget.left -= 1;
    }
  }
}

function doItem(state: QueueState, topic: Topic, { item, note }: DueRow): void {
  const { sequence, kind } = item;
  switch (kind) {
    case DueKind.delay:
      return wake(state, topic, sequence);
    case DueKind.expiry:
      return expireNow(state, topic, item);
    case DueKind.dedup:
      return state.dedup.forget(topic.place, note, sequence);
    default:
      return kind satisfies never;
  }
}

function expireNow(state: QueueState, topic: Topic, { sequence }: DueItem): void {
  const meta = metaOf(topic.bodies.get(sequence));
  expire(state, topic, meta, takeOut(state, topic, meta));
}

function forgetRequests({ requests, at }: QueueState, budget: Budget): void {
  for (; budget.left > 0; budget.left -= 1) {
    if ((requests.nextDue ?? Infinity) > at) return;
    requests.forgetOldest();
  }
}

function goOn(state: QueueState, topic: Topic, budget: Budget): void {
  if (topic.purge !== undefined) purgeStep(state, topic, budget);
  const { redrive } = topic;
  if (redrive !== undefined && redrive.nextAt <= state.at && budget.left > 0) {
    redriveStep(state, topic, budget);
  }
}

const inCreationOrder = (topics: Iterable<Topic>): Topic[] =>
  [...topics].toSorted((a, b) => a.number - b.number);
