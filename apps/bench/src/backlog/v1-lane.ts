import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from '../load/http-connection.ts';

/** Between two tries, in ms, and how many there are. */
const RETRY_MS = 200;
const TRIES_MAX = 100;

/** Sends one request of `/v1` after the other to the leader, over a kept connection. */
export class V1Lane {
  readonly #leaderPort: () => Promise<number>;
  #connection: HttpConnection | undefined;
  /** Requests that had to be sent again: without a leader, or without an answer. */
  retries = 0;

  /** `leaderPort` finds out who leads. */
  constructor(leaderPort: () => Promise<number>) {
    this.#leaderPort = leaderPort;
  }

  /** The body of a reply of success. One that was sent again may have had its effect twice. */
  async send(request: Buffer): Promise<string> {
    let last = 'no answer';
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      const reply = await this.#try(request);
      if (reply !== undefined && reply.status < 300) return reply.body;
      if (reply !== undefined) last = `${reply.status} ${reply.body}`;
      this.retries += 1;
      this.close();
      await delay(RETRY_MS);
    }
    throw new Error(`a request never succeeded: ${last}`);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #try(request: Buffer): Promise<{ status: number; body: string } | undefined> {
    try {
      this.#connection ??= await HttpConnection.open(await this.#leaderPort());
      return await this.#connection.send(request);
    } catch {
      return undefined;
    }
  }
}
