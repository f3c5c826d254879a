import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** How a body arrived. */
export type ArrivedBody =
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  /** Longer than allowed; the rest is not read. */
  | { readonly kind: 'too-large' }
  /** Too much is arriving at once; the rest is not read. */
  | { readonly kind: 'no-room' };

/** Bytes of bodies that have arrived in part, over all connections of a node. */
export interface Arriving {
  bytes: number;
  readonly bytesMax: number;
}

/**
 * Collects the body of a request and calls `done` once; never when the client goes away before it is whole. Memory is
 * bounded by `bytesMax` per request and by `arriving` for all.
 */
export class RequestBody {
  readonly #request: IncomingMessage;
  readonly #arriving: Arriving;
  readonly #done: (body: ArrivedBody) => void;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #announced: number | undefined;
  #over = false;

  constructor(request: IncomingMessage, arriving: Arriving, done: (body: ArrivedBody) => void) {
    this.#request = request;
    this.#arriving = arriving;
    this.#done = done;
  }

  collect(bytesMax: number): void {
    const { 'content-length': length } = this.#request.headers;
    if (length !== undefined) {
      this.#announced = Number(length);
      if (this.#announced > bytesMax) return this.#finish({ kind: 'too-large' });
      if (this.#announced === 0) return this.#finish({ kind: 'whole', bytes: Buffer.alloc(0) });
    } else {
      this.#request.on('end', () => this.#finish({ kind: 'whole', bytes: this.#joined() }));
    }
    this.#request.on('data', (chunk: Buffer) => this.#take(chunk, bytesMax));
  }

  /** Mostly a body comes in one piece, and nothing more is to be waited for. */
  #take(chunk: Buffer, bytesMax: number): void {
    if (this.#over) return;
    if (this.#chunks.length === 0) {
      if (chunk.length === this.#announced) return this.#finish({ kind: 'whole', bytes: chunk });
      this.#request.on('close', () => this.#release());
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#arriving.bytes += chunk.length;
    if (this.#bytes > bytesMax) this.#finish({ kind: 'too-large' });
    else if (this.#arriving.bytes > this.#arriving.bytesMax) this.#finish({ kind: 'no-room' });
    else if (this.#bytes === this.#announced) {
      this.#finish({ kind: 'whole', bytes: this.#joined() });
    }
  }

  #joined(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #finish(body: ArrivedBody): void {
    if (this.#over) return;
    this.#release();
    this.#done(body);
  }

  #release(): void {
    this.#over = true;
    this.#arriving.bytes -= this.#bytes;
    this.#bytes = 0;
    this.#chunks = [];
  }
}

/** `undefined`, which is no JSON value, for bytes that are no JSON. */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** Whether a body belongs to this request, and has perhaps not arrived yet. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
