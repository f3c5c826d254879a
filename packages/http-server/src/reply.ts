import type { ServerResponse } from 'node:http';
import {
  type ErrorCode,
  PROBLEM_MEDIA_TYPE,
  type ProblemCode,
  errorCodes,
  formatErrorHeader,
  headers,
  problemCodes,
  problemOf,
} from '@rrmq/contract';

/** A whole answer, ready to be sent any number of times. */
export interface Reply {
  readonly status: number;
  /** Names and values in turn, as `writeHead` takes them. */
  readonly head: readonly string[];
  readonly body: Buffer | string;
}

const JSON_TYPE = 'application/json; charset=utf-8';
/** What the cluster is now says nothing about later. */
const NO_STORE = ['Cache-Control', 'no-store'];
const FAILURE_BODY = '{"success":false}';
/** For refusals that a moment of waiting may end: whole seconds are all that the header can say. */
const RETRY_AFTER_S = '1';

/** `body` is JSON text. `extra` holds names and values in turn. */
export function jsonReply(
  status: number,
  body: Buffer | string,
  extra: readonly string[] = [],
): Reply {
  return typedReply(status, body, [JSON_TYPE, ...extra]);
}

function typedReply(
  status: number,
  body: Buffer | string,
  [type = '', ...extra]: readonly string[],
): Reply {
  const length = String(Buffer.byteLength(body));
  return { status, head: ['Content-Type', type, 'Content-Length', length, ...extra], body };
}

/** `{"success":false}` with the status of `code`, and `text` for people in the header. */
export function refusal(code: ErrorCode, text: string, extra: readonly string[] = []): Reply {
  const { status } = errorCodes[code];
  const error = [headers.error, formatErrorHeader(code, text)];
  const retry = status === 503 ? ['Retry-After', RETRY_AFTER_S] : [];
  return jsonReply(status, FAILURE_BODY, [...error, ...retry, ...extra]);
}

/** The refusal of a call under `/v1`: `detail` says for people what happened this time. */
export function problem(code: ProblemCode, detail: string, extra: readonly string[] = []): Reply {
  const { status } = problemCodes[code];
  const retry = status === 503 || status === 429 ? ['Retry-After', RETRY_AFTER_S] : [];
  const body = JSON.stringify(problemOf(code, detail));
  return typedReply(status, body, [PROBLEM_MEDIA_TYPE, ...NO_STORE, ...retry, ...extra]);
}

/** The success of a call under `/v1`. `extra` holds names and values in turn. */
export function v1Reply(status: number, body: object, extra: readonly string[] = []): Reply {
  return v1Text(status, JSON.stringify(body), extra);
}

/** The same for a body that is JSON text already. */
export function v1Text(
  status: number,
  body: Buffer | string,
  extra: readonly string[] = [],
): Reply {
  return jsonReply(status, body, [...NO_STORE, ...extra]);
}

export const SUCCESS = jsonReply(200, '{"success":true}');

/** Sends the head and the body; for HEAD requests Node leaves the body out. */
export function send(response: ServerResponse, { status, head, body }: Reply): void {
  // Node's types want a mutable array; it does not change it.
  response.writeHead(status, head as string[]);
  response.end(body);
}
