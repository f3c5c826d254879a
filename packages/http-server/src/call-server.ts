import type { IncomingMessage, ServerResponse } from 'node:http';
import { type EndpointName, endpoints } from '@rrmq/contract';
import { Deadlines } from './deadlines.ts';
import { CLOSE, answerEarly } from './early-answer.ts';
import { type CallHandler, type CallInput, Exchange } from './exchange.ts';
import type { HttpLimits } from './http-limits.ts';
import { type Reply, refusal, send } from './reply.ts';
import { type Arriving, RequestBody, parseJson } from './request-body.ts';

const MALFORMED_JSON = refusal('malformed-json', 'the body is not JSON in UTF-8');
const NO_ROOM = refusal('overloaded', 'too many request bodies are arriving at once', CLOSE);

/** Brings requests to the handlers of their calls. Both ways in, the data plane and Express, end here. */
export class CallServer {
  readonly #handlers: Readonly<Record<EndpointName, CallHandler>>;
  readonly #limits: HttpLimits;
  readonly #deadlines: Deadlines;
  readonly #arriving: Arriving;
  readonly #tooLarge: Reply;

  constructor(
    handlers: Readonly<Record<EndpointName, CallHandler>>,
    limits: HttpLimits,
    arriving: Arriving,
  ) {
    this.#handlers = handlers;
    this.#limits = limits;
    this.#deadlines = new Deadlines(limits.commitTimeoutMs);
    this.#arriving = arriving;
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
