import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { answerEarly } from './early-answer.ts';
import { type Reply, send } from './reply.ts';
import { hasBody } from './request-body.ts';

/** One request under `/v1`, as a call handler sees it. */
export interface V1Call {
  /** The `:ids` of the path, decoded; empty when the path has none. */
  readonly ids: string;
  readonly query: URLSearchParams;
  /** Path and query as they were asked for. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON of the body; `{}` when it was empty, `undefined` when the call takes none. */
  readonly body: unknown;
  /** The first answer is sent, later ones are ignored. */
  answer(reply: Reply): void;
  /** Answers so after `delayMs`, unless that happened before. */
  answerLate(delayMs: number, reply: Reply): void;
}

/** A call whose request or answer is a stream of bytes. */
export interface V1StreamCall extends V1Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A request and its response, answered at most once: a client that went away is not answered. */
export class V1Exchange implements V1StreamCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly ids: string;
  readonly body: unknown;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, ids = '', body?: unknown) {
    this.request = request;
    this.response = response;
    this.ids = ids;
    this.body = body;
    response.on('close', () => clearTimeout(this.#timer));
  }

  get target(): string {
    return this.request.url ?? '';
  }

  get query(): URLSearchParams {
    const mark = this.target.indexOf('?');
    return new URLSearchParams(mark === -1 ? '' : this.target.slice(mark));
  }

  get headers(): IncomingHttpHeaders {
    return this.request.headers;
  }

  answer(reply: Reply): void {
    const { request, response } = this;
    clearTimeout(this.#timer);
    if (response.headersSent || response.destroyed) return;
    if (hasBody(request) && !request.complete) answerEarly(request, response, reply);
    else send(response, reply);
  }

  answerLate(delayMs: number, reply: Reply): void {
    this.#timer = setTimeout(() => this.answer(reply), delayMs);
  }
}
