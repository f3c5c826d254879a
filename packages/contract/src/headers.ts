/**
 * Names of the HTTP headers RRMQ reads and writes. Names are case-insensitive on the wire; compare them
 * in lower case.
 */
export const headers = {
  /** On every refusal: `<code>: <text>`, see `formatErrorHeader`. Seed bodies have no room for it. */
  error: 'RRMQ-Error',
  /** On a refusal by a node that knows the leader: the leader's base URL, e.g. `http://10.0.0.2:7002`. */
  leader: 'RRMQ-Leader',
  /** `true` on the success of a publish that had been applied before: nothing was added this time. */
  duplicate: 'RRMQ-Duplicate',
  /** Optional on a publish, all three or none: see `producerIdentitySchema`. */
  producerId: 'Producer-Id',
  producerEpoch: 'Producer-Epoch',
  producerSequence: 'Producer-Sequence',
  /** Optional on the POSTs under `/v1/topics`: the command is executed once under it. See `idempotencyKeySchema`. */
  idempotencyKey: 'Idempotency-Key',
  /** Optional on a publish of raw bytes: see the fields of `newMessageSchema`. */
  key: 'RRMQ-Key',
  priority: 'RRMQ-Priority',
  delayMs: 'RRMQ-Delay-Ms',
  ttlMs: 'RRMQ-Ttl-Ms',
  dedupId: 'RRMQ-Dedup-Id',
  /** Optional on calls under `/v1`: how long the caller waits, in ms, at most `V1_TIMEOUT_MS`. */
  timeoutMs: 'RRMQ-Timeout-Ms',
} as const;
