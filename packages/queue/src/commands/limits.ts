/** So that no command holds up heartbeats: at about 1 µs a message it takes a few milliseconds at most. */
export const MESSAGES_PER_COMMAND_MAX = 1000;

/** A producer id is a UUID or a host name with a suffix; 100,000 of the longest ones take 26 MB. */
export const PRODUCER_ID_BYTES_MAX = 256;

/**
 * Producers remembered per group; beyond it the one that published least recently is forgotten. 100,000 with a single
 * answer each take about 20 MB, and a producer that comes back this late is refused, not doubled.
 */
export const PRODUCERS_MAX = 100_000;

/** Answers remembered per producer: how many of its publishes may be on their way, or be retried, at once. */
export const ANSWERS_PER_PRODUCER_MAX = 64;

/** Shorter leases would end before a consumer has seen the message. */
export const LEASE_MS_MIN = 1000;
/** 12 hours: whoever needs longer extends. */
export const LEASE_MS_MAX = 43_200_000;

/** A year. */
export const DELAY_MS_MAX = 31_536_000_000;
export const TTL_MS_MAX = 31_536_000_000;
/** A week: remembered ids cost room on disk. */
export const DEDUP_MS_MAX = 604_800_000;

export const FAILURES_MAX = 1000;

/** Leases are in memory: 100,000 take some 20 MB. */
export const IN_FLIGHT_MAX = 100_000;

/** Priorities are `0 … PRIORITY_MAX`; the highest one is received first. */
export const PRIORITY_MAX = 9;
/** In the middle, so that there is something below and above it. */
export const PRIORITY_DEFAULT = 4;

/** A key, a dedup id and an idempotency key are names: they stand in keys of the store. UTF-8. */
export const KEY_BYTES_MAX = 256;

/** Attributes of a message: so many, and so many bytes of names and values together. */
export const ATTRIBUTES_MAX = 64;
export const ATTRIBUTES_BYTES_MAX = 16_384;

/** A reason is a line for people; longer ones are cut before they are proposed. */
export const REASON_BYTES_MAX = 512;

/** Of the failures of a message so many are remembered, the last ones. */
export const HISTORY_MAX = 16;

/** A receive gets no further message once the bodies have as many bytes: results are held in memory. */
export const RECEIVE_BYTES_MAX = 4_194_304;

/** Settlements remembered per topic, so that a repeated one is known for what it is. */
export const SETTLEMENTS_MAX = 100_000;

/** Answers remembered per group by idempotency key; beyond these the oldest one is forgotten. */
export const REQUESTS_MAX = 100_000;
/** How long an answer is remembered by its idempotency key. */
export const REQUEST_MS = 300_000;
