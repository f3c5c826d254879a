import type { Cluster } from '../cluster/cluster.ts';
import type { AckWatch } from './ack-watch.ts';
import { CallWatch } from './call-watch.ts';
import { drain } from './draining.ts';
import { type Account, accountFor } from './ledger.ts';
import { Popper } from './popper.ts';
import { Producer } from './producer.ts';

export interface TrafficOptions {
  /** Each with its own topic and client. */
  readonly producers: number;
  /** Publishes per second of all producers together. */
  readonly rate: number;
  /** Whether a popper empties the topics meanwhile. */
  readonly pops: boolean;
}

/** Clients with default options that use a cluster as an application would, whatever happens to it. */
export class Traffic {
  readonly calls = new CallWatch();
  readonly #producers: readonly Producer[];
  readonly #popper: Popper | undefined;

  private constructor(cluster: Cluster, options: TrafficOptions, acks: AckWatch) {
    const { urls } = cluster;
    const onSettled = (calledMs: number, error: unknown) => {
      this.calls.publishEnded(calledMs, error);
      if (error === undefined) acks.acked(calledMs);
    };
    this.#producers = Array.from({ length: options.producers }, (_, number) => {
      const topic = `traffic-${number}`;
      return new Producer({ urls, topic, connect: {}, onSettled });
    });
    this.#popper = options.pops ? new Popper(urls, this.#topics, this.calls) : undefined;
  }

  /** Knows the nodes that the cluster has at this moment; it learns of others as every client does. */
  static async start(cluster: Cluster, options: TrafficOptions, acks: AckWatch): Promise<Traffic> {
    const traffic = new Traffic(cluster, options, acks);
    const everyMs = Math.max(1, Math.round((1000 * options.producers) / options.rate));
    await Promise.all(traffic.#producers.map((producer) => producer.start(everyMs)));
    traffic.#popper?.start();
    return traffic;
  }

  get #topics(): string[] {
    return this.#producers.map(({ ledger }) => ledger.topic);
  }

  /** Pops of unknown outcome: each may have taken a message that nobody saw. */
  get unknownPops(): number {
    return this.#popper?.unknownPops ?? 0;
  }

  /** Ends the calls, pops what is left, and says what became of each producer's messages. */
  async finish(cluster: Cluster, shown: (popped: number) => void): Promise<Account[]> {
    await Promise.all(this.#producers.map((producer) => producer.stop()));
    await this.#popper?.stop();
    await cluster.leader();
    const rest = await drain(cluster.urls, this.#topics, shown);
    return this.#producers.map(({ ledger }, at) => {
      const popped = this.#popper?.poppedFrom(ledger.topic) ?? [];
      return accountFor(ledger, [...popped, ...(rest[at] ?? [])]);
    });
  }
}
