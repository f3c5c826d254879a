import { type ProblemCode, headers } from '@rrmq/contract';
import type { GroupStatus, MembershipRefusal, RefusalReason, TransferRefusal } from '@rrmq/raft';
import { type Scheme, baseUrl } from '../base-url.ts';
import { type Reply, problem } from '../reply.ts';

/**
 * The answer of a node that does not lead: 307 to the leader's same path and query, or 503 when it knows none. `target`:
 * what was asked for.
 */
export function notLeader(status: GroupStatus, scheme: Scheme, target: string): Reply {
  const { id, leader } = status;
  if (leader === undefined || leader.id === id) {
    return problem('no-leader', 'this node does not lead and knows of no leader');
  }
  const url = baseUrl(scheme, leader.address);
  const head = ['Location', url + pathOf(target), headers.leader, url];
  return problem('not-leader', `this node follows ${url}`, head);
}

/** Path and query of a request's target, which may be a whole URL: no foreign host gets into a `Location`. */
function pathOf(target: string): string {
  return target.startsWith('/') ? target : target.replace(/^[a-z]+:\/\/[^/?]*/i, '');
}

const reasons: Readonly<Record<Exclude<RefusalReason, 'not-leader'>, [ProblemCode, string]>> = {
  unconfirmed: ['unconfirmed', 'this node leads, but no quorum has confirmed it yet'],
  transferring: ['transferring', 'this node is handing its leadership over'],
  overloaded: ['overloaded', 'too much is waiting to be committed'],
  'disk-full': ['disk-full', 'a quorum lacks disk space: pop messages, or add disk'],
  'too-large': ['backup-malformed', 'a chunk is larger than a log entry may be'],
  stopping: ['shutting-down', 'this node is stopping'],
};

/** The answer to a proposal that the group refused. */
export function v1GroupRefusal(reason: Exclude<RefusalReason, 'not-leader'>): Reply {
  return problem(...reasons[reason]);
}

/** The codes of refused changes; `not-leader` is answered by `notLeader`. */
export const membershipCodes: Readonly<
  Record<Exclude<MembershipRefusal, 'not-leader'>, ProblemCode>
> = {
  unconfirmed: 'unconfirmed',
  transferring: 'transferring',
  'change-in-progress': 'change-in-progress',
  'would-lose-quorum': 'would-lose-quorum',
  'unknown-member': 'unknown-member',
  'not-caught-up': 'not-caught-up',
  'address-taken': 'address-taken',
  'invalid-change': 'invalid-change',
  stopping: 'shutting-down',
};

export const transferCodes: Readonly<Record<Exclude<TransferRefusal, 'not-leader'>, ProblemCode>> =
  {
    transferring: 'transferring',
    'unknown-member': 'unknown-member',
    'not-voter': 'not-voter',
    'not-caught-up': 'not-caught-up',
    unreachable: 'member-unreachable',
    stopping: 'shutting-down',
  };
