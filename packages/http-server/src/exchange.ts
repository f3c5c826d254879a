import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Deadlines, Waiting } from './deadlines.ts';
import { type Reply, refusal, send } from './reply.ts';

/** One request, as a call handler sees it. */
export interface Call {
  /** The path parameter, decoded; empty when the path has none. */
  readonly param: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON of the body; `undefined` when the call takes none. */
  readonly body: unknown;
  readonly answered: boolean;
  /** What is answered when the time is over. At first: the outcome is unknown. */
  late: Reply;
  /** The first answer is sent, later ones are ignored. */
  answer(reply: Reply): void;
}

/** Handles a call: answers it, now or later. Knows nothing of Node's HTTP or Express. */
export type CallHandler = (call: Call) => void;

/** What a request brought. */
export interface CallInput {
  readonly param: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export const NOT_COMMITTED_IN_TIME = refusal(
  'not-committed-in-time',
  'no quorum confirmed it in time: it may have been executed, or may still be',
);

/** A request and its response, answered exactly once: by its handler, or when its time is over. */
export class Exchange implements Call, Waiting {
  readonly param: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  late = NOT_COMMITTED_IN_TIME;
  dueAtMs = 0;
  previous: Waiting | undefined = undefined;
  next: Waiting | undefined = undefined;
  readonly #response: ServerResponse;
  readonly #deadlines: Deadlines;
  #answered = false;

  constructor(input: CallInput, response: ServerResponse, deadlines: Deadlines) {
    this.param = input.param;
    this.headers = input.headers;
    this.body = input.body;
    this.#response = response;
    this.#deadlines = deadlines;
    deadlines.enter(this);
  }

  get answered(): boolean {
    return this.#answered;
  }

  answer(reply: Reply): void {
    if (this.#answered) return;
    this.#deadlines.leave(this);
    this.#finish(reply);
  }

  expire(): void {
    this.#finish(this.late);
  }

  #finish(reply: Reply): void {
    this.#answered = true;
    send(this.#response, reply);
  }
}
