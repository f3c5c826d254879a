import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Settings } from './options.ts';
import type { RawReply } from './reply.ts';

/** How long nothing may move, in ms: longer than a node waits itself, which can say more. */
const IDLE_TIMEOUT_MS = 90_000;

/** Longest answer to an upload, in bytes: such answers are small. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** Bytes in order. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** One request with a stream in it or behind it. */
export interface StreamRequest {
  readonly method: 'GET' | 'POST';
  /** With a leading slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** Sends and receives what is too large to be held, each over a connection of its own. */
export class StreamTransport {
  readonly #ca: Settings['ca'];

  constructor({ ca }: Pick<Settings, 'ca'>) {
    this.#ca = ca;
  }

  /** Resolves when the head of the answer came. Rejects when there is none. */
  download(url: string, request: StreamRequest): Promise<http.IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(url, request);
      outgoing.on('response', resolve).on('error', reject).end();
    });
  }

  /** Sends all of `source`, or until the answer comes, which may be early. Rejects when there is none. */
  upload(url: string, request: StreamRequest, source: ByteSource): Promise<RawReply> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(url, request);
      outgoing.on('error', reject).on('response', (response) => {
        const { statusCode: status = 0, headers } = response;
        const ended = readText(response).finally(() => outgoing.destroy());
        ended.then((body) => resolve({ status, body, headers, url }), reject);
      });
      pipeline(Readable.from(source, { objectMode: true, highWaterMark: 1 }), outgoing).catch(
        reject,
      );
    });
  }

  #request(url: string, { method, path, headers, signal }: StreamRequest): http.ClientRequest {
    const options: https.RequestOptions = {
      method,
      headers: { ...headers, 'user-agent': 'rrmq-client' },
      agent: false,
      ...(signal === undefined ? {} : { signal }),
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
    };
    const target = url + path;
    const outgoing = target.startsWith('https:')
      ? https.request(target, options)
      : http.request(target, options);
    return outgoing.setTimeout(IDLE_TIMEOUT_MS, () => {
      outgoing.destroy(new Error(`nothing moved for ${IDLE_TIMEOUT_MS / 1000} s`));
    });
  }
}

/** A small body as text. Rejects when it is not small. */
export async function readText(response: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
