import {
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
  createServer,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Server as TcpServer } from 'node:net';
import type { Duplex } from 'node:stream';
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
  /** Those of clients: upgraded ones have another owner. */
  readonly #sockets = new Set<Duplex>();
  /** Set while the port stops. */
  #onEnd: (() => void) | undefined;
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
    const opened = tls === undefined ? 'connection' : 'secureConnection';
    this.server.on(opened, (socket: Duplex) => this.#trackSocket(socket));
    this.server.on('request', (request, response) => {
      this.#track(response);
      listener(request, response);
    });
  }

  /**
   * Resolves when the port accepts connections at `ip` only; port 0 takes a free one. With a `holder`, which listens
   * there already, the port goes on from it to this server: connections come here from now on, and none is refused in
   * between.
   */
  async listen(port: number, ip: string, holder?: TcpServer): Promise<AddressInfo> {
    // Without anybody who takes upgrades over, Node treats them as plain requests: as long as nobody listens.
    if (this.server.listenerCount('upgrade') > 0) {
      this.server.on('upgrade', (_, socket) => this.#forget(socket));
    }
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      const listens = (): void => {
        this.server.off('error', reject);
        resolve();
      };
      if (holder === undefined) this.server.listen(port, ip, listens);
      else this.server.listen(holder, listens);
    });
    const address = this.server.address();
    assert(address !== null && typeof address === 'object', 'a port that listens has an address');
    return address;
  }

  /**
   * Accepts no more connections, answers what comes on those that are open and ends each with its answer; what is still
   * open after `farewellMs` is closed when all that is in flight is answered, within `stopTimeoutMs`. A client that
   * calls meanwhile gets an answer, not a reset that leaves it in the dark. Upgraded connections are left to their
   * owner. A port that never listened stops at once.
   */
  async stop(): Promise<void> {
    // As `close` of a server for HTTP it would close idle connections at once, with requests on their way in some.
    TcpServer.prototype.close.call(this.server);
    for (const response of this.#inFlight) response.shouldKeepAlive = false;
    const { farewellMs, stopTimeoutMs } = this.#limits;
    await this.#whenOver(() => this.#sockets.size === 0, farewellMs);
    await this.#whenOver(() => this.#inFlight.size === 0, stopTimeoutMs - farewellMs);
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Resolves when `isOver`, asked whenever a response or a connection ends, or after `atMostMs`. */
  #whenOver(isOver: () => boolean, atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, atMostMs);
      this.#onEnd = () => {
        if (!isOver()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onEnd();
    });
  }

  #trackSocket(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#forget(socket));
  }

  #forget(socket: Duplex): void {
    this.#sockets.delete(socket);
    this.#onEnd?.();
  }

  #track(response: ServerResponse): void {
    this.#inFlight.add(response);
    if (this.#onEnd !== undefined) response.shouldKeepAlive = false;
    response.on('close', this.#settled);
  }

  #settle(response: ServerResponse): void {
    this.#inFlight.delete(response);
    this.#onEnd?.();
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
