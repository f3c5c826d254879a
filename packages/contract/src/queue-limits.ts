/** Public limits of topics and messages. Like those of `limits.ts` they are promises. */

/** Messages in one publish, one receive, one redrive by ids and one page, and settlements in one call. */
export const MESSAGES_PER_CALL_MAX = 1000;

/** Shorter leases would end before a consumer has seen the message. */
export const LEASE_MS_MIN = 1000;
/** 12 hours: whoever needs longer extends. */
export const LEASE_MS_MAX = 43_200_000;

/** A year. */
export const DELAY_MS_MAX = 31_536_000_000;
/** A year. */
export const TTL_MS_MAX = 31_536_000_000;
/** A week. */
export const DEDUP_MS_MAX = 604_800_000;

/** Highest `maxFailures` of a topic. */
export const FAILURES_MAX = 1000;

/** Highest `maxInFlight` of a topic. */
export const IN_FLIGHT_MAX = 100_000;

/** Priorities are `0 … PRIORITY_MAX`; the highest one is received first. */
export const PRIORITY_MAX = 9;

/** Longest key, dedup id and idempotency key, in UTF-8 bytes. */
export const KEY_BYTES_MAX = 256;

/** Longest content type, in characters: the longest one registered has 73, and parameters may follow. */
export const CONTENT_TYPE_LENGTH_MAX = 256;

/** Attributes of a message. */
export const ATTRIBUTES_MAX = 64;
/** Names and values of a message's attributes together, in UTF-8 bytes. */
export const ATTRIBUTES_BYTES_MAX = 16_384;

/** Reasons of nacks and rejects are cut after so many UTF-8 bytes. */
export const REASON_BYTES_MAX = 512;

/** How long a receive waits for a first message unless it says otherwise, in ms. */
export const RECEIVE_WAIT_MS_DEFAULT = 20_000;
/** Longest wait of a receive, in ms: common proxies give a silent call up after 60 s. */
export const RECEIVE_WAIT_MS_MAX = 55_000;

/** Items in a page unless the caller says otherwise. */
export const PAGE_LIMIT_DEFAULT = 50;

/** A lease token: 28 bytes in base64url. */
export const TOKEN_LENGTH = 38;
