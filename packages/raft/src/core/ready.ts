import type { EntryBatch } from './entry-batch.ts';
import type { HardState } from './hard-state.ts';
import type { LogIndex, NodeId } from './numbers.ts';
import type { ConfirmedRead } from './pending-reads.ts';
import type { Rpc } from './rpc.ts';

/**
 * One durable write of the log. Its parts take effect in the order given here; all of it is on disk, or (after a
 * crash) a prefix of it.
 */
export interface LogWrite {
  readonly hardState: HardState | undefined;
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
 * 3. applies entries up to `committed`, in order, when it gets round to it, and reports by `appliedThrough(index)`.
 */
export interface Ready {
  readonly messages: readonly Rpc[];
  readonly write: ReadyWrite | undefined;
  readonly committed: LogIndex;
  readonly loads: readonly Load[];
  /** Peers whose stream for entries is to be opened anew. */
  readonly reopen: readonly NodeId[];
  /** Reads that may be served once entries through their index are applied. */
  readonly reads: readonly ConfirmedRead[];
}
