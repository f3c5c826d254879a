import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { answerEarly } from './early-answer.ts';
import { type Reply, send } from './reply.ts';
import { hasBody } from './request-body.ts';

/** The parameters of a path, decoded. */
export type V1Params = Readonly<Partial<Record<'ids' | 'topic' | 'id', string>>>;

/** What a body was: JSON, parsed (`{}` when it was empty), the bytes of a message, or nothing that the call takes. */
export type V1Body =
  | { readonly kind: 'json'; readonly json: unknown }
  | { readonly kind: 'raw'; readonly bytes: Buffer; readonly contentType: string }
  | undefined;

/** One request under `/v1`, as a call handler sees it. */
export interface V1Call {
  readonly method: string;
  readonly params: V1Params;
  readonly query: URLSearchParams;
  /** Path and query as they were asked for. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON of the body; `{}` when it was empty, `undefined` when the call takes none, or it is no JSON. */
  readonly body: unknown;
  /** The body as the bytes of a message. */
  readonly raw: { readonly bytes: Buffer; readonly contentType: string } | undefined;
  /** Nobody waits for an answer any more. */
  readonly answered: boolean;
  /** The first answer is sent, later ones are ignored. */
  answer(reply: Reply): void;
  /** Answers so after `delayMs`, unless that happened before. */
  answerLate(delayMs: number, reply: Reply): void;
  /** Calls back once when the call was answered or its client has gone, whichever comes first. */
  onOver(callback: () => void): void;
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
  readonly params: V1Params;
  readonly #body: V1Body;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    { params = {}, body }: { params?: V1Params; body?: V1Body } = {},
  ) {
    this.request = request;
    this.response = response;
    this.params = params;
    this.#body = body;
  }

  get body(): unknown {
    return this.#body?.kind === 'json' ? this.#body.json : undefined;
  }

  get raw(): V1Call['raw'] {
    return this.#body?.kind === 'raw' ? this.#body : undefined;
  }

  get answered(): boolean {
    return this.response.headersSent || this.response.destroyed;
  }

  get method(): string {
    return this.request.method ?? '';
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
    if (this.answered) return;
    if (hasBody(request) && !request.complete) answerEarly(request, response, reply);
    else send(response, reply);
  }

  answerLate(delayMs: number, reply: Reply): void {
    if (this.#timer === undefined) this.response.on('close', () => clearTimeout(this.#timer));
    else clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.answer(reply), delayMs);
  }

  onOver(callback: () => void): void {
    this.response.once('close', callback);
  }
}
