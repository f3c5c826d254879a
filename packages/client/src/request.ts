import {
  BODY_BYTES_MAX,
  type Endpoint,
  type EndpointName,
  endpoints,
  type RequestOf,
} from '@rrmq/contract';
import { RrmqError } from './error.ts';

/** A call ready to be sent to any node, as often as needed. */
export interface EncodedRequest<Name extends EndpointName = EndpointName> {
  readonly name: Name;
  readonly method: Endpoint['method'];
  /** Percent-encoded, with a leading slash; to be put behind a node's base URL as it is. */
  readonly path: string;
  readonly body: string | undefined;
  readonly bodyBytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Encodes a call by its row of the endpoint table.
 * @throws {RrmqError} with outcome `none` and code `invalid-topic-name`, `invalid-body` or
 * `body-too-large` when every node would refuse it.
 */
export function encodeRequest<Name extends EndpointName>(
  name: Name,
  request: RequestOf<Name>,
): EncodedRequest<Name> {
  const row: Endpoint = endpoints[name];
  const body = row.body === undefined ? undefined : JSON.stringify(parsed(row.body, request));
  const bodyBytes = body === undefined ? 0 : Buffer.byteLength(body);
  if (bodyBytes > BODY_BYTES_MAX) {
    throw refused(
      'body-too-large',
      `the body has ${bodyBytes} bytes, allowed are ${BODY_BYTES_MAX}`,
    );
  }
  const params = row.params === undefined ? {} : parsed(row.params, request);
  const path = fillPath(row.path, params as Record<string, string>);
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  return { name, method: row.method, path, body, bodyBytes, headers };
}

/** `request` with further headers. */
export function withHeaders<Name extends EndpointName>(
  request: EncodedRequest<Name>,
  headers: Readonly<Record<string, string>>,
): EncodedRequest<Name> {
  return { ...request, headers: { ...request.headers, ...headers } };
}

function fillPath(path: string, params: Record<string, string>): string {
  return path.replace(/:(\w+)/g, (_match, key: string) => encodeURIComponent(params[key] ?? ''));
}

function parsed(schema: NonNullable<Endpoint['body']>, request: unknown): unknown {
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const isTopic = issue?.path[0] === 'topic';
  throw refused(
    isTopic ? 'invalid-topic-name' : 'invalid-body',
    issue?.message ?? 'invalid request',
  );
}

function refused(
  code: 'invalid-topic-name' | 'invalid-body' | 'body-too-large',
  message: string,
): RrmqError {
  return new RrmqError(message, { code, outcome: 'none', retryable: false });
}
