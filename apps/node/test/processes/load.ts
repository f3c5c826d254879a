import { type RrmqClient, RrmqError, connect } from '@rrmq/client';
import { until } from './until.ts';

/** A call of the SDK may take this long: longer than any failover, with nodes that have to be started first. */
const CALL_MS_MAX = 30_000;

/** One publish, as its caller saw it. */
export interface Sent {
  readonly message: string;
  readonly startedAtMs: number;
  /** When it was acknowledged. */
  ackedAtMs: number | undefined;
  /** It was refused, certainly without effect. */
  refused: boolean;
}

/**
 * Publishes through the SDK until it is stopped: to each topic one message after the other, numbered. Disposing of it
 * stops it.
 */
export class Load {
  readonly client: RrmqClient;
  readonly sent = new Map<string, Sent[]>();
  #lanes: readonly Promise<void>[] = [];
  #stopping = false;

  readonly #padding: string;

  private constructor(urls: readonly string[], padding: string) {
    this.#padding = padding;
    this.client = connect(urls, { timeoutMs: CALL_MS_MAX });
  }

  /** `padding` makes each message larger. */
  static async start(
    urls: readonly string[],
    topics: readonly string[],
    padding = '',
  ): Promise<Load> {
    const load = new Load(urls, padding);
    for (const topic of topics) await load.client.createTopic(topic);
    load.#lanes = topics.map((topic) => load.#publish(topic));
    return load;
  }

  get acked(): number {
    return [...this.#all()].filter(({ ackedAtMs }) => ackedAtMs !== undefined).length;
  }

  /** Resolves when `count` more publishes were acknowledged. */
  async ackedMore(count: number): Promise<void> {
    const enough = this.acked + count;
    await until(`${count} more acked publishes`, () => (this.acked >= enough ? true : undefined));
  }

  /** When the first publish that began at `sinceMs` or later was acknowledged, awaited; in ms after `sinceMs`. */
  async firstAckSince(sinceMs: number): Promise<number> {
    const ackedAtMs = await until('an acked publish', () => {
      const acks = [...this.#all()]
        .filter(({ startedAtMs }) => startedAtMs >= sinceMs)
        .flatMap((sent) => (sent.ackedAtMs === undefined ? [] : [sent.ackedAtMs]));
      return acks.length === 0 ? undefined : Math.min(...acks);
    });
    return ackedAtMs - sinceMs;
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#lanes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.client.close();
  }

  async #publish(topic: string): Promise<void> {
    const sent: Sent[] = [];
    this.sent.set(topic, sent);
    while (!this.#stopping) {
      const startedAtMs = performance.now();
      const message = `${topic}:${sent.length}${this.#padding}`;
      const one: Sent = { message, startedAtMs, ackedAtMs: undefined, refused: false };
      sent.push(one);
      try {
        await this.client.publish(topic, message);
        one.ackedAtMs = performance.now();
      } catch (error) {
        one.refused = error instanceof RrmqError && error.outcome === 'none';
      }
    }
  }

  *#all(): Iterable<Sent> {
    for (const sent of this.sent.values()) yield* sent;
  }
}
