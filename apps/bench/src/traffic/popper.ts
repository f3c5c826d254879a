import { setTimeout as delay } from 'node:timers/promises';
import { connect, type RrmqClient, RrmqError } from '@rrmq/client';
import type { CallWatch } from './call-watch.ts';

/** After a topic was found empty. */
const EMPTY_PAUSE_MS = 20;

/** Pops topics through the client with its default options, one pop under way for each, and keeps what came. */
export class Popper {
  readonly #client: RrmqClient;
  readonly #watch: CallWatch;
  readonly #popped: ReadonlyMap<string, string[]>;
  #unknownPops = 0;
  #isOver = false;
  #lanes: Promise<void>[] = [];

  constructor(urls: readonly string[], topics: readonly string[], watch: CallWatch) {
    this.#client = connect(urls);
    this.#watch = watch;
    this.#popped = new Map(topics.map((topic) => [topic, []]));
  }

  /** Pops of unknown outcome: each may have taken a message that nobody saw. */
  get unknownPops(): number {
    return this.#unknownPops;
  }

  /** The topics must exist. */
  start(): void {
    this.#lanes = [...this.#popped].map(([topic, popped]) => this.#run(topic, popped));
  }

  /** Ends once the pops under way have settled. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
    await this.#client.close();
  }

  /** The messages of a topic, in the order of the pops. */
  poppedFrom(topic: string): readonly string[] {
    return this.#popped.get(topic) ?? [];
  }

  async #run(topic: string, popped: string[]): Promise<void> {
    while (!this.#isOver) {
      const message = await this.#pop(topic);
      if (message === undefined) await delay(EMPTY_PAUSE_MS);
      else popped.push(message);
    }
  }

  async #pop(topic: string): Promise<string | undefined> {
    const calledMs = performance.now();
    try {
      const message = await this.#client.pop(topic);
      this.#watch.popEnded(calledMs, undefined);
      return message;
    } catch (error) {
      this.#watch.popEnded(calledMs, error);
      if (!(error instanceof RrmqError) || error.outcome === 'unknown') this.#unknownPops++;
      return undefined;
    }
  }
}
