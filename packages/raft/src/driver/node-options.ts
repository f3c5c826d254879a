import type { Member } from '../core/configuration.ts';
import type { NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import type { Settings } from '../core/settings.ts';
import type { Clock, Disk, Network, Random, StateMachine, Timers } from '../ports.ts';
import type { SegmentBytes } from '../storage/log.ts';
import type { DirectoryIdentity } from '../storage/recovered.ts';
import type { NodeEvent } from './node-events.ts';

/** The ways in which a node touches the world. */
export interface Ports {
  readonly disk: Disk;
  readonly network: Network;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

/** What an empty data directory becomes. */
export interface NewNode {
  readonly nodeId: NodeId;
  /** 32 hex digits: `clusterIdOf(members)`. */
  readonly clusterId: string;
  /** All members of the config file, this node too. */
  readonly members: readonly Member[];
  /**
   * The log that is found may be of another member list, as long as this node has its id and its address in that one,
   * which then holds.
   */
  readonly storedWins: boolean;
}

export interface RaftNodeOptions<Result> {
  /** Made when it does not exist. One running node each. */
  readonly directory: string;
  /** Used for an empty directory; another one must belong to this node and, but for `storedWins`, to this cluster. `undefined`: it must hold a log. */
  readonly create: NewNode | undefined;
  /** In the state it has before any command: what is committed is applied to it again. */
  readonly machine: StateMachine<Result>;
  readonly ports: Ports;
  /** In ms; the defaults are 50, 300 and 600. Equal on all nodes. */
  readonly timing?: Partial<
    Pick<Settings, 'heartbeatMs' | 'electionTimeoutMinMs' | 'electionTimeoutMaxMs'>
  >;
  /** Bounds; smaller ones for tests. */
  readonly limits?: Partial<
    Pick<Settings, 'appendBytesMax' | 'appendsInFlightMax' | 'uncommittedBytesMax' | 'windowBytes'>
  >;
  /** Sizes of log files in bytes; smaller ones for tests. */
  readonly segmentBytes?: SegmentBytes;
  readonly onEvent: (event: NodeEvent) => void;
  /** The log could not be written or read: the node acknowledges nothing any more, and the process must end. */
  readonly onFailure: (error: Error) => void;
  /** For the simulator: a look inside. */
  readonly inspect?: Inspector;
}

/** Sees what a node decides and says. */
export interface Inspector {
  core(core: Raft): void;
  /** An rpc leaves the node. */
  sent(rpc: Rpc): void;
}

/** The data directory belongs to another node or cluster than the one that was to be started. */
export class WrongDirectory extends Error {
  override readonly name = 'WrongDirectory';
  readonly directory: string;
  readonly found: DirectoryIdentity;

  constructor(directory: string, found: DirectoryIdentity) {
    const { nodeId, clusterId } = found;
    super(`${directory} holds the data of node ${nodeId} of cluster ${clusterId}`);
    this.directory = directory;
    this.found = found;
  }
}
