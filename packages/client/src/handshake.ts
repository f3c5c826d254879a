import { RrmqError, type RrmqErrorCode } from './error.ts';
import { reasonOf } from './reason.ts';

/** What Node.js calls an error about the certificate of the other side. */
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What OpenSSL says of an answer that is no TLS. */
const NO_TLS = /wrong.version.number|packet.length.too.long|http.request/i;

/**
 * The error of a try that ended because the node's certificate is not trusted, or because its port speaks no TLS;
 * `undefined` when that was not why. Nothing was sent, and trying again cannot help.
 */
export function handshakeFailure(cause: unknown, url: string): RrmqError | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  const code = String(cause.code);
  if (CERTIFICATE_CODES.has(code)) {
    const text = `the certificate of ${url} is not trusted: ${reasonOf(cause)}`;
    return failure('untrusted-certificate', text, { url, cause });
  }
  const isTls = code === 'EPROTO' || code.startsWith('ERR_SSL_');
  if (!isTls || !NO_TLS.test(cause.message)) return undefined;
  const text = `${url} cannot be reached: that port speaks no TLS, so its URL begins with http://`;
  return failure('wrong-scheme', text, { url, cause });
}

/** Whether a node is there, and cannot be talked to before a person changes something. */
export function isHandshakeFailure(reason: unknown): reason is RrmqError {
  if (!(reason instanceof RrmqError)) return false;
  return reason.code === 'untrusted-certificate' || reason.code === 'wrong-scheme';
}

/**
 * The same error, in words that say more when a node hung up on a question for its status without an answer: so does a
 * port that speaks TLS. A status changes nothing, whatever became of it.
 */
export function explainHangUp(error: RrmqError): RrmqError {
  const { code, url = '', cause } = error;
  const isHangUp = cause instanceof Error && cause.message === 'socket hang up';
  if (code !== 'connection-lost' || !isHangUp || !url.startsWith('http:')) return error;
  const text = `${url} hung up without an answer: perhaps that port speaks TLS, and its URL begins with https://`;
  const details = { code: 'unreachable', outcome: 'none', retryable: true, url, cause } as const;
  return new RrmqError(text, details);
}

function failure(
  code: RrmqErrorCode,
  text: string,
  about: { readonly url: string; readonly cause: unknown },
): RrmqError {
  return new RrmqError(text, { code, outcome: 'none', retryable: false, ...about });
}
