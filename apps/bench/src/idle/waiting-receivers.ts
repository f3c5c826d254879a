import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from '../load/http-connection.ts';
import { encodeCall } from '../load/json-call.ts';

const WAIT_MS_MIN = 20_000;
const WAIT_MS_MAX = 55_000;

/** Longer than any wait: an answer that does not come is a fault. */
const ANSWER_MS_MAX = 90_000;
const RETRY_MS = 500;

/** `{"settled":[],"messages":[]}`, however it is written. */
function isEmpty(body: string): boolean {
  const { messages } = JSON.parse(body) as { messages: readonly unknown[] };
  return messages.length === 0;
}

/** Connections that each ask for a message, wait 20 to 55 s in vain, and ask again. */
export class WaitingReceivers {
  readonly #topic: string;
  readonly #port: number;
  readonly #connections = new Set<HttpConnection>();
  /** Waits that ended without a message, as they should. */
  ended = 0;
  /** All other ends. */
  wrong = 0;
  #isOver = false;

  constructor(topic: string, port: number) {
    this.#topic = topic;
    this.#port = port;
  }

  /** Resolves when so many are connected and have asked. */
  async start(count: number): Promise<void> {
    for (let number = 0; number < count; number += 1) {
      const connection = await HttpConnection.open(this.#port, ANSWER_MS_MAX);
      this.#connections.add(connection);
      void this.#repeat(connection);
    }
  }

  stop(): void {
    this.#isOver = true;
    for (const connection of this.#connections) connection.close();
  }

  async #repeat(connection: HttpConnection): Promise<void> {
    while (!this.#isOver) {
      const waitMs = randomInt(WAIT_MS_MIN, WAIT_MS_MAX);
      const request = encodeCall(`POST /v1/topics/${this.#topic}/receive`, { max: 10, waitMs });
      const reply = await connection.send(request).catch(() => undefined);
      if (this.#isOver) return;
      if (reply?.status === 200 && isEmpty(reply.body)) this.ended += 1;
      else {
        this.wrong += 1;
        await delay(RETRY_MS);
      }
    }
  }
}
