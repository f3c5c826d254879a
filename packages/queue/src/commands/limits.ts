/** So that no command holds up heartbeats: at about 1 µs a message it takes a millisecond at most. */
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
