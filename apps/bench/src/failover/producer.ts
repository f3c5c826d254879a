import { connect, type RrmqClient, RrmqError } from '@rrmq/client';
import type { AckWatch } from './ack-watch.ts';
import { Ledger } from './ledger.ts';

/**
 * The SDK sends a topic's publishes one after another, and what is called after a kill waits for what was called
 * before it: one under way and one that waits keep that delay to a round trip or two.
 */
const PENDING_MAX = 2;

/** Longer than any election should take. */
const PUBLISH_TIMEOUT_MS = 15_000;

/** Publishes to a topic of its own at a steady rate, as long as the cluster keeps up with it. */
export class Producer {
  readonly ledger: Ledger;
  readonly #client: RrmqClient;
  readonly #watch: AckWatch;
  #timer: NodeJS.Timeout | undefined;
  #pending = 0;

  constructor(urls: readonly string[], topic: string, watch: AckWatch) {
    this.ledger = new Ledger(topic);
    this.#client = connect(urls, { timeoutMs: PUBLISH_TIMEOUT_MS });
    this.#watch = watch;
  }

  /** Creates the topic, then publishes every `everyMs`. */
  async start(everyMs: number): Promise<void> {
    await this.#client.createTopic(this.ledger.topic, { ifNotExists: true });
    this.#timer = setInterval(() => {
      if (this.#pending < PENDING_MAX) void this.#publish();
    }, everyMs);
  }

  /** Publishes no more and waits until every publish is settled. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.close();
  }

  async #publish(): Promise<void> {
    const calledMs = performance.now();
    const message = this.ledger.enter();
    this.#pending++;
    try {
      await this.#client.publish(this.ledger.topic, message);
      this.ledger.settle(message, 'acked');
      this.#watch.acked(calledMs);
    } catch (error) {
      const isRefused = error instanceof RrmqError && error.outcome === 'none';
      this.ledger.settle(message, isRefused ? 'refused' : 'unknown');
    } finally {
      this.#pending--;
    }
  }
}
