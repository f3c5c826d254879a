import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 20;

/** Spreads the kills over the publishes, so that each one meets a cluster at work and some are left for the time after. */
export class StormPace {
  readonly #messages: number;
  readonly #kills: number;
  #published = 0;
  #killed = 0;

  constructor(messages: number, kills: number) {
    this.#messages = messages;
    this.#kills = kills;
  }

  get published(): number {
    return this.#published;
  }

  publishedMore(count: number): void {
    this.#published += count;
  }

  /** A node was killed and is back. */
  killedOne(): void {
    this.#killed += 1;
  }

  /** Resolves when so much is published that the next kill is due. */
  async untilKill(): Promise<void> {
    while (this.#parts() < this.#killed + 1) await delay(LOOK_MS);
  }

  /** Resolves when the kills have not fallen behind. */
  async untilPublish(): Promise<void> {
    while (this.#killed < this.#kills && this.#parts() >= this.#killed + 2) await delay(LOOK_MS);
  }

  /** Of the parts that the kills divide the messages into, those that are published. */
  #parts(): number {
    return (this.#published * (this.#kills + 1)) / this.#messages;
  }
}
