import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection, type Reply } from './http-connection.ts';

/** A node answers within 30 s after the longest wait, were it only with 504; one that was killed breaks the connection. */
const ANSWER_MS_MAX = 90_000;
const RETRY_MS = 50;

/** Refusals after which the same call may succeed; all others are faults of the storm, or of the cluster. */
const RETRYABLE: ReadonlySet<number> = new Set([307, 500, 503, 504]);

/** Sends one request after another to whoever leads: it follows what nodes say of their leader, else asks the next one. */
export class LeaderLane {
  readonly #ports: readonly number[];
  #port: number;
  #connection: HttpConnection | undefined;
  /** Tries without success, by what came: a status, or `no answer`. */
  readonly failures = new Map<string, number>();

  constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#port = ports[0] ?? 0;
  }

  /** The reply of success, however often it takes. @throws {Error} when the request is refused for good. */
  async persist(request: Buffer): Promise<string> {
    for (;;) {
      const body = await this.ask(request);
      if (body !== undefined) return body;
    }
  }

  /**
   * One try; the body of a reply of success, or `undefined`: it may have been executed, or not.
   * @throws {Error} when the request is refused for good.
   */
  async ask(request: Buffer): Promise<string | undefined> {
    const reply = await this.#send(request);
    if (reply !== undefined && reply.status < 300) return reply.body;
    if (reply !== undefined && !RETRYABLE.has(reply.status)) {
      throw new Error(`refused: ${reply.status} ${reply.body}`);
    }
    this.#count(reply === undefined ? 'no answer' : String(reply.status));
    const hint = reply?.leaderPort === this.#port ? undefined : reply?.leaderPort;
    this.turnTo(hint);
    // Two nodes may send the storm to and fro until they have heard of the new leader.
    if (hint === undefined || reply?.status !== 307) await delay(RETRY_MS);
    return undefined;
  }

  /** Asks this node next; by default the one after the last one. */
  turnTo(port = this.#nextPort()): void {
    this.close();
    this.#port = port;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #send(request: Buffer): Promise<Reply | undefined> {
    try {
      if (this.#connection?.isOpen !== true) {
        this.#connection = await HttpConnection.open(this.#port, ANSWER_MS_MAX);
      }
      return await this.#connection.send(request);
    } catch {
      return undefined;
    }
  }

  #nextPort(): number {
    const place = this.#ports.indexOf(this.#port) + 1;
    return this.#ports[place % this.#ports.length] ?? this.#port;
  }

  #count(what: string): void {
    this.failures.set(what, (this.failures.get(what) ?? 0) + 1);
  }
}
