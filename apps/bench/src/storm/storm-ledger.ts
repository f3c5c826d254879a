import type { Faults } from './faults.ts';
import { FAILURES_MAX, LEASE_MS, type StormPlan } from './storm-plan.ts';
import { isDuplicate, keyCount, keyOf, plannedMessage } from './storm-plan.ts';
import type { DeadLetter, Delivery, Receipt } from './storm-requests.ts';

const PUBLISHED = 1;
const DUPLICATE = 2;
const ACKED = 4;
const DEAD = 8;
/** Somebody tried to reject it. */
const REJECTED = 16;

/** What became of all messages. */
export interface Totals {
  readonly published: number;
  readonly duplicates: number;
  readonly acked: number;
  readonly dead: number;
  /** Deliveries whose answer arrived. */
  readonly delivered: number;
}

/**
 * What is known of each message, by its number: some 40 bytes each, so that millions find room. Times are those of the
 * log, by which leases begin and end: an answer says when its leases end, and thus when they began.
 */
export class StormLedger {
  readonly #plan: StormPlan;
  readonly #faults: Faults;
  readonly #marks: Uint8Array;
  /** 0: not known yet. */
  readonly #sequences: Uint32Array;
  /** Of the newest delivery seen. */
  readonly #deliveries: Uint16Array;
  readonly #leasedMs: Float64Array;
  /** 0 once it was given back, or may have been. */
  readonly #leaseEndMs: Float64Array;
  readonly #ackedDelivery: Uint16Array;
  /** Earliest lease that was seen; 0: none. */
  readonly #firstLeasedMs: Float64Array;
  #delivered = 0;

  constructor(plan: StormPlan, faults: Faults) {
    const { messages } = plan;
    this.#plan = plan;
    this.#faults = faults;
    this.#marks = new Uint8Array(messages);
    this.#sequences = new Uint32Array(messages);
    this.#deliveries = new Uint16Array(messages);
    this.#leasedMs = new Float64Array(messages);
    this.#leaseEndMs = new Float64Array(messages);
    this.#ackedDelivery = new Uint16Array(messages);
    this.#firstLeasedMs = new Float64Array(messages);
  }

  published(number: number, { sequence, duplicate }: Receipt): void {
    if (duplicate !== isDuplicate(number, this.#plan)) {
      this.#faults.note('duplicate misjudged', `message ${number} was answered ${duplicate}`);
    }
    this.#mark(number, duplicate ? DUPLICATE : PUBLISHED);
    if (!duplicate) this.#isAt(number, sequence);
  }

  /** To be told when the answer arrives, before anything is done with the delivery. */
  delivered({ body: { n: number }, sequence, deliveries, leaseExpiresAt }: Delivery): void {
    this.#delivered += 1;
    if (!this.#exists(number)) return;
    this.#isAt(number, sequence);
    const endMs = Date.parse(leaseExpiresAt);
    const leasedMs = endMs - LEASE_MS;
    if (this.#has(number, ACKED) && deliveries > at(this.#ackedDelivery, number)) {
      this.#faults.note('delivered after its ack', `message ${number}, delivery ${deliveries}`);
    }
    this.#checkHolders(number, deliveries, { leasedMs, endMs });
    const first = at(this.#firstLeasedMs, number);
    if (first === 0 || leasedMs < first) this.#firstLeasedMs[number] = leasedMs;
  }

  /** A nack, release or reject is about to be sent. */
  givingBack(number: number, deliveries: number, isReject: boolean): void {
    if (deliveries === at(this.#deliveries, number)) this.#leaseEndMs[number] = 0;
    if (isReject) this.#mark(number, REJECTED);
  }

  /** The ack of this delivery was answered with success. */
  acked(number: number, deliveries: number): void {
    const before = at(this.#ackedDelivery, number);
    if (before !== 0 && before !== deliveries) {
      this.#faults.note('acked twice', `message ${number}, deliveries ${before} and ${deliveries}`);
    }
    if (at(this.#deliveries, number) > deliveries) {
      this.#faults.note('delivered after its ack', `message ${number}, acked ${deliveries}`);
    }
    this.#mark(number, ACKED);
    this.#ackedDelivery[number] = deliveries;
  }

  /** Found among the dead letters at the end. */
  dead({ body: { n: number }, sequence, failures, death: { reason } }: DeadLetter): void {
    if (!this.#exists(number)) return;
    this.#isAt(number, sequence);
    if (this.#has(number, DEAD)) this.#faults.note('published twice', `message ${number} is dead`);
    this.#mark(number, DEAD);
    const isRight =
      (reason === 'failures' && failures === FAILURES_MAX) ||
      (reason === 'rejected' && this.#has(number, REJECTED)) ||
      (reason === 'expired' && plannedMessage(number, this.#plan).ttlMs !== undefined);
    if (!isRight) this.#faults.note('wrong death', `message ${number}: ${reason}, ${failures}`);
  }

  /** Once all is over. */
  account(): Totals {
    const totals = { published: 0, duplicates: 0, acked: 0, dead: 0, delivered: this.#delivered };
    for (let number = 0; number < this.#plan.messages; number += 1) {
      const [isAcked, isDead] = [this.#has(number, ACKED), this.#has(number, DEAD)];
      if (this.#has(number, PUBLISHED)) totals.published += 1;
      if (this.#has(number, DUPLICATE)) totals.duplicates += 1;
      if (isAcked) totals.acked += 1;
      if (isDead) totals.dead += 1;
      if (isAcked && isDead) this.#faults.note('acked and dead', `message ${number}`);
      if (this.#has(number, PUBLISHED)) {
        if (!isAcked && !isDead) this.#faults.note('lost', `message ${number}`);
      } else if (at(this.#sequences, number) !== 0) {
        this.#faults.note('invented', `message ${number} was never added`);
      }
    }
    this.#checkOrder();
    return totals;
  }

  /** Messages of a key were leased first in the order in which they were published. */
  #checkOrder(): void {
    const newestMs = new Float64Array(keyCount(this.#plan));
    for (let number = 0; number < this.#plan.messages; number += 1) {
      const key = keyOf(number, this.#plan);
      const leasedMs = at(this.#firstLeasedMs, number);
      if (key === undefined || leasedMs === 0) continue;
      if (leasedMs < at(newestMs, key)) {
        this.#faults.note('out of order', `message ${number} of key ${key}`);
      }
      newestMs[key] = Math.max(leasedMs, at(newestMs, key));
    }
  }

  #checkHolders(
    number: number,
    deliveries: number,
    { leasedMs, endMs }: { leasedMs: number; endMs: number },
  ): void {
    const newest = at(this.#deliveries, number);
    const isNewer = deliveries > newest;
    // An answer that was overtaken was not acted upon: its lease had run out before the next one began.
    const isRight = isNewer
      ? leasedMs >= at(this.#leaseEndMs, number)
      : deliveries < newest && endMs <= at(this.#leasedMs, number);
    if (!isRight) {
      this.#faults.note('held by two', `message ${number}, deliveries ${newest} and ${deliveries}`);
    }
    if (!isNewer) return;
    this.#deliveries[number] = deliveries;
    this.#leasedMs[number] = leasedMs;
    this.#leaseEndMs[number] = endMs;
  }

  #isAt(number: number, sequence: number): void {
    const known = at(this.#sequences, number);
    if (known !== 0 && known !== sequence) {
      this.#faults.note('published twice', `message ${number} is ${known} and ${sequence}`);
    }
    this.#sequences[number] = sequence;
  }

  #exists(number: number): boolean {
    if (Number.isInteger(number) && number >= 0 && number < this.#plan.messages) return true;
    this.#faults.note('invented', `there is a message ${number}`);
    return false;
  }

  #has(number: number, mark: number): boolean {
    return (at(this.#marks, number) & mark) !== 0;
  }

  #mark(number: number, mark: number): void {
    this.#marks[number] = at(this.#marks, number) | mark;
  }
}

function at(list: Uint8Array | Uint16Array | Uint32Array | Float64Array, number: number): number {
  return list[number] ?? 0;
}
