import type { LeaderLane } from '../load/leader-lane.ts';
import type { StormLedger } from './storm-ledger.ts';
import type { StormPace } from './storm-pace.ts';
import { BATCH, type StormPlan, batchesOf, plannedMessage } from './storm-plan.ts';
import { encodePublish, receiptsIn } from './storm-requests.ts';

export interface Publishing {
  readonly plan: StormPlan;
  readonly ledger: StormLedger;
  readonly pace: StormPace;
}

/**
 * Publishes every batch of one producer, one after another. Each is sent until it is acknowledged, under one idempotency
 * key: at the end nothing is of unknown outcome.
 */
export async function publishBatches(
  producer: number,
  lane: LeaderLane,
  { plan, ledger, pace }: Publishing,
): Promise<void> {
  const batches = batchesOf(plan);
  for (let batch = producer; batch < batches; batch += plan.producers) {
    await pace.untilPublish();
    const first = batch * BATCH;
    const count = Math.min(BATCH, plan.messages - first);
    const numbers = Array.from({ length: count }, (_, place) => first + place);
    const messages = numbers.map((n) => ({ body: { n }, ...plannedMessage(n, plan) }));
    const receipts = receiptsIn(await lane.persist(encodePublish(messages, `storm-${batch}`)));
    if (receipts.length !== count) throw new Error(`${count} sent, ${receipts.length} answered`);
    for (const [place, receipt] of receipts.entries()) ledger.published(first + place, receipt);
    pace.publishedMore(count);
  }
}
