import {
  type Endpoint,
  type EndpointName,
  endpoints,
  errorCodes,
  headers,
  outcomeOfStatus,
  parseErrorHeader,
  type ReplyOf,
} from '@rrmq/contract';
import { RrmqError } from './error.ts';

/** An HTTP reply as it came. */
export interface RawReply {
  readonly status: number;
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The node that sent it. */
  readonly url: string;
}

/** What came of one try. */
export type Attempt<Name extends EndpointName> =
  | { readonly kind: 'success'; readonly body: ReplyOf<Name>; readonly duplicate: boolean }
  | {
      readonly kind: 'failure';
      readonly error: RrmqError;
      readonly leaderHint: string | undefined;
    };

/** Reads a reply by the endpoint table. Never throws: whatever came is a success or a failure. */
export function parseReply<Name extends EndpointName>(name: Name, reply: RawReply): Attempt<Name> {
  if (reply.status !== 200) {
    return { kind: 'failure', error: refusal(reply), leaderHint: header(reply, headers.leader) };
  }
  const row: Endpoint = endpoints[name];
  const parsed = row.replies[200]?.safeParse(parseJson(reply.body));
  if (parsed?.success !== true) {
    return { kind: 'failure', error: unexpected(reply, 'unknown'), leaderHint: undefined };
  }
  const duplicate = header(reply, headers.duplicate) === 'true';
  return { kind: 'success', body: parsed.data as ReplyOf<Name>, duplicate };
}

/** What a refusal of the calls at the root says. */
export function refusal(reply: RawReply): RrmqError {
  const { status, url } = reply;
  const said = parseErrorHeader(header(reply, headers.error));
  if (said === undefined) return unexpected(reply, outcomeOfStatus(status));
  const { outcome, retryable } = errorCodes[said.code];
  return new RrmqError(said.text, { code: said.code, outcome, retryable, status, url });
}

/** A node of another version, a proxy, or something that is no RRMQ node. */
export function unexpected(reply: RawReply, outcome: RrmqError['outcome']): RrmqError {
  const { status, url } = reply;
  const said = header(reply, headers.error);
  return new RrmqError(`unexpected reply ${status} from ${url}${said ? `: ${said}` : ''}`, {
    code: 'unexpected-reply',
    outcome,
    retryable: status === 408 || status === 429 || status >= 500,
    status,
    url,
  });
}

/** A header that stands once. */
export function header(reply: RawReply, name: string): string | undefined {
  const value = reply.headers[name.toLowerCase()];
  return typeof value === 'string' ? value : undefined;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
