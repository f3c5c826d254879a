import type { EntryBatch } from './entry-batch.ts';
import type { HardState } from './hard-state.ts';
import type { LogIndex, LogTime, NodeId, Term } from './numbers.ts';
import type { ConfirmedRead, RefusedRead } from './pending-reads.ts';
import type { InstallReply, InstallSnapshot, Rpc } from './rpc.ts';

/** A state in the machine's store that includes all entries through `index`: what a start goes on from. */
export interface SnapshotMark {
  readonly index: LogIndex;
  /** Of the entry at `index`. */
  readonly term: Term;
  readonly at: LogTime;
  /** The configuration in force at `index`, encoded, and the entry that brought it. */
  readonly configuration: { readonly index: LogIndex; readonly payload: Buffer };
  /** Which of the machine's states it is: raised by 1 with each snapshot that is installed, from 1. */
  readonly generation: number;
}

/** A snapshot that was received takes the place of the log's beginning. */
export interface Install {
  readonly mark: SnapshotMark;
  /** The log holds the very entry at `mark.index`: what follows it stays. Otherwise the whole log is void (figure 13). */
  readonly keepsSuffix: boolean;
}

/**
 * One durable write of the log. Its parts take effect in the order given here; all of it is on disk, or (after a
 * crash) a prefix of it.
 */
export interface LogWrite {
  readonly hardState: HardState | undefined;
  readonly install: Install | undefined;
  /** Entries after this index are void. */
  readonly truncateAfter: LogIndex | undefined;
  /** Contiguous, starting right after the last entry that is left. */
  readonly batches: readonly EntryBatch[];
}

/** Names a write in `Raft.persisted`. */
export type WriteToken = number;

/** A write that the core ordered. Writes are made in the order in which they were handed out. */
export interface ReadyWrite extends LogWrite {
  readonly token: WriteToken;
}

/** A peer needs entries that are no longer in memory: load some and hand them to `Raft.loaded`. */
export interface Load {
  readonly peer: NodeId;
  readonly from: LogIndex;
  readonly maxBytes: number;
}

/**
 * What the core wants done. The driver
 * 1. sends `messages` at once: they claim nothing that this node must have on disk;
 * 2. makes `write`, and calls `persisted(token)` when it is durable: replies that rest on it come out of the next
 *    `ready()`;
 * 3. applies entries up to `committed`, in order, when it gets round to it, and reports by `appliedThrough(index)`; none
 *    while a snapshot is being installed (`Raft.installing`).
 */
export interface Ready {
  readonly messages: readonly Rpc[];
  readonly write: ReadyWrite | undefined;
  readonly committed: LogIndex;
  readonly loads: readonly Load[];
  /** Peers whose stream for entries is to be opened anew. */
  readonly reopen: readonly NodeId[];
  /** Peers that lack what the log no longer holds: send them a snapshot, and report by `Raft.snapshotEnded`. */
  readonly snapshots: readonly NodeId[];
  /** Chunks from the leader of this term, and answers to ours: for the driver. */
  readonly snapshotRpcs: readonly (InstallSnapshot | InstallReply)[];
  /** Reads that may be served once entries through their index are applied. */
  readonly reads: readonly ConfirmedRead[];
  /** Reads that were taken and will not come out of `reads`. */
  readonly readRefusals: readonly RefusedRead[];
}
