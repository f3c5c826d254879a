import type { ErrorCode, Outcome, ProblemCode } from '@rrmq/contract';

/**
 * Why a call failed: a code of the server (`errorCodes` and `problemCodes` of `@rrmq/contract`), or one of the client's own.
 * - `unreachable`: no node could be connected to; nothing was sent.
 * - `untrusted-certificate`: no node could be connected to, and one showed a certificate that is not trusted; nothing was sent.
 * - `wrong-scheme`: no node could be connected to, and one with an https URL speaks no TLS; nothing was sent.
 * - `connection-lost`: the connection broke after the request may have been sent.
 * - `timeout`: no answer in time.
 * - `aborted`: the caller's `AbortSignal` ended the call.
 * - `closed`: the client is closed.
 * - `too-many-pending`: more calls, or more bytes, are under way than the client may hold.
 * - `unexpected-reply`: the answer is not one of RRMQ's; perhaps another service listens there.
 */
export type RrmqErrorCode =
  | ErrorCode
  | ProblemCode
  | 'unreachable'
  | 'untrusted-certificate'
  | 'wrong-scheme'
  | 'connection-lost'
  | 'timeout'
  | 'aborted'
  | 'closed'
  | 'too-many-pending'
  | 'unexpected-reply';

/** Everything about a failure besides its message. */
export interface RrmqErrorDetails {
  readonly code: RrmqErrorCode;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly status?: number;
  readonly url?: string;
  readonly cause?: unknown;
}

/** The only error a call rejects with; `connect` throws it when the URLs are wrong (`invalid-parameter`). */
export class RrmqError extends Error {
  override readonly name = 'RrmqError';
  readonly code: RrmqErrorCode;
  /** `none`: the call certainly had no effect and will have none. `unknown`: it may have, or may still. */
  readonly outcome: Outcome;
  /** Whether calling again later may succeed with nothing changed by a human; read `outcome` first. */
  readonly retryable: boolean;
  /** The HTTP status of the refusal, or `undefined` when no answer came. */
  readonly status: number | undefined;
  /** The node that was asked last; of several asked at once, the one that the message is about. `undefined`: none. */
  readonly url: string | undefined;

  constructor(message: string, details: RrmqErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.outcome = details.outcome;
    this.retryable = details.retryable;
    this.status = details.status;
    this.url = details.url;
  }
}
