import type { Member } from '../core/configuration.ts';
import type { LogIndex, NodeId, Term } from '../core/numbers.ts';

/** Why a proposal or a read was refused. Nothing was appended: it is safe to try again, here or elsewhere. */
export type RefusalReason =
  /** Another node leads, or nobody does. */
  | 'not-leader'
  /** This leader has not heard from a quorum lately, or has not yet committed the first entry of its term. */
  | 'unconfirmed'
  /** Leadership is being handed over. */
  | 'transferring'
  /** Too many bytes are appended and not yet committed. */
  | 'overloaded'
  /** The command is larger than an entry may be. */
  | 'too-large'
  /** The node is shutting down, or has failed. */
  | 'stopping';

/** How a proposal ends. Exactly one of these is reported, once. */
export type Outcome<Result> =
  /** Durable on a quorum and executed here. */
  | { readonly kind: 'committed'; readonly index: LogIndex; readonly result: Result }
  | { readonly kind: 'refused'; readonly reason: RefusalReason }
  /** Appended, then leadership was lost or the node stopped: it may or may not be executed. */
  | { readonly kind: 'unknown' };

/** How a read ends: `ready` when the state machine shows all that was committed when the read was asked for. */
export type ReadOutcome =
  { readonly kind: 'ready' } | { readonly kind: 'refused'; readonly reason: RefusalReason };

export type RoleName = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** A picture of one node, for status pages and redirects. Plain data, made on request. */
export interface GroupStatus {
  readonly id: NodeId;
  readonly role: RoleName;
  readonly term: Term;
  /** Whom this node follows, or itself. */
  readonly leader: Member | undefined;
  readonly members: readonly Member[];
  readonly committed: LogIndex;
  readonly applied: LogIndex;
  readonly last: LogIndex;
  readonly durable: LogIndex;
  /** A leader: its first entry is applied and a quorum answers. Others: a leader is known. */
  readonly ready: boolean;
}

/** One Raft group as its host sees it. */
export interface Group<Result> {
  /**
   * Offers a command to the group; `done` is called once, later. Proposals of one event-loop turn become one batch,
   * in the order of the calls. The caller leaves `command` alone until then.
   */
  propose(command: Uint8Array, done: (outcome: Outcome<Result>) => void): void;
  /** Asks, through a quorum, whether this node still leads (ReadIndex, §8); `done` is called once, later. */
  read(done: (outcome: ReadOutcome) => void): void;
  status(): GroupStatus;
}
