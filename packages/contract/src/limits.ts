/**
 * Public limits: what a caller may send and how long it may have to wait. They are promises, so raising
 * one is a feature and lowering one breaks callers.
 */

/**
 * Largest request body, in bytes as received: 8 MiB. Eight times the largest message the seed API is
 * known to be used with, and small enough that an entry, its copies to two peers and its log frame stay
 * far below a node's heap even when dozens arrive at once.
 */
export const BODY_BYTES_MAX = 8 * 1024 * 1024;

/**
 * Longest topic name, in UTF-8 bytes: 4096. Percent-encoding triples it at worst, and 12 KiB still fits
 * the 16 KiB that Node's HTTP parser allows for a request line and all headers together.
 */
export const TOPIC_NAME_BYTES_MAX = 4096;

/**
 * How long a seed call waits for its command to commit before it is answered 408, in ms. It leaves a
 * quarter of `SEED_ANSWER_MAX_MS` for a busy event loop and the way back.
 */
export const SEED_COMMIT_TIMEOUT_MS = 750;

/** Within this time every seed call is answered, in ms: clients of the seed API give up after one second. */
export const SEED_ANSWER_MAX_MS = 1000;

/** Longest producer id, in characters: a UUID and a suffix fit, and an entry stays small. */
export const PRODUCER_ID_LENGTH_MAX = 64;

/** Highest producer epoch and sequence: the largest integer that JSON and JavaScript carry exactly. */
export const PRODUCER_NUMBER_MAX = Number.MAX_SAFE_INTEGER;

/** Longest text of an `RRMQ-Error` header, in characters: enough for a sentence, harmless to any proxy. */
export const ERROR_TEXT_LENGTH_MAX = 300;

/**
 * How long a call under `/v1` that changes the cluster waits until the change is over, in ms, unless its client waits
 * less: many elections long, and still within the patience of an operator.
 */
export const V1_TIMEOUT_MS = 30_000;

/** Largest JSON body under `/v1/cluster`, in bytes: a hundred times what its calls need. */
export const V1_BODY_BYTES_MAX = 64 * 1024;
