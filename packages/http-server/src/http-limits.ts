import { BODY_BYTES_MAX, SEED_COMMIT_TIMEOUT_MS } from '@rrmq/contract';

/** What one HTTP port takes and how long it waits. */
export interface HttpLimits {
  /** Largest request body. */
  readonly bodyBytesMax: number;
  /** Bodies that are still arriving, all together; beyond it calls are refused as overloaded. */
  readonly arrivingBytesMax: number;
  /** From the arrival of a whole request to the 408 answer. */
  readonly commitTimeoutMs: number;
  /** Until a call is tried again after a refusal that is over in a moment (see `attempts.ts`). */
  readonly retryMs: number;
  /** Request line and headers together. */
  readonly headBytesMax: number;
  /** For the whole head of a request to arrive. */
  readonly headTimeoutMs: number;
  /** For a whole request to arrive. */
  readonly requestTimeoutMs: number;
  /** For the next byte of a backup, either way: one that moves may take as long as it needs. */
  readonly streamIdleMs: number;
  /** For the next request on an idle connection. */
  readonly idleTimeoutMs: number;
  /** Open connections; more are closed at once. */
  readonly connectionsMax: number;
  /** For calls in flight to be answered when the port stops. */
  readonly stopTimeoutMs: number;
}

export const defaultHttpLimits: HttpLimits = {
  bodyBytesMax: BODY_BYTES_MAX,
  /** Room for 32 of the largest bodies: an eighth of a default heap's size, outside of it. */
  arrivingBytesMax: 32 * BODY_BYTES_MAX,
  commitTimeoutMs: SEED_COMMIT_TIMEOUT_MS,
  /** A new leader commits its first entry within a few ms; at 20 ms a waiting call costs next to nothing. */
  retryMs: 20,
  /** A topic name of 4 KiB, percent-encoded, and all that proxies like to add. */
  headBytesMax: 64 * 1024,
  headTimeoutMs: 10_000,
  /** The largest body at 2.2 Mbit/s. */
  requestTimeoutMs: 30_000,
  /** Twice as long as a step of a restore may take here: only a client that stands still is given up. */
  streamIdleMs: 60_000,
  /** Longer than the 60 s after which common clients and proxies give up their side: no race between the two. */
  idleTimeoutMs: 65_000,
  /** About 20 KiB of memory each. */
  connectionsMax: 10_000,
  /** Longer than `commitTimeoutMs`, well below the 5 s that supervisors grant after SIGTERM. */
  stopTimeoutMs: 1_500,
};
