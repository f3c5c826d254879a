import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket, createSecureContext } from 'node:tls';
import type { CloseReason, Network, PeerAddress, PeerStream, StreamHandlers } from '../ports.ts';
import { PROTOCOL, dial } from './node-dialing.ts';

/** How long a stream that we end may take to deliver its last bytes (the reason of a refusal). */
const LAST_WORDS_MS_MAX = 1_000;

/** When the operating system starts to ask whether a silent peer is still there. */
const KEEP_ALIVE_MS = 5_000;

/** The operating system gets this much at once, so that `queuedBytes` shows progress while a large write goes on. */
const WRITE_BYTES_MAX = 256 * 1024;

/** TLS between nodes; all three in PEM. */
export interface PeerTls {
  /** What this node shows to a server that asks for it. */
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** Who signs the certificates of peers: no other authority is trusted. */
  readonly ca: string | Buffer;
}

/** What a server of `node:http` or `node:https` tells. */
export interface UpgradeSource {
  on(
    event: 'upgrade',
    listener: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void,
  ): unknown;
}

/**
 * Streams between nodes over TCP: HTTP connections to the peers' internal port, upgraded. Attach it to the server of
 * that port. With TLS that has to be an HTTPS server; then all bytes between nodes are encrypted, and only peers whose
 * certificate is trusted are talked to. Who dials is not asked for a certificate: that is what the cluster secret is for.
 */
export class NodeNetwork implements Network {
  readonly #tls: SecureContext | undefined;
  readonly #streams = new Set<SocketStream>();
  #accept: ((stream: PeerStream) => void) | undefined;
  #isClosed = false;

  /** @throws {Error} of Node when `tls` holds no key and certificates that can be used. */
  constructor(tls?: PeerTls) {
    this.#tls = tls === undefined ? undefined : createSecureContext(tls);
  }

  /** Takes over all upgrades of this server. */
  attach(server: UpgradeSource): void {
    server.on('upgrade', (incoming, socket, head) => this.#upgraded(incoming, socket, head));
  }

  listen(accept: (stream: PeerStream) => void): void {
    this.#accept = accept;
  }

  connect(address: PeerAddress, handlers: StreamHandlers): PeerStream {
    const stream = new SocketStream((over) => void this.#streams.delete(over));
    stream.handle(handlers);
    if (this.#isClosed) return stream;
    this.#streams.add(stream);
    const abandon = dial(address, this.#tls, {
      upgraded: (socket, head) => stream.open(socket, head),
      failed: (reason, detail) => stream.fail(reason, detail),
    });
    stream.whenDestroyed(abandon);
    return stream;
  }

  /** Destroys all streams at once; handlers are not called. Later connections are turned away. */
  close(): void {
    this.#isClosed = true;
    this.#accept = undefined;
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
  }

  #upgraded(incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Without a listener a reset at this point would end the process.
    socket.on('error', () => socket.destroy());
    if (incoming.headers.upgrade !== PROTOCOL || !this.#isFit(socket)) {
      return turnAway(socket, '426 Upgrade Required');
    }
    if (this.#accept === undefined) return turnAway(socket, '503 Service Unavailable');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${PROTOCOL}\r\n\r\n`,
    );
    const stream = new SocketStream((over) => void this.#streams.delete(over));
    this.#streams.add(stream);
    this.#accept(stream);
    return stream.run(socket, head);
  }

  /** A network with TLS takes nothing in the clear. */
  #isFit(socket: Duplex): socket is Socket {
    return this.#tls === undefined ? socket instanceof Socket : socket instanceof TLSSocket;
  }
}

function turnAway(socket: Duplex, status: string): void {
  const headers = `Upgrade: ${PROTOCOL}\r\nConnection: close\r\nContent-Length: 0`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n`, () => socket.destroy());
}

/** A stream over a socket, which it has from the moment it is open. */
class SocketStream implements PeerStream {
  readonly #forget: (stream: SocketStream) => void;
  #socket: Socket | undefined;
  #handlers: StreamHandlers | undefined;
  #abandon: (() => void) | undefined;
  #isOver = false;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  /** Bytes of the write that the operating system is taking; 0 when none. */
  #writingBytes = 0;

  constructor(forget: (stream: SocketStream) => void) {
    this.#forget = forget;
  }

  get queuedBytes(): number {
    return this.#queuedBytes + this.#writingBytes;
  }

  handle(handlers: StreamHandlers): void {
    this.#handlers = handlers;
  }

  /** What ends the attempt to connect. */
  whenDestroyed(abandon: () => void): void {
    this.#abandon = abandon;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    for (const chunk of chunks) {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
    }
    this.#pump();
  }

  close(): void {
    if (this.#isOver) return;
    const socket = this.#socket;
    const isStuck = socket === undefined || this.#queuedBytes > 0;
    if (isStuck) return this.destroy();
    this.#end();
    socket.end(() => socket.destroy());
    socket.setTimeout(LAST_WORDS_MS_MAX, () => socket.destroy());
    return undefined;
  }

  destroy(): void {
    this.#end();
    this.#forget(this);
    this.#abandon?.();
    this.#socket?.destroy();
  }

  /** The attempt to connect came to nothing. */
  fail(reason: CloseReason, detail?: string): void {
    if (this.#isOver) return;
    const handlers = this.#handlers;
    this.destroy();
    handlers?.closed(reason, detail);
  }

  /** The attempt to connect succeeded. */
  open(socket: Duplex, head: Buffer): void {
    if (this.#isOver || !(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    this.#handlers?.opened();
    this.run(socket, head);
  }

  /** Starts to carry bytes; `head` came first. */
  run(socket: Socket, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    if (head.length > 0) socket.unshift(head);
    socket.on('data', (bytes: Buffer) => {
      if (!this.#isOver) this.#handlers?.received(bytes);
    });
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#lost());
    return this.#pump();
  }

  /** Hands the next part of the queue over, as one write, when the one before is done. */
  #pump(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#writingBytes > 0 || this.#queuedBytes === 0) return;
    const chunks = this.#takePart();
    socket.cork();
    chunks.forEach((chunk, i) => {
      if (i < chunks.length - 1) socket.write(chunk);
      else socket.write(chunk, () => this.#written());
    });
    socket.uncork();
  }

  #written(): void {
    this.#writingBytes = 0;
    if (!this.#isOver) this.#pump();
  }

  /** Up to `WRITE_BYTES_MAX` from the head of the queue. */
  #takePart(): Uint8Array[] {
    let bytes = 0;
    let count = 0;
    for (const chunk of this.#queue) {
      if (bytes + chunk.length > WRITE_BYTES_MAX) break;
      bytes += chunk.length;
      count += 1;
    }
    const part = this.#queue.splice(0, count);
    if (bytes === 0) {
      const [large] = this.#queue;
      if (large === undefined) return part;
      part.push(large.subarray(0, WRITE_BYTES_MAX));
      this.#queue[0] = large.subarray(WRITE_BYTES_MAX);
      bytes = WRITE_BYTES_MAX;
    }
    this.#queuedBytes -= bytes;
    this.#writingBytes = bytes;
    return part;
  }

  #lost(): void {
    this.#forget(this);
    this.fail('reset');
  }

  #end(): void {
    this.#isOver = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#writingBytes = 0;
  }
}
