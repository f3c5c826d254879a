import {
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  createServer,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { assert } from '@rrmq/raft';
import type { HttpLimits } from './http-limits.ts';

/** How often Node looks for requests that take too long; it costs nothing to speak of. */
const TIMEOUT_CHECK_MS = 5_000;

/** Makes a port one for HTTPS. Both in PEM. */
export interface PortTls {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

/** One port of a node: an HTTP server that is bounded in every way and can be stopped under load. */
export class HttpPort {
  /** For what is no request: peers' connections come by its `upgrade` events. */
  readonly server: Server;
  readonly #limits: HttpLimits;
  readonly #inFlight = new Set<ServerResponse>();
  #allAnswered: (() => void) | undefined;
  /** One listener for all responses: a closure for each would cost as much as the tracking. */
  readonly #settled: (this: ServerResponse) => void;

  /** @throws {Error} of Node when `tls` holds no key and certificate that belong together. */
  constructor(listener: RequestListener, limits: HttpLimits, tls?: PortTls) {
    this.#limits = limits;
    const settle = (response: ServerResponse): void => this.#settle(response);
    this.#settled = function settled() {
      settle(this);
    };
    this.server = newServer(limits, tls);
    this.server.maxConnections = limits.connectionsMax;
    this.server.on('request', (request, response) => {
      this.#track(response);
      listener(request, response);
    });
  }

  /** Resolves when the port accepts connections at `ip` only; port 0 takes a free one. */
  async listen(port: number, ip: string): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, ip, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
    const address = this.server.address();
    assert(address !== null && typeof address === 'object', 'a port that listens has an address');
    return address;
  }

  /**
   * Accepts nothing more, answers what is in flight and closes all connections, within `stopTimeoutMs`. Upgraded
   * connections are left to their owner. A port that never listened stops at once.
   */
  async stop(): Promise<void> {
    this.server.close();
    for (const response of this.#inFlight) response.shouldKeepAlive = false;
    await this.#whenAllAnswered();
    this.server.closeAllConnections();
  }

  #whenAllAnswered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#limits.stopTimeoutMs);
      this.#allAnswered = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#inFlight.size === 0) this.#allAnswered();
    });
  }

  #track(response: ServerResponse): void {
    this.#inFlight.add(response);
    if (this.#allAnswered !== undefined) response.shouldKeepAlive = false;
    response.on('close', this.#settled);
  }

  #settle(response: ServerResponse): void {
    this.#inFlight.delete(response);
    if (this.#inFlight.size === 0) this.#allAnswered?.();
  }
}

/** A client that does not get through the TLS handshake has as long as one that does not finish its head. */
function newServer(limits: HttpLimits, tls: PortTls | undefined): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headBytesMax,
    headersTimeout: limits.headTimeoutMs,
    connectionsCheckingInterval: Math.min(limits.headTimeoutMs, TIMEOUT_CHECK_MS),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    noDelay: true,
  };
  if (tls === undefined) return createServer(options);
  const { key, cert } = tls;
  return createTlsServer({ ...options, key, cert, handshakeTimeout: limits.headTimeoutMs });
}
