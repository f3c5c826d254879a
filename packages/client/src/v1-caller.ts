import {
  headers,
  isProblemCode,
  type ParsedBody,
  parseBody,
  problemSchema,
  V1_TIMEOUT_MS,
  type V1BodyOf,
  type V1Endpoint,
  type V1EndpointName,
  v1Endpoints,
  type V1ReplyOf,
} from '@rrmq/contract';
import type { CallScope } from './call-scope.ts';
import { RrmqError } from './error.ts';
import { header, parseJson, type RawReply, refusal, unexpected } from './reply.ts';
import type { RetryingCaller, Tried } from './retrying.ts';
import type { RawRequest, Transport } from './transport.ts';

/** Which part of a call's time the node may take: its own word that it is late comes before ours. */
const NODE_SHARE = 0.9;

/** A call under `/v1` whose request and answer are JSON. */
export interface V1Request<Name extends V1EndpointName> {
  readonly name: Name;
  /** Members named in the path. */
  readonly ids?: readonly number[];
  readonly body?: V1BodyOf<Name>;
}

/** The answer to a call that succeeded. */
export interface V1Success<Name extends V1EndpointName> {
  readonly status: number;
  readonly body: V1ReplyOf<Name>;
  /** The node that answered. */
  readonly url: string;
}

/** Sends calls under `/v1`, by their table. */
export class V1Caller {
  readonly #transport: Transport;
  readonly #caller: RetryingCaller;
  readonly #adminToken: string | undefined;

  constructor(transport: Transport, caller: RetryingCaller, adminToken: string | undefined) {
    this.#transport = transport;
    this.#caller = caller;
    this.#adminToken = adminToken;
  }

  /** Asks until one node succeeds or refuses for good; what may have taken effect is not repeated. */
  call<Name extends V1EndpointName>(
    request: V1Request<Name>,
    scope: CallScope,
  ): Promise<V1Success<Name>> {
    const { name } = request;
    const row: V1Endpoint = v1Endpoints[name];
    return this.#caller.run(
      {
        name,
        attempt: (url) => this.ask(url, request, scope),
        needsLeader: row.answeredBy === 'leader',
        mayRepeat: ({ retryable, outcome }) =>
          retryable && (outcome === 'none' || row.method === 'GET'),
      },
      scope,
    );
  }

  /** Asks one node once. Never rejects. */
  async ask<Name extends V1EndpointName>(
    url: string,
    request: V1Request<Name>,
    scope: CallScope,
  ): Promise<Tried<V1Success<Name>>> {
    const reply = await this.#transport.exchange(url, this.#encode(request, scope), scope);
    if (reply instanceof RrmqError) return { kind: 'failure', error: reply, leaderHint: undefined };
    return parseV1Reply(request.name, reply);
  }

  /** What a call of this row says of its sender. */
  headersFor(name: V1EndpointName): Record<string, string> {
    const isAdmin = v1Endpoints[name].access === 'admin' && this.#adminToken !== undefined;
    return isAdmin ? { authorization: `Bearer ${this.#adminToken}` } : {};
  }

  #encode<Name extends V1EndpointName>(request: V1Request<Name>, scope: CallScope): RawRequest {
    const { name, ids = [], body } = request;
    const { method, path } = v1Endpoints[name];
    const isSlow = method !== 'GET';
    const patience = Math.min(V1_TIMEOUT_MS, Math.ceil(scope.timeoutMs * NODE_SHARE));
    return {
      method,
      path: path.replace(':ids', ids.join(',')),
      headers: {
        ...this.headersFor(name),
        ...(isSlow ? { [headers.timeoutMs]: String(patience) } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      isSlow,
    };
  }
}

function parseV1Reply<Name extends V1EndpointName>(
  name: Name,
  reply: RawReply,
): Tried<V1Success<Name>> {
  const row: V1Endpoint = v1Endpoints[name];
  const schema = row.replies[reply.status];
  if (schema === undefined || schema === 'backup') return v1Refusal(reply);
  const parsed: ParsedBody<unknown> = parseBody(schema, parseJson(reply.body));
  if (!parsed.ok) {
    return { kind: 'failure', error: unexpected(reply, 'unknown'), leaderHint: undefined };
  }
  const { status, url } = reply;
  return { kind: 'success', value: { status, body: parsed.value as V1ReplyOf<Name>, url } };
}

/** A refusal under `/v1`, and the leader that it names. */
export function v1Refusal(reply: RawReply): Extract<Tried<never>, { kind: 'failure' }> {
  const leaderHint = header(reply, headers.leader);
  const parsed = problemSchema.safeParse(parseJson(reply.body));
  if (!parsed.success) return { kind: 'failure', error: refusal(reply), leaderHint };
  const { code, outcome, retryable, detail } = parsed.data;
  const { status, url } = reply;
  const known = isProblemCode(code) ? code : 'unexpected-reply';
  const text = known === code ? detail : `${detail} (${code})`;
  const error = new RrmqError(text, { code: known, outcome, retryable, status, url });
  return { kind: 'failure', error, leaderHint };
}
