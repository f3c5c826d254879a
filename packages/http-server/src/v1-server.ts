import type { IncomingMessage, ServerResponse } from 'node:http';
import { V1_BODY_BYTES_MAX, type V1EndpointName, v1Endpoints } from '@rrmq/contract';
import type { AdminGuard } from './admin-guard.ts';
import type { V1Handlers } from './calls/v1-calls.ts';
import type { V1Node } from './calls/v1-node.ts';
import { notLeader } from './calls/v1-refusals.ts';
import { type Reply, problem } from './reply.ts';
import { type Arriving, RequestBody, hasBody, parseJson } from './request-body.ts';
import { V1Exchange } from './v1-call.ts';

const MALFORMED_JSON = problem('malformed-json', 'the body is not JSON in UTF-8');
const NOT_JSON = problem('unsupported-media-type', 'send the body as application/json');
const NO_ROOM = problem('overloaded', 'too many request bodies are arriving at once');
const FAILED = problem('internal-error', 'the node failed; its log says how');
const TOO_LARGE = problem('body-too-large', `the body is larger than ${V1_BODY_BYTES_MAX} bytes`);

/** Brings requests under `/v1` to their handlers: who may call, who can answer, what the body says. */
export class V1Server {
  readonly #node: V1Node;
  readonly #handlers: V1Handlers;
  readonly #guard: AdminGuard;
  readonly #arriving: Arriving;

  constructor(node: V1Node, handlers: V1Handlers, guard: AdminGuard, arriving: Arriving) {
    this.#node = node;
    this.#handlers = handlers;
    this.#guard = guard;
    this.#arriving = arriving;
  }

  /** `ids`: the parameter of the path, decoded. */
  serve(name: V1EndpointName, request: IncomingMessage, response: ServerResponse, ids = ''): void {
    const { body } = v1Endpoints[name];
    const exchange = new V1Exchange(request, response, ids);
    const refused = this.#refusal(name, request);
    if (refused !== undefined) return exchange.answer(refused);
    if (body === undefined || body === 'backup') return this.#handle(name, exchange);
    if (hasBody(request) && !isJson(request)) return exchange.answer(NOT_JSON);
    new RequestBody(request, this.#arriving, (arrived) => {
      if (arrived.kind === 'too-large') return exchange.answer(TOO_LARGE);
      if (arrived.kind === 'no-room') return exchange.answer(NO_ROOM);
      const json = arrived.bytes.length === 0 ? {} : parseJson(arrived.bytes);
      if (json === undefined) return exchange.answer(MALFORMED_JSON);
      this.#handle(name, new V1Exchange(request, response, ids, json));
    }).collect(V1_BODY_BYTES_MAX);
  }

  #refusal(name: V1EndpointName, request: IncomingMessage): Reply | undefined {
    const { access, answeredBy } = v1Endpoints[name];
    const refused = access === 'admin' ? this.#guard.refusal(request) : undefined;
    if (refused !== undefined || answeredBy === 'any-node') return refused;
    const status = this.#node.group.status();
    if (status.role === 'leader') return undefined;
    return notLeader(status, this.#node.scheme, request.url ?? '');
  }

  #handle(name: V1EndpointName, exchange: V1Exchange): void {
    void this.#handleSafely(name, exchange);
  }

  async #handleSafely(name: V1EndpointName, exchange: V1Exchange): Promise<void> {
    try {
      await this.#handlers[name](exchange);
    } catch (error) {
      this.#node.log.error({ err: error, call: name }, 'a call failed');
      exchange.answer(FAILED);
    }
  }
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(headers['content-type'] ?? '');
}
