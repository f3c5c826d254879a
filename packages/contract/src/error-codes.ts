import { ERROR_TEXT_LENGTH_MAX } from './limits.ts';

/**
 * What a refusal says about the command:
 * - `none`: it was certainly not applied and never will be;
 * - `unknown`: it may have been applied, or may still be.
 */
export type Outcome = 'none' | 'unknown';

/** One row of `errorCodes`. */
export interface ErrorCodeInfo {
  /** The HTTP status of the answer. */
  readonly status: number;
  readonly outcome: Outcome;
  /**
   * Whether the same request may succeed later, here or at another node, with nothing changed by a human.
   * After `outcome: 'unknown'` sending it again is safe only if the call says so (see `Endpoint.repeatable`).
   */
  readonly retryable: boolean;
}

/**
 * Every way in which the seed API refuses, mapped to HTTP here and nowhere else. Codes are added, never
 * renamed; a caller must treat a code that it does not know by its HTTP status (`outcomeOfStatus`).
 */
export const errorCodes = {
  /** The body is not JSON. */
  'malformed-json': { status: 400, outcome: 'none', retryable: false },
  /** The body is JSON without the required fields, or one has the wrong type or size. */
  'invalid-body': { status: 400, outcome: 'none', retryable: false },
  /** The path is not valid percent-encoded UTF-8. */
  'malformed-path': { status: 400, outcome: 'none', retryable: false },
  /** The topic name is empty, too long or not well-formed. */
  'invalid-topic-name': { status: 400, outcome: 'none', retryable: false },
  /** A `Producer-*` header is missing beside the others, or has a wrong form. */
  'invalid-producer': { status: 400, outcome: 'none', retryable: false },
  /** The topic to create exists already. */
  'topic-exists': { status: 400, outcome: 'none', retryable: false },
  /** This node follows; `RRMQ-Leader` names the leader. */
  'not-leader': { status: 400, outcome: 'none', retryable: true },
  /** This node does not lead and knows no leader. */
  'no-leader': { status: 400, outcome: 'none', retryable: true },
  /** This node was elected but no quorum has confirmed it yet, or it has lost its quorum. */
  unconfirmed: { status: 400, outcome: 'none', retryable: true },
  /** This node is stopping and accepts nothing more. */
  'shutting-down': { status: 400, outcome: 'none', retryable: true },
  /**
   * The producer's sequence skips at least one number, or the cluster remembers nothing of this producer
   * and the sequence is not 1. Whether *earlier* tries of the same publish were applied stays as it was.
   */
  'producer-sequence-gap': { status: 400, outcome: 'none', retryable: false },
  /** A higher epoch of the same producer has published: this one is over. */
  'producer-fenced': { status: 400, outcome: 'none', retryable: false },
  /** No topic has this name. */
  'unknown-topic': { status: 404, outcome: 'none', retryable: false },
  /** The topic has no message left. */
  'no-message': { status: 404, outcome: 'none', retryable: false },
  /** No endpoint has this path. */
  'unknown-path': { status: 404, outcome: 'none', retryable: false },
  /** The path exists, with another method. */
  'method-not-allowed': { status: 405, outcome: 'none', retryable: false },
  /** The command was proposed but did not commit within `SEED_COMMIT_TIMEOUT_MS`, or its leader lost the lead. */
  'not-committed-in-time': { status: 408, outcome: 'unknown', retryable: true },
  /** The message is larger than the topic takes. */
  'message-too-large': { status: 413, outcome: 'none', retryable: false },
  /** The body is larger than `BODY_BYTES_MAX`. */
  'body-too-large': { status: 413, outcome: 'none', retryable: false },
  /** The node failed in a way nobody foresaw. */
  'internal-error': { status: 500, outcome: 'unknown', retryable: true },
  /** Too much is waiting to be committed. */
  overloaded: { status: 503, outcome: 'none', retryable: true },
  /** Publishing to the topic, or receiving from it, is paused. */
  paused: { status: 503, outcome: 'none', retryable: true },
  /** The topic's limits leave no room for the message. */
  'topic-full': { status: 503, outcome: 'none', retryable: true },
  /** A backup is being restored into the cluster; until its end nothing else is taken. */
  restoring: { status: 503, outcome: 'none', retryable: true },
  /** A quorum has too little disk space left to take more messages; pops still work. */
  'disk-full': { status: 507, outcome: 'none', retryable: false },
} as const satisfies Record<string, ErrorCodeInfo>;

/** A code of `errorCodes`. */
export type ErrorCode = keyof typeof errorCodes;

/** Whether `text` is a code of `errorCodes`. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text);
}

/**
 * What a reply with `status` and no known code says about the command: 408 and 5xx other than 503 and 507
 * leave it unknown, other refusals were decided before anything happened.
 */
export function outcomeOfStatus(status: number): Outcome {
  if (status === 503 || status === 507) return 'none';
  return status === 408 || status >= 500 ? 'unknown' : 'none';
}

/** What an `RRMQ-Error` header said. */
export interface ErrorHeader {
  readonly code: ErrorCode;
  readonly text: string;
}

/**
 * The value of an `RRMQ-Error` header: `<code>: <text>`. Every character that a header cannot hold is
 * replaced by `?`, and the text is cut at `ERROR_TEXT_LENGTH_MAX` characters.
 */
export function formatErrorHeader(code: ErrorCode, text: string): string {
  return `${code}: ${text.slice(0, ERROR_TEXT_LENGTH_MAX).replace(/[^\x20-\x7e]/g, '?')}`;
}

/** The code and text of an `RRMQ-Error` header, or `undefined` when it is absent or its code is not known. */
export function parseErrorHeader(value: string | undefined): ErrorHeader | undefined {
  const [, code, text] = /^([a-z-]+): (.*)$/.exec(value ?? '') ?? [];
  if (code === undefined || text === undefined || !isErrorCode(code)) return undefined;
  return { code, text };
}
