import type { NodeAddress } from './configuration.ts';
import type { LogIndex, NodeId } from './numbers.ts';

/** What is asked of a membership (§6, thesis §4). One change at a time. */
export type MembershipChange =
  /** A new member, at first a learner. As `voter` it is promoted by itself once it has caught up, in place of `replaces`. */
  | {
      readonly kind: 'add';
      readonly address: NodeAddress;
      readonly instanceId: string | undefined;
      readonly as: 'voter' | 'learner';
      readonly replaces: NodeId | undefined;
    }
  /** Learners that have caught up become voters. */
  | { readonly kind: 'promote'; readonly ids: readonly NodeId[] }
  /** Voters and learners leave, this leader perhaps among them. */
  | { readonly kind: 'remove'; readonly ids: readonly NodeId[] };

/** Why a change was refused. Nothing was appended. */
export type MembershipRefusal =
  | 'not-leader'
  /** No quorum confirms this leader, or its first entry is not committed yet. */
  | 'unconfirmed'
  | 'transferring'
  /** An earlier change is not over. */
  | 'change-in-progress'
  /** Fewer than a majority of the voters to be can be reached and have caught up. */
  | 'would-lose-quorum'
  | 'unknown-member'
  | 'not-caught-up'
  /** Another member has this address. */
  | 'address-taken'
  | 'invalid-change'
  | 'stopping';

export type MembershipAnswer =
  /** Appended, or (`index` 0) nothing had to change. `id`: the member that was added. Done when the change is committed and no longer joint. */
  | { readonly ok: true; readonly index: LogIndex; readonly id: NodeId | undefined }
  /** `text` names members and reasons, for people. */
  | { readonly ok: false; readonly reason: MembershipRefusal; readonly text: string };
