import type { NodeId } from './numbers.ts';

/** What a core is told once. Complete: defaults are filled in by whoever makes it. */
export interface Settings {
  readonly id: NodeId;
  readonly groupId: number;
  /** Time between two heartbeat rounds of a leader. */
  readonly heartbeatMs: number;
  /** A follower that has heard no leader for a random time between these two campaigns. */
  readonly electionTimeoutMinMs: number;
  readonly electionTimeoutMaxMs: number;
  /** An append carries about this many bytes at most (one entry may be larger). */
  readonly appendBytesMax: number;
  /** Appends on their way to one peer. Few and large: what waits meanwhile becomes the next, larger one. */
  readonly appendsInFlightMax: number;
  /** Bytes of entries on their way to one peer; an entry that is larger travels alone. */
  readonly inflightBytesMax: number;
  /** Proposals are refused while this many bytes are appended and not committed. */
  readonly uncommittedBytesMax: number;
  /** Bytes of applied and durable entries kept in memory for peers that are a little behind. */
  readonly windowBytes: number;
  /** Bytes of committed and durable entries kept in memory, besides, for a state machine that is slower than the log. */
  readonly unappliedBytesMax: number;
}

/** Default timing and limits. */
export const DEFAULT_SETTINGS = {
  heartbeatMs: 50,
  electionTimeoutMinMs: 300,
  electionTimeoutMaxMs: 600,
  appendBytesMax: 1_048_576,
  appendsInFlightMax: 2,
  inflightBytesMax: 4_194_304,
  uncommittedBytesMax: 67_108_864,
  windowBytes: 16_777_216,
  unappliedBytesMax: 33_554_432,
} as const satisfies Omit<Settings, 'id' | 'groupId'>;

/** When a leader's process is known to be gone, followers campaign one after another, this far apart. */
export const FAST_CAMPAIGN_STEP_MS = 25;

/** A pre-vote that was refused after a leader's death is tried again after this. */
export const REFUSED_PRE_VOTE_RETRY_MS = 50;
