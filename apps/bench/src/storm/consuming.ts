import type { Faults } from './faults.ts';
import type { LeaderLane } from '../load/leader-lane.ts';
import type { StormLedger } from './storm-ledger.ts';
import { type Fate, fateOf } from './storm-plan.ts';
import {
  type Delivery,
  type Settlement,
  deliveriesIn,
  encodeReceive,
  encodeSettle,
  settledIn,
} from './storm-requests.ts';

const RECEIVE_MAX = 100;
const WAIT_MS = 1000;

/** What consumers did. */
export interface Settlements {
  /** Answered with success. */
  readonly done: Record<Fate['kind'], number>;
  /** Successes that repeated an earlier try. */
  already: number;
  /** Came after the lease. */
  late: number;
}

export const noSettlements = (): Settlements => ({
  done: { ack: 0, nack: 0, release: 0, reject: 0, forget: 0 },
  already: 0,
  late: 0,
});

/** One consumer: receives and settles until it is told to end. */
export class Consumer {
  readonly #lane: LeaderLane;
  readonly #ledger: StormLedger;
  readonly #faults: Faults;
  readonly #settlements: Settlements;
  #ended = false;

  constructor(
    lane: LeaderLane,
    { ledger, faults }: { readonly ledger: StormLedger; readonly faults: Faults },
    settlements: Settlements,
  ) {
    this.#lane = lane;
    this.#ledger = ledger;
    this.#faults = faults;
    this.#settlements = settlements;
  }

  /** After the round that goes on. */
  end(): void {
    this.#ended = true;
  }

  async run(): Promise<void> {
    while (!this.#ended) {
      const answer = await this.#lane.ask(encodeReceive(RECEIVE_MAX, WAIT_MS));
      if (answer === undefined) continue;
      const deliveries = deliveriesIn(answer);
      for (const delivery of deliveries) this.#ledger.delivered(delivery);
      if (deliveries.length > 0) await this.#settle(deliveries);
    }
  }

  /** Sent until it is answered: a settlement may be repeated. */
  async #settle(deliveries: readonly Delivery[]): Promise<void> {
    const held = new Map(deliveries.map((delivery) => [delivery.token, heldOf(delivery)]));
    for (const { number, count, fate } of held.values()) {
      if (fate.kind === 'forget') this.#settlements.done.forget += 1;
      if (fate.kind === 'ack' || fate.kind === 'forget') continue;
      this.#ledger.givingBack(number, count, fate.kind === 'reject');
    }
    const sent = [...held].filter(([, { fate }]) => fate.kind !== 'forget');
    if (sent.length === 0) return;
    const request = encodeSettle(sent.map(([token, { fate }]) => [token, fate]));
    const settled = settledIn(await this.#lane.persist(request));
    if (settled.length !== sent.length) {
      throw new Error(`${sent.length} settled, ${settled.length} answered`);
    }
    for (const settlement of settled) this.#take(settlement, held.get(settlement.token));
  }

  #take(settlement: Settlement, held: Held | undefined): void {
    if (held === undefined) throw new Error(`nobody settled ${settlement.token}`);
    const { number, count, fate } = held;
    if (settlement.ok) {
      this.#settlements.done[fate.kind] += 1;
      if (settlement.already === true) this.#settlements.already += 1;
      if (fate.kind === 'ack') this.#ledger.acked(number, count);
      return;
    }
    this.#settlements.late += 1;
    if (settlement.code === 'lease-lost') return;
    this.#faults.note('wrong count', `message ${number}: ${fate.kind} is ${settlement.code}`);
  }
}

/** A delivery and what is done with it. */
interface Held {
  readonly number: number;
  readonly count: number;
  readonly fate: Fate;
}

function heldOf({ body: { n }, deliveries }: Delivery): Held {
  return { number: n, count: deliveries, fate: fateOf(n, deliveries) };
}
