import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** What Node reports for a request that has not arrived in time. */
const REQUEST_TIMEOUT = 'ERR_HTTP_REQUEST_TIMEOUT';

/**
 * Uploads that may take longer than the port grants a request, as long as bytes keep coming. Node's limit is one for
 * all requests of a port; whoever listens to `clientError` decides what becomes of it. Nobody listens while there is
 * no such upload.
 */
export class SlowUploads {
  readonly #server: Server;
  readonly #idleMs: number;
  readonly #sockets = new Set<Duplex>();
  readonly #judge = (error: NodeJS.ErrnoException, socket: Duplex): void => {
    if (error.code === REQUEST_TIMEOUT && this.#sockets.has(socket)) return;
    if (socket.writable) socket.end(`HTTP/1.1 ${statusOf(error)}\r\nConnection: close\r\n\r\n`);
    else socket.destroy(error);
  };

  /** `idleMs`: how long nothing may come before an upload is given up. */
  constructor(server: Server, idleMs: number) {
    this.#server = server;
    this.#idleMs = idleMs;
  }

  /** From now on only silence ends this request. Returns a function that ends the exception. */
  allow({ socket }: IncomingMessage): () => void {
    if (this.#sockets.size === 0) this.#server.on('clientError', this.#judge);
    this.#sockets.add(socket);
    const giveUp = (): void => {
      socket.destroy();
    };
    socket.setTimeout(this.#idleMs).on('timeout', giveUp);
    return () => {
      socket.setTimeout(0).off('timeout', giveUp);
      this.#end(socket);
    };
  }

  #end(socket: Duplex): void {
    if (this.#sockets.delete(socket) && this.#sockets.size === 0) {
      this.#server.off('clientError', this.#judge);
    }
  }
}

function statusOf({ code }: NodeJS.ErrnoException): string {
  if (code === REQUEST_TIMEOUT) return '408 Request Timeout';
  return code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
}
