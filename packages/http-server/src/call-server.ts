import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type EndpointName, endpoints } from '@rrmq/contract';
import { Deadlines } from './deadlines.ts';
import { type CallHandler, type CallInput, Exchange } from './exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import { type Reply, refusal, send } from './reply.ts';
import { type Arriving, RequestBody } from './request-body.ts';

/** How long the rest of a request that was answered early is read, so that its sender sees the answer. */
const LINGER_MS = 1_000;

const MALFORMED_JSON = refusal('malformed-json', 'the body is not JSON in UTF-8');
const CLOSE = ['Connection', 'close'];
const NO_ROOM = refusal('overloaded', 'too many request bodies are arriving at once', CLOSE);

/** Brings requests to the handlers of their calls. Both ways in, the data plane and Express, end here. */
export class CallServer {
  readonly #handlers: Readonly<Record<EndpointName, CallHandler>>;
  readonly #limits: HttpLimits;
  readonly #deadlines: Deadlines;
  readonly #arriving: Arriving;
  readonly #tooLarge: Reply;

  constructor(handlers: Readonly<Record<EndpointName, CallHandler>>, limits: HttpLimits) {
    this.#handlers = handlers;
    this.#limits = limits;
    this.#deadlines = new Deadlines(limits.commitTimeoutMs);
    this.#arriving = { bytes: 0, bytesMax: limits.arrivingBytesMax };
    const text = `the body is larger than ${limits.bodyBytesMax} bytes`;
    this.#tooLarge = refusal('body-too-large', text, CLOSE);
  }

  /** `param` is the path parameter, decoded. */
  serve(
    name: EndpointName,
    request: IncomingMessage,
    response: ServerResponse,
    param: string,
  ): void {
    const { headers } = request;
    if (endpoints[name].body === undefined) {
      if (Number(headers['content-length']) > this.#limits.bodyBytesMax) {
        return answerEarly(request, response, this.#tooLarge);
      }
      this.#handle(name, { param, headers, body: undefined }, response);
      return;
    }
    const body = new RequestBody(request, this.#arriving, (arrived) => {
      if (arrived.kind === 'whole') {
        this.#handleJson(name, { param, headers, body: parseJson(arrived.bytes) }, response);
      } else {
        answerEarly(request, response, arrived.kind === 'too-large' ? this.#tooLarge : NO_ROOM);
      }
    });
    body.collect(this.#limits.bodyBytesMax);
  }

  #handleJson(name: EndpointName, input: CallInput, response: ServerResponse): void {
    if (input.body === undefined) send(response, MALFORMED_JSON);
    else this.#handle(name, input, response);
  }

  #handle(name: EndpointName, input: CallInput, response: ServerResponse): void {
    this.#handlers[name](new Exchange(input, response, this.#deadlines));
  }
}

/** `undefined`, which is no JSON value, for bytes that are no JSON. */
function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/**
 * Answers before the body has arrived. A connection closed with unread bytes is reset, and its client may never see the
 * answer: so what still comes is read and dropped for a moment before the response ends and the connection with it.
 */
function answerEarly(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  // Node's types want a mutable array; it does not change it.
  response.writeHead(reply.status, reply.head as string[]);
  response.write(reply.body);
  const timer = setTimeout(() => response.end(), LINGER_MS);
  request.on('close', () => {
    clearTimeout(timer);
    response.end();
  });
  request.resume();
}
