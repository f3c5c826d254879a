import { RrmqError } from './error.ts';

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

/**
 * The error of a try that ended because the node's certificate is not trusted; `undefined` when that was not why. Nothing
 * was sent, and trying again cannot help.
 */
export function untrusted(cause: unknown, url: string): RrmqError | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  if (!CERTIFICATE_CODES.has(String(cause.code))) return undefined;
  return new RrmqError(`the certificate of ${url} is not trusted: ${cause.message}`, {
    code: 'untrusted-certificate',
    outcome: 'none',
    retryable: false,
    url,
    cause,
  });
}
