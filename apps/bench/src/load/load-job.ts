/** What sends the requests: this package's own loop, or autocannon to check it against. */
export type Loader = 'raw' | 'autocannon';

/** One stretch of load: every connection sends its next request when the last one is answered. */
export interface LoadJob {
  readonly loader: Loader;
  /** On the loopback address. */
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Sent by `PUT /message`, as JSON. */
  readonly body: string;
}

/** What came of it. */
export interface LoadResult {
  /** Answers of any status. */
  readonly requests: number;
  readonly seconds: number;
  readonly non2xx: number;
  /** Broken connections and requests without an answer. */
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What the loading process tells its parent: all connections stand; it is over; it failed. */
export type LoadMessage =
  | { readonly kind: 'begun' }
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'failed'; readonly reason: string };

/** Longest wait for an answer, in ms: the seed's clients give up after 1,000. */
export const ANSWER_MS_MAX = 2000;
