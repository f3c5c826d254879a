import type { EntryBatch } from './entry-batch.ts';
import type { Incarnation, LogIndex, LogTime, NodeId, Term } from './numbers.ts';
import type { ReadId } from './pending-reads.ts';

/** What every rpc says. */
interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; for a pre-vote the term it would campaign in. */
  readonly term: Term;
  /**
   * A reply names the boot of the node that asked, and a later boot drops it; 0 fits any. In a received request this
   * is the boot of the *sender*, filled in by the transport from the handshake, so that a reply can name it.
   */
  readonly incarnation: Incarnation;
}

/** §5.2, thesis §9.6 (pre-vote). */
export interface RequestVote extends Envelope {
  readonly kind: 'request-vote';
  /** Asks only whether a campaign could win; changes nothing at the receiver. */
  readonly pre: boolean;
  /** Sent on the order of the leader itself (thesis §3.10): pierces the lease that a live leader enjoys. */
  readonly transfer: boolean;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

export interface VoteReply extends Envelope {
  readonly kind: 'vote-reply';
  readonly pre: boolean;
  readonly granted: boolean;
  /** The voter's wall clock in ms: what a leader that has heard no other since its boot takes the median of. */
  readonly wallMs: number;
}

/** §5.3. Never empty: a leader with nothing to send sends heartbeats. */
export interface AppendEntries extends Envelope {
  readonly kind: 'append-entries';
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  readonly commit: LogIndex;
  /** Contiguous from `prevIndex + 1`. Empty only in a probe. */
  readonly batches: readonly EntryBatch[];
}

export interface AppendReply extends Envelope {
  readonly kind: 'append-reply';
  readonly ok: boolean;
  /** ok: all entries through here are durable and match the leader's. Refused: the `prevIndex` that did not match. */
  readonly match: LogIndex;
  /** Refused: the last place, at or before `match`, where the leader's log could still agree, and the term there. */
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
  /** The sender's disk has room for more: else the leader takes nothing that makes the state grow. */
  readonly room: boolean;
}

export interface Heartbeat extends Envelope {
  readonly kind: 'heartbeat';
  /** min(match of this peer, commit): never names an entry that the peer may hold differently. */
  readonly commit: LogIndex;
  /** Counts the heartbeat rounds of this leader's term. */
  readonly round: number;
  /** The leader's time now. */
  readonly now: LogTime;
}

export interface HeartbeatReply extends Envelope {
  readonly kind: 'heartbeat-reply';
  readonly round: number;
  /** As in an append reply. */
  readonly room: boolean;
}

/** Thesis §3.10: campaign now, without waiting. */
export interface TimeoutNow extends Envelope {
  readonly kind: 'timeout-now';
}

/** What a snapshot covers, and which transfer of it this is. */
export interface SnapshotName {
  /** Unique among the transfers of one boot of the leader: a transfer goes on only under the same id. */
  readonly id: number;
  /** The last entry that the state includes. */
  readonly index: LogIndex;
  readonly term: Term;
  readonly at: LogTime;
  /** The configuration in force at `index`, encoded, and the entry that brought it. Always a committed one. */
  readonly configuration: Buffer;
  readonly configurationIndex: LogIndex;
}

/** §7, figure 13: one chunk of a snapshot. No data and not the last: asks which chunk is wanted next. */
export interface InstallSnapshot extends Envelope {
  readonly kind: 'install-snapshot';
  readonly snapshot: SnapshotName;
  /** Number of the chunk, from 0. */
  readonly chunk: number;
  readonly last: boolean;
  readonly data: Buffer;
}

export interface InstallReply extends Envelope {
  readonly kind: 'install-reply';
  readonly snapshotId: number;
  /** `installed`: durable, and in the place of the old state. `refused`: cannot be taken now; try again later. */
  readonly status: 'more' | 'installed' | 'refused';
  /** more: the chunk that is wanted next; all before it were taken. */
  readonly next: number;
}

/** A follower asks for the index that its reads must see (§8, thesis §6.4). */
export interface ReadIndex extends Envelope {
  readonly kind: 'read-index';
  readonly read: ReadId;
}

export interface ReadReply extends Envelope {
  readonly kind: 'read-reply';
  readonly read: ReadId;
  /** `undefined`: a quorum confirmed the leader, and `index` is what the read must see. */
  readonly refusal: 'not-leader' | 'unconfirmed' | 'overloaded' | undefined;
  readonly index: LogIndex;
}

export type Rpc =
  | RequestVote
  | VoteReply
  | AppendEntries
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | TimeoutNow
  | InstallSnapshot
  | InstallReply
  | ReadIndex
  | ReadReply;
