import type { LogIndex, NodeId } from './numbers.ts';
import type { Progress } from './progress.ts';
import type { PendingReads, ReadId } from './pending-reads.ts';
import type { HeartbeatRounds } from './heartbeat-rounds.ts';
import type { PendingBytes } from './pending-bytes.ts';
import type { WriteToken } from './ready.ts';

/** Times named `…At` are on the election clock (`CoreState.electionClockMs`) unless said otherwise. */
export interface Follower {
  readonly kind: 'follower';
  /** Whom this node follows; 0 when it knows no leader. */
  leader: NodeId;
  /** When the leader was last heard. */
  heardAt: number;
  /** When to campaign if nothing is heard. */
  campaignAt: number;
  /** The leader's process is gone, or none was heard since the start: refused pre-votes are repeated soon, until then. */
  hurryUntil: number;
  /** Reads that the leader was asked about, oldest first, and when. */
  readonly reads: Map<ReadId, number>;
}

interface PreCandidate {
  readonly kind: 'pre-candidate';
  readonly votes: Map<NodeId, boolean>;
  /** When to ask again. */
  giveUpAt: number;
  readonly hurryUntil: number;
}

interface Candidate {
  readonly kind: 'candidate';
  readonly votes: Map<NodeId, boolean>;
  /** Wall clocks of the voters that granted, ours included. */
  readonly wallClocks: number[];
  /** When to start anew; never while our own vote is not durable. */
  giveUpAt: number;
}

interface Transfer {
  readonly target: NodeId;
  /** On the full monotonic clock. */
  readonly giveUpAtMs: number;
  asked: boolean;
}

export interface Leader {
  readonly kind: 'leader';
  /** The first entry of this leader's term, its no-op. */
  readonly termStart: LogIndex;
  /** Everybody who receives entries, but this node. */
  readonly progress: Map<NodeId, Progress>;
  readonly rounds: HeartbeatRounds;
  readonly reads: PendingReads;
  readonly pending: PendingBytes;
  /** The oldest write in flight, and since when it is, on the full monotonic clock. */
  oldestWrite: { readonly token: WriteToken; readonly sinceMs: number } | undefined;
  /** Since when this leader's own store or disk ails, or since its last try to hand over for that, likewise. */
  ailsSinceMs: number | undefined;
  transfer: Transfer | undefined;
}

export type Role = Follower | PreCandidate | Candidate | Leader;

/** What a node is to its peers at this moment. */
export type RoleName = Role['kind'];
