/** What a topic does with its messages. Complete: what a caller left out has its default (`defaultTopicSettings`). */
export interface TopicSettings {
  /** How long a delivery is leased unless the receiver says otherwise; `LEASE_MS_MIN … LEASE_MS_MAX`. */
  readonly leaseMs: number;
  /** A message that has failed so often becomes a dead letter; 1 … `FAILURES_MAX`. */
  readonly maxFailures: number;
  /**
   * How long a message rests after its n-th nack, unless the nack says otherwise: `initialMs * 2 ** (n - 1)`, `maxMs`
   * at most. 0 … `DELAY_MS_MAX` each, the initial one not above the other.
   */
  readonly backoff: { readonly initialMs: number; readonly maxMs: number };
  /** How long messages live that do not say so themselves; 1 … `TTL_MS_MAX`. `undefined`: for ever. */
  readonly ttlMs: number | undefined;
  /** What becomes of a message whose time to live is over. */
  readonly onExpiry: 'dead-letter' | 'discard';
  /** How long a `dedupId` is remembered, beside the time that its message is in the topic; 0 … `DEDUP_MS_MAX`. */
  readonly dedupMs: number;
  readonly limits: TopicLimits;
}

/** Bounds of a topic; `undefined`: none. Dead letters do not count. */
export interface TopicLimits {
  /** Messages that are ready, delayed or leased; from 1. */
  readonly maxMessages: number | undefined;
  /** Bytes of their bodies; from 1. */
  readonly maxBytes: number | undefined;
  /** Bytes of one body; from 1. */
  readonly maxMessageBytes: number | undefined;
  /** Messages leased at once; 1 … `IN_FLIGHT_MAX`. A receive gets none beyond it. */
  readonly maxInFlight: number;
  /** What a publish does that goes beyond `maxMessages` or `maxBytes`. */
  readonly overflow: Overflow;
}

/**
 * - `reject`: refuses the publish, as a whole;
 * - `drop-oldest`: discards messages that are ready, those of the lowest priority first, and of these the one that would
 *   be received next;
 * - `dead-letter`: makes dead letters of the same ones.
 * When it is known that this cannot make enough room the publish is refused and nothing is dropped; when 1,000 are not
 * enough it is refused with these gone.
 */
export type Overflow = 'reject' | 'drop-oldest' | 'dead-letter';

/** Those of a topic of which nothing is said. */
export const defaultTopicSettings: TopicSettings = {
  leaseMs: 30_000,
  maxFailures: 10,
  backoff: { initialMs: 1000, maxMs: 60_000 },
  ttlMs: undefined,
  onExpiry: 'dead-letter',
  dedupMs: 300_000,
  limits: {
    maxMessages: undefined,
    maxBytes: undefined,
    maxMessageBytes: undefined,
    maxInFlight: 20_000,
    overflow: 'reject',
  },
};
