import type { Configuration, Member } from '../core/configuration.ts';
import type { NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Rpc } from '../core/rpc.ts';
import type { Settings } from '../core/settings.ts';
import type {
  Clock,
  Disk,
  Network,
  PeerAddress,
  PeerAuth,
  Random,
  StateMachine,
  Timers,
} from '../ports.ts';
import type { SegmentBytes } from '../storage/log.ts';
import type { DirectoryIdentity, Recovered } from '../storage/recovered.ts';
import type { FlushLimits } from './flusher.ts';
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

/** What an empty data directory becomes when the node joins a running cluster, as the answer to its request said. */
export interface JoiningNode {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly clusterEpoch: number;
  /** That the request named: 32 random hex digits. */
  readonly instanceId: string;
  /** In force when the answer was given, this node in it: whom it hears before its log says more. */
  readonly configuration: Configuration;
}

export interface RaftNodeOptions<Result> {
  /** Made when it does not exist. One running node each. */
  readonly directory: string;
  /** Used for an empty directory; another one must belong to this node and, but for `storedWins`, to this cluster. `undefined`: it must hold a log. */
  readonly create: NewNode | JoiningNode | undefined;
  /** Not open yet. What is committed and not in its store is applied to it again. */
  readonly machine: StateMachine<Result>;
  readonly ports: Ports;
  /** Where peers reach this node; told to those who do not know it yet. */
  readonly address: PeerAddress;
  /** How peers prove that they belong to the cluster; the same on all nodes. */
  readonly auth: PeerAuth;
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
  /** Bytes of the log that stay for peers that are a little behind, though the store holds what they say. Default 64 MiB. */
  readonly keepLogBytes?: number;
  /** The same for peers that live and lag. Default 1 GiB, or `keepLogBytes` where that is more. */
  readonly keepLogBytesMax?: number;
  /** Size of the file that holds room for a full disk. Default 64 MiB; 0: there is none. */
  readonly ballastBytes?: number;
  /** When the machine's state is written into its store; smaller ones for tests. */
  readonly flush?: Partial<FlushLimits>;
  /** With less free on the disk, nothing is taken that makes the state grow. Default 64 MiB. */
  readonly reserveBytes?: number;
  readonly onEvent: (event: NodeEvent) => void;
  /** The log could not be written or read: the node acknowledges nothing any more, and the process must end. */
  readonly onFailure: (error: Error) => void;
  /** For the simulator: a look inside. */
  readonly inspect?: Inspector;
}

/** Sees what a node hears, decides and says. */
interface Inspector {
  /** The node begins, with what its log held. */
  core(core: Raft, recovered: Recovered): void;
  /** An rpc leaves the node. */
  sent(rpc: Rpc): void;
  /** An rpc reaches the core. */
  received(rpc: Rpc): void;
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

/** The machine's store does not fit the log: it lacks what the log no longer holds, or knows more than the log. */
export class StoreMismatch extends Error {
  override readonly name = 'StoreMismatch';
  readonly directory: string;

  constructor(directory: string, inWords: string) {
    super(`the store in ${directory} does not fit its log: ${inWords}`);
    this.directory = directory;
  }
}

/** A backup cannot be made here and now. Nothing was changed: try again, here or at another node. */
export class BackupRefused extends Error {
  override readonly name = 'BackupRefused';

  constructor(why: string, cause?: unknown) {
    super(`no backup can be made now: ${why}`, cause === undefined ? undefined : { cause });
  }
}

/** The node was removed from the cluster that its data directory belongs to. */
export class NotMember extends Error {
  override readonly name = 'NotMember';
  readonly directory: string;

  constructor(directory: string, id: NodeId) {
    super(`node ${id}, whose data ${directory} holds, is no member of its cluster any more`);
    this.directory = directory;
  }
}
