import { setTimeout as delay } from 'node:timers/promises';
import { HttpConnection } from '../load/http-connection.ts';

/** Between two tries when nobody leads, or a node is gone, in ms. */
const RETRY_MS = 50;

/**
 * Where the leader serves clients, as far as known: what replies name is believed, and when nobody knows, each node is
 * asked in turn.
 */
export class LeaderPort {
  readonly #ports: readonly number[];
  #port: number;

  constructor(ports: readonly number[]) {
    const [port] = ports;
    if (port === undefined) throw new RangeError('no nodes, no leader');
    this.#ports = ports;
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  /** The node at `asked` does not lead; it may have named another. */
  heed(asked: number, named: number | undefined): void {
    if (asked !== this.#port) return;
    const next = this.#ports[(this.#ports.indexOf(asked) + 1) % this.#ports.length];
    this.#port = named ?? next ?? asked;
  }
}

/** How a call ended. `refused`: without effect. `empty`: the topic holds nothing. `unknown`: nobody can tell. */
export type LaneAnswer =
  | { readonly kind: 'done'; readonly body: string }
  | { readonly kind: 'empty' | 'refused' | 'unknown' };

/** Sends one request after the other to the leader, over a kept connection. */
export class FlowLane {
  readonly #leader: LeaderPort;
  #connection: HttpConnection | undefined;
  #port = 0;

  constructor(leader: LeaderPort) {
    this.#leader = leader;
  }

  async send(request: Buffer): Promise<LaneAnswer> {
    const connection = await this.#connect();
    if (connection === undefined) {
      await this.#pause(undefined);
      return { kind: 'refused' };
    }
    try {
      const { status, body, leaderPort } = await connection.send(request);
      if (status === 200) return { kind: 'done', body };
      if (status === 404) return { kind: 'empty' };
      // 408: appended, and not committed in time.
      if (status !== 400 && status !== 503 && status !== 507) return { kind: 'unknown' };
      await this.#pause(leaderPort);
      return { kind: 'refused' };
    } catch {
      await this.#pause(undefined);
      return { kind: 'unknown' };
    }
  }

  close(): void {
    this.#connection?.close();
  }

  async #connect(): Promise<HttpConnection | undefined> {
    const { port } = this.#leader;
    if (this.#port === port && this.#connection?.isOpen === true) return this.#connection;
    this.#connection?.close();
    this.#port = port;
    this.#connection = await HttpConnection.open(port).catch(() => undefined);
    return this.#connection;
  }

  async #pause(named: number | undefined): Promise<void> {
    this.#leader.heed(this.#port, named);
    await delay(RETRY_MS);
  }
}
