import { describe, expect, it } from '@jest/globals';
import { Faults, type FaultKind } from '../src/storm/faults.ts';
import { StormLedger } from '../src/storm/storm-ledger.ts';
import { LEASE_MS, isDuplicate, keyOf, plannedMessage } from '../src/storm/storm-plan.ts';
import type { DeadLetter, Delivery } from '../src/storm/storm-requests.ts';

const plan = { messages: 1000, producers: 1 };
const numbers = Array.from({ length: plan.messages }, (_, number) => number);
const isPlain = (n: number): boolean =>
  !isDuplicate(n, plan) &&
  keyOf(n, plan) === undefined &&
  plannedMessage(n, plan).ttlMs === undefined;
const PLAIN = numbers.find(isPlain) ?? 0;

const delivery = (n: number, deliveries: number, leasedMs: number): Delivery => ({
  body: { n },
  sequence: n + 1,
  token: `${n}-${deliveries}`,
  deliveries,
  leaseExpiresAt: new Date(leasedMs + LEASE_MS).toISOString(),
});

const deadLetter = (
  n: number,
  reason: DeadLetter['death']['reason'],
  failures = 6,
): DeadLetter => ({
  body: { n },
  sequence: n + 1,
  failures,
  death: { reason },
});

/** Everything published, and all but one message delivered and acked. */
function ledgerWithout(left: number): { ledger: StormLedger; faults: Faults } {
  const faults = new Faults();
  const ledger = new StormLedger(plan, faults);
  for (const n of numbers) {
    ledger.published(n, { sequence: n + 1, duplicate: isDuplicate(n, plan) });
    if (n === left || isDuplicate(n, plan)) continue;
    ledger.delivered(delivery(n, 1, 1000 + n));
    ledger.acked(n, 1);
  }
  return { ledger, faults };
}

function faultsAfter(work: (ledger: StormLedger) => void): string[] {
  const { ledger, faults } = ledgerWithout(PLAIN);
  work(ledger);
  ledger.account();
  return faults.told.map((text) => text.slice(0, text.indexOf(':')));
}

const deliver = (ledger: StormLedger, deliveries: number, leasedMs: number) =>
  ledger.delivered(delivery(PLAIN, deliveries, leasedMs));

describe('the ledger of a storm', () => {
  it.each<[string, (ledger: StormLedger) => void]>([
    [
      'acked at its second delivery',
      (ledger) => {
        deliver(ledger, 1, 5000);
        deliver(ledger, 2, 5000 + LEASE_MS);
        ledger.acked(PLAIN, 2);
      },
    ],
    [
      'given back early, received again at once',
      (ledger) => {
        deliver(ledger, 1, 5000);
        ledger.givingBack(PLAIN, 1, false);
        deliver(ledger, 2, 5001);
        ledger.acked(PLAIN, 2);
        ledger.acked(PLAIN, 2);
      },
    ],
    [
      'whose first answer was overtaken',
      (ledger) => {
        deliver(ledger, 2, 5000 + LEASE_MS);
        deliver(ledger, 1, 5000);
        ledger.acked(PLAIN, 2);
      },
    ],
    ['dead of its failures', (ledger) => ledger.dead(deadLetter(PLAIN, 'failures'))],
  ])('is clean with a message %s', (_which, work) => expect(faultsAfter(work)).toEqual([]));

  it.each<[FaultKind, (ledger: StormLedger) => void]>([
    ['lost', () => undefined],
    ['out of order', leaseOutOfOrder],
    [
      'acked twice',
      (ledger) => {
        deliver(ledger, 1, 5000);
        deliver(ledger, 2, 5000 + LEASE_MS);
        ledger.acked(PLAIN, 2);
        ledger.acked(PLAIN, 1);
      },
    ],
    [
      'held by two',
      (ledger) => {
        deliver(ledger, 1, 5000);
        deliver(ledger, 2, 5000 + LEASE_MS - 1);
        ledger.acked(PLAIN, 2);
      },
    ],
    [
      'delivered after its ack',
      (ledger) => {
        deliver(ledger, 1, 5000);
        ledger.acked(PLAIN, 1);
        deliver(ledger, 2, 5000 + LEASE_MS);
      },
    ],
    [
      'published twice',
      (ledger) => {
        deliver(ledger, 1, 5000);
        ledger.acked(PLAIN, 1);
        ledger.dead({ ...deadLetter(PLAIN, 'failures'), sequence: 5000 });
      },
    ],
    [
      'acked and dead',
      (ledger) => {
        deliver(ledger, 1, 5000);
        ledger.acked(PLAIN, 1);
        ledger.dead(deadLetter(PLAIN, 'failures'));
      },
    ],
    ['wrong death', (ledger) => ledger.dead(deadLetter(PLAIN, 'expired'))],
    ['wrong death', (ledger) => ledger.dead(deadLetter(PLAIN, 'rejected'))],
    ['wrong death', (ledger) => ledger.dead(deadLetter(PLAIN, 'failures', 2))],
    ['invented', (ledger) => ledger.delivered(delivery(plan.messages, 1, 5000))],
    ['invented', (ledger) => ledger.delivered(delivery(1, 1, 5000))],
    ['duplicate misjudged', (ledger) => ledger.published(1, { sequence: 1001, duplicate: false })],
  ])('tells what is %s', (kind, work) => expect(faultsAfter(work)).toContain(kind));
});

/** The later of two messages with the same key was leased first. */
function leaseOutOfOrder(ledger: StormLedger): void {
  const later = numbers.findLast((n) => keyOf(n, plan) !== undefined) ?? 0;
  const hasEarlier = numbers.some((n) => n < later && keyOf(n, plan) === keyOf(later, plan));
  if (!hasEarlier) throw new Error('no two messages have that key');
  ledger.delivered(delivery(later, 1, 1));
}
