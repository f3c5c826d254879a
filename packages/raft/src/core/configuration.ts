import type { NodeId } from './numbers.ts';

/** Where a node can be reached. */
export interface NodeAddress {
  /** Host name or IP address, without a scheme. */
  readonly ip: string;
  /** Port for clients. */
  readonly port: number;
  /** Port for peers; the same as `port` when the node has only one. */
  readonly internalPort: number;
}

export interface Member {
  readonly id: NodeId;
  readonly address: NodeAddress;
  /** Of its data directory, when it was told on joining; members of the config file are met and remembered. */
  readonly instanceId?: string | undefined;
}

/** A learner that becomes a voter by itself once it has caught up. */
export interface Promotion {
  readonly id: NodeId;
  /** The member that leaves in the same change. */
  readonly replaces: NodeId | undefined;
}

/**
 * Who counts. During joint consensus (§6) `outgoing` holds the old voters and both majorities are needed; it is empty
 * otherwise. Learners receive entries and do not count.
 */
export interface Configuration {
  readonly members: readonly Member[];
  readonly voters: readonly NodeId[];
  readonly outgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  /** Some of the learners. */
  readonly promoting: readonly Promotion[];
  /** The id that the next new member gets: higher than every id ever given, for ids are never reused. */
  readonly nextId: NodeId;
}
