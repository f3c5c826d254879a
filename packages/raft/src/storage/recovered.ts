import type { LogShape } from '../core/raft-log.ts';
import type { HardState } from '../core/hard-state.ts';
import type { SnapshotMark } from '../core/ready.ts';
import type { Incarnation, LogIndex, NodeId } from '../core/numbers.ts';

/** A configuration entry that stands in the log, or came with a snapshot, undecoded; at index 0 the one told on joining. */
export interface ConfigurationRecord {
  readonly index: LogIndex;
  readonly payload: Buffer;
}

/** Who a data directory belongs to; written when it is made. */
export interface DirectoryIdentity {
  /** 32 hex digits: keeps nodes of another cluster out. */
  readonly clusterId: string;
  /** Raised by a forced new cluster: keeps resurrected nodes out. From 1. */
  readonly clusterEpoch: number;
  /** 32 random hex digits: tells a wiped disk from the one that voted before. */
  readonly instanceId: string;
  readonly nodeId: NodeId;
}

/** What a log held when it was opened. */
export interface Recovered extends LogShape {
  readonly identity: DirectoryIdentity;
  /** This boot's number, already durable. */
  readonly incarnation: Incarnation;
  readonly hardState: HardState;
  /** The newest durable mark; `undefined` before the first: the machine's state is then the empty one. */
  readonly mark: SnapshotMark | undefined;
  /** In rising order; the last one is in force. */
  readonly configurations: readonly ConfigurationRecord[];
  /** The instance ids of peers that this node has exchanged rpcs with. */
  readonly peers: ReadonlyMap<NodeId, string>;
  /** The last stop was a clean one. */
  readonly clean: boolean;
  /** Bytes of a torn last frame that were cut; 0 when none. */
  readonly tornBytes: number;
}
