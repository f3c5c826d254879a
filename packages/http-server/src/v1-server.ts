import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  V1_BODY_BYTES_MAX,
  type V1Endpoint,
  type V1EndpointName,
  v1Endpoints,
} from '@rrmq/contract';
import type { AdminGuard } from './admin-guard.ts';
import type { V1Handlers } from './calls/v1-calls.ts';
import type { V1Node } from './calls/v1-node.ts';
import { notLeader } from './calls/v1-refusals.ts';
import { type Reply, problem } from './reply.ts';
import { type Arriving, RequestBody, hasBody, parseJson } from './request-body.ts';
import { type V1Body, V1Exchange, type V1Params } from './v1-call.ts';

const MALFORMED_JSON = problem('malformed-json', 'the body is not JSON in UTF-8');
const NOT_JSON = problem('unsupported-media-type', 'send the body as application/json');
const NO_ROOM = problem('overloaded', 'too many request bodies are arriving at once');
const FAILED = problem('internal-error', 'the node failed; its log says how');

const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json *(?:;|$)/i;
/** Where other JSON is content: only this type describes messages. */
const PLAIN_JSON = /^application\/json *(?:;|$)/i;
/** Kept for many messages in one stream. */
const NDJSON = /^application\/(?:x-)?(?:nd-?json|jsonl)(?:ines)? *(?:;|$)/i;
const OCTETS = 'application/octet-stream';

export interface V1ServerOptions {
  readonly node: V1Node;
  readonly handlers: V1Handlers;
  readonly guard: AdminGuard;
  readonly arriving: Arriving;
  /** Of the calls on messages. */
  readonly bodyBytesMax: number;
}

/** Brings requests under `/v1` to their handlers: who may call, who can answer, what the body says. */
export class V1Server {
  readonly #node: V1Node;
  readonly #handlers: V1Handlers;
  readonly #guard: AdminGuard;
  readonly #arriving: Arriving;
  readonly #bodyBytesMax: number;

  constructor({ node, handlers, guard, arriving, bodyBytesMax }: V1ServerOptions) {
    this.#node = node;
    this.#handlers = handlers;
    this.#guard = guard;
    this.#arriving = arriving;
    this.#bodyBytesMax = bodyBytesMax;
  }

  serve(
    name: V1EndpointName,
    request: IncomingMessage,
    response: ServerResponse,
    params: V1Params = {},
  ): void {
    const { body }: V1Endpoint = v1Endpoints[name];
    const exchange = new V1Exchange(request, response, { params });
    const refused = this.#refusal(name, request);
    if (refused !== undefined) return exchange.answer(refused);
    if (body === undefined || body === 'backup') return this.#handle(name, exchange);
    if (!takesType(name, request)) return exchange.answer(NOT_JSON);
    const { access } = v1Endpoints[name];
    const bytesMax = access === 'admin' ? V1_BODY_BYTES_MAX : this.#bodyBytesMax;
    new RequestBody(request, this.#arriving, (arrived) => {
      if (arrived.kind === 'too-large') return exchange.answer(tooLarge(bytesMax));
      if (arrived.kind === 'no-room') return exchange.answer(NO_ROOM);
      const parsed = parseArrived(name, request, arrived.bytes);
      if (parsed === undefined) return exchange.answer(MALFORMED_JSON);
      this.#handle(name, new V1Exchange(request, response, { params, body: parsed }));
    }).collect(bytesMax);
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

function takesType(name: V1EndpointName, request: IncomingMessage): boolean {
  if (!hasBody(request)) return true;
  const type = request.headers['content-type'] ?? '';
  const { rawBody }: V1Endpoint = v1Endpoints[name];
  return rawBody === true ? !NDJSON.test(type) : JSON_TYPES.test(type);
}

function parseArrived(name: V1EndpointName, request: IncomingMessage, bytes: Buffer): V1Body {
  const contentType = request.headers['content-type'] ?? OCTETS;
  const { rawBody }: V1Endpoint = v1Endpoints[name];
  if (rawBody === true && !PLAIN_JSON.test(contentType)) return { kind: 'raw', bytes, contentType };
  const json = bytes.length === 0 ? {} : parseJson(bytes);
  return json === undefined ? undefined : { kind: 'json', json };
}

const tooLarge = (bytesMax: number): Reply =>
  problem('body-too-large', `the body is larger than ${bytesMax} bytes`);
