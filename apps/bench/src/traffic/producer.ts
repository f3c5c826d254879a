import { connect, type ConnectOptions, type RrmqClient, RrmqError } from '@rrmq/client';
import { Ledger } from './ledger.ts';

/**
 * The SDK sends a topic's publishes one after another, and what is called after a kill waits for what was called
 * before it: one under way and one that waits keep that delay to a round trip or two.
 */
const PENDING_MAX = 2;

/** What one is made with. */
export interface ProducerOptions {
  readonly urls: readonly string[];
  readonly topic: string;
  readonly connect: ConnectOptions;
  /** Called when a publish has settled: when it was called, and why it failed, if it did. */
  readonly onSettled: (calledMs: number, error: unknown) => void;
}

/** Publishes to a topic of its own at a steady rate, as long as the cluster keeps up with it. */
export class Producer {
  readonly ledger: Ledger;
  readonly #client: RrmqClient;
  readonly #onSettled: ProducerOptions['onSettled'];
  #timer: NodeJS.Timeout | undefined;
  #pending = 0;

  constructor(options: ProducerOptions) {
    this.ledger = new Ledger(options.topic);
    this.#client = connect(options.urls, options.connect);
    this.#onSettled = options.onSettled;
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
      this.#onSettled(calledMs, undefined);
    } catch (error) {
      const isRefused = error instanceof RrmqError && error.outcome === 'none';
      this.ledger.settle(message, isRefused ? 'refused' : 'unknown');
      this.#onSettled(calledMs, error);
    } finally {
      this.#pending--;
    }
  }
}
