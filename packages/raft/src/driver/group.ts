import type { Configuration, Member } from '../core/configuration.ts';
import type { MembershipChange, MembershipRefusal } from '../core/membership-change.ts';
import type { LogIndex, LogTime, NodeId, Term } from '../core/numbers.ts';
import type { RoleName } from '../core/role.ts';
import type { MachineSnapshot } from '../ports.ts';
import type { NodeEvent } from './node-events.ts';

/** Why a proposal or a read was refused. Nothing was appended: it is safe to try again, here or elsewhere. */
export type RefusalReason =
  /** Another node leads, or nobody does. */
  | 'not-leader'
  /** This leader has not heard from a quorum lately, or has not yet committed the first entry of its term. */
  | 'unconfirmed'
  /** Leadership is being handed over. */
  | 'transferring'
  /** Too many bytes are appended and not yet committed, or executed and not yet in the store. */
  | 'overloaded'
  /** A quorum lacks room on its disks for what makes the state grow. */
  | 'disk-full'
  /** The command is larger than an entry may be. */
  | 'too-large'
  /** The node is shutting down, or has failed. */
  | 'stopping';

/** How a proposal ends. Exactly one of these is reported, once. */
export type Outcome<Result> =
  /** Durable on a quorum and executed here. */
  | {
      readonly kind: 'committed';
      readonly index: LogIndex;
      /** The entry's time. */
      readonly at: LogTime;
      readonly result: Result;
    }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** Appended, then leadership was lost or the node stopped: it may or may not be executed. */
  | { readonly kind: 'unknown' };

/** How a read ends: `ready` when the state machine shows all that was committed when the read was asked for. */
export type ReadOutcome =
  { readonly kind: 'ready' } | { readonly kind: 'refused'; readonly reason: RefusalReason };

/** A picture of one node, for status pages and redirects. Plain data, made on request. */
export interface GroupStatus {
  readonly id: NodeId;
  readonly role: RoleName;
  readonly term: Term;
  /** Whom this node follows, or itself. */
  readonly leader: Member | undefined;
  readonly members: readonly Member[];
  readonly configuration: Configuration;
  readonly committed: LogIndex;
  readonly applied: LogIndex;
  readonly last: LogIndex;
  readonly durable: LogIndex;
  /** A leader: its first entry is applied and a quorum answers. Others: a leader is known. */
  readonly ready: boolean;
}

/** How a change of membership ends. */
export type MembershipOutcome =
  /** Committed, and no longer joint. `id`: the member that was added. */
  | {
      readonly kind: 'done';
      readonly id: NodeId | undefined;
      readonly configuration: Configuration;
    }
  | { readonly kind: 'refused'; readonly reason: MembershipRefusal; readonly text: string }
  | { readonly kind: 'unknown' };

/** How a transfer of leadership ends. */
export type TransferOutcome =
  | { readonly kind: 'done'; readonly leader: NodeId }
  | { readonly kind: 'refused'; readonly reason: TransferRefusal; readonly text: string }
  /** The target did not take over within an election timeout: this node leads on, or another took over. */
  | { readonly kind: 'timeout' };

export type TransferRefusal =
  | 'not-leader'
  | 'transferring'
  | 'unknown-member'
  /** A learner cannot lead. */
  | 'not-voter'
  /** The target lags behind, or is getting a snapshot. */
  | 'not-caught-up'
  | 'unreachable'
  | 'stopping';

/** What a command does to the state, for the rule about full disks: what shrinks it is taken as long as the node runs. */
export type CommandEffect = 'grows' | 'shrinks';

/** One Raft group as its host sees it. */
export interface Group<Result> {
  /**
   * Offers a command to the group; `done` is called once, later. Proposals of one event-loop turn become one batch,
   * in the order of the calls. The caller leaves `command` alone until then. Default effect: `grows`.
   */
  propose(
    command: Uint8Array,
    done: (outcome: Outcome<Result>) => void,
    effect?: CommandEffect,
  ): void;
  /**
   * Asks, through a quorum, for all that was committed by now (ReadIndex, §8); `done` is called once, later, when the
   * state machine here shows it. A follower asks its leader.
   */
  read(done: (outcome: ReadOutcome) => void): void;
  status(): GroupStatus;
  /**
   * The time that an entry proposed now would carry, give or take a millisecond; `undefined` unless this node leads and
   * is `ready`.
   */
  logTime(): LogTime | undefined;
  /**
   * Calls back after entries were executed here, many perhaps at once, and after role, term or `ready` changed; returns a
   * function that ends it. The listener may propose and read.
   */
  watchProgress(listener: () => void): () => void;
}

/** What operators do with a group. */
export interface GroupAdmin {
  /** `done` is called once. Refused unless this node leads. */
  changeMembers(change: MembershipChange, done: (outcome: MembershipOutcome) => void): void;
  /** Hands leadership to `target`, or to the voter that has the most. */
  transfer(target: NodeId | undefined): Promise<TransferOutcome>;
  gauges(): GroupGauges;
  /** Calls back for each event from now on; returns a function that ends it. */
  watch(listener: (event: NodeEvent) => void): () => void;
  /**
   * A view of the state that includes all that was committed when this was called, durable in this node's store. Rejects
   * with `BackupRefused`. The caller closes it.
   */
  openBackup(): Promise<MachineSnapshot>;
}

/** Measures of one node at this moment; plain data, made on request. */
export interface GroupGauges {
  readonly committed: LogIndex;
  readonly applied: LogIndex;
  readonly last: LogIndex;
  readonly durable: LogIndex;
  /** Entries up to here are no longer in the log. */
  readonly compacted: LogIndex;
  /** Entries through here are durable in the machine's store. */
  readonly flushed: LogIndex;
  /** Appended by this leader and not both committed and on its own disk. */
  readonly pendingBytes: number;
  /** Executed and not yet in the store. */
  readonly dirtyBytes: number;
  /** Entries kept in memory. */
  readonly windowBytes: number;
  /** Files of the log, the spare segment included. */
  readonly logBytes: number;
  /** Free on the disk of the data directory; `undefined` before it was first asked. */
  readonly freeBytes: number | undefined;
  /** How long the newest durable write of the log took, and the longest one of the last minute. */
  readonly syncMs: number;
  readonly syncMsMax: number;
  /** Reads that wait for a quorum or for entries to be applied. */
  readonly readsWaiting: number;
  /** Proposals whose outcome is not known yet. */
  readonly proposalsWaiting: number;
  /** At the leader: what it knows of each other member. Empty elsewhere. */
  readonly peers: readonly PeerGauges[];
}

export interface PeerGauges {
  readonly id: NodeId;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly match: LogIndex;
  /** Entries of the leader's log that it is not known to hold. */
  readonly lagEntries: number;
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  readonly connected: boolean;
  /** Waiting for the operating system, on both streams. */
  readonly queuedBytes: number;
  /** It answered one of the newest heartbeats. */
  readonly live: boolean;
  readonly room: boolean;
}
