import * as http from 'node:http';
import * as https from 'node:https';
import type { EndpointName } from '@rrmq/contract';
import { got, type Got, RequestError } from 'got';
import type { CallScope } from './call-scope.ts';
import { RrmqError } from './error.ts';
import { handshakeFailure } from './handshake.ts';
import type { Settings } from './options.ts';
import { reasonOf } from './reason.ts';
import { type Attempt, parseReply, type RawReply } from './reply.ts';
import type { EncodedRequest } from './request.ts';

/** How long a connection may take to open, in ms: a node that is there accepts within a round trip. */
const CONNECT_TIMEOUT_MS = 1000;

/** How long a request may take to be written, in ms: 8 MiB on a link of 2 MiB/s, with some room. */
const SEND_TIMEOUT_MS = 5000;

/** Open connections per node: more would only wait inside the node. Further requests wait their turn. */
const SOCKETS_MAX = 256;

/** One HTTP request to any node. */
export interface RawRequest {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Percent-encoded, with a leading slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** The answer may take as long as the call; by default `answerTimeoutMs`. */
  readonly isSlow?: boolean;
}

/** Sends single tries over kept-alive connections. It repeats nothing and decides nothing. */
export class Transport {
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent };
  readonly #got: Got;

  constructor({ answerTimeoutMs, ca }: Pick<Settings, 'answerTimeoutMs' | 'ca'>) {
    this.#agents = {
      http: new http.Agent({ keepAlive: true, maxSockets: SOCKETS_MAX }),
      https: new https.Agent({
        keepAlive: true,
        maxSockets: SOCKETS_MAX,
        ...(ca === undefined ? {} : { ca }),
      }),
    };
    this.#got = got.extend({
      agent: this.#agents,
      retry: { limit: 0 },
      timeout: {
        connect: CONNECT_TIMEOUT_MS,
        secureConnect: CONNECT_TIMEOUT_MS,
        send: SEND_TIMEOUT_MS,
        response: answerTimeoutMs,
        read: SEND_TIMEOUT_MS,
      },
      throwHttpErrors: false,
      followRedirect: false,
      decompress: false,
      responseType: 'text',
      headers: { 'user-agent': 'rrmq-client' },
    });
  }

  /** One try at one node. Never rejects. */
  async send<Name extends EndpointName>(
    url: string,
    request: EncodedRequest<Name>,
    scope: CallScope,
  ): Promise<Attempt<Name>> {
    const reply = await this.exchange(url, request, scope);
    if (!(reply instanceof RrmqError)) return parseReply(request.name, reply);
    return { kind: 'failure', error: reply, leaderHint: undefined };
  }

  /** One request to one node: its reply, whatever that says, or why there is none. Never rejects. */
  async exchange(
    url: string,
    request: RawRequest,
    scope: CallScope,
  ): Promise<RawReply | RrmqError> {
    try {
      const { statusCode, body, headers } = await this.#got(url, {
        method: request.method,
        headers: request.headers,
        signal: scope.signal,
        request: requestTo(new URL(url).pathname.replace(/\/$/, '') + request.path),
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.isSlow === true ? { timeout: { response: scope.timeoutMs } } : {}),
      });
      return { status: statusCode, body, headers, url };
    } catch (error) {
      return transportError(error, url, scope);
    }
  }

  /** Closes every connection. */
  destroy(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }
}

/**
 * A request function that sends `path` exactly as it is: a `URL` would drop the segments `.` and `..`,
 * also percent-encoded ones, and topics may have these names.
 */
function requestTo(path: string) {
  return (
    url: URL,
    options: https.RequestOptions,
    onResponse?: (response: http.IncomingMessage) => void,
  ): http.ClientRequest =>
    (url.protocol === 'https:' ? https : http).request(url, { ...options, path }, onResponse);
}

function transportError(error: unknown, url: string, scope: CallScope): RrmqError {
  const sent = maySent(error, url);
  const outcome = sent ? 'unknown' : 'none';
  const details = { outcome, retryable: true, url, cause: error } as const;
  if (scope.end !== undefined) {
    return new RrmqError(scope.describeEnd(), { ...details, code: scope.end });
  }
  const reason = reasonOf(error);
  if (!sent) {
    const failed = handshakeFailure(error, url);
    if (failed !== undefined) return failed;
    return new RrmqError(`cannot reach ${url}: ${reason}`, { ...details, code: 'unreachable' });
  }
  return error instanceof RequestError && error.name === 'TimeoutError'
    ? new RrmqError(`no answer from ${url}: ${reason}`, { ...details, code: 'timeout' })
    : new RrmqError(`lost the connection to ${url}: ${reason}`, {
        ...details,
        code: 'connection-lost',
      });
}

/** Whether any byte of the request may have left: it cannot before its connection stood. */
function maySent(error: unknown, url: string): boolean {
  if (!(error instanceof RequestError)) return true;
  const { timings } = error;
  const ready = url.startsWith('https:') ? timings?.secureConnect : timings?.connect;
  return ready !== undefined;
}
