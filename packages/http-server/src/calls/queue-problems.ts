import { headers } from '@rrmq/contract';
import type { QueueRefusal } from '@rrmq/queue';
import type { GroupStatus, RefusalReason } from '@rrmq/raft';
import { type Scheme, baseUrl } from '../base-url.ts';
import { type Reply, problem } from '../reply.ts';
import { notLeader, v1GroupRefusal } from './v1-refusals.ts';

const INTERNAL = problem('internal-error', 'the queue took the command for another one');
const TOO_LARGE = problem('body-too-large', 'the command is larger than a log entry may be');

export const NOT_COMMITTED_IN_TIME = problem(
  'not-committed-in-time',
  'no quorum confirmed it in time: it may have been executed, or may still be',
);

/** The answer to a command that the queue refused. */
export const queueProblems: Readonly<Record<QueueRefusal, Reply>> = {
  'topic-exists': problem('topic-exists', 'a topic of this name exists already'),
  'unknown-topic': problem('unknown-topic', 'no topic has this name'),
  'version-mismatch': problem('version-mismatch', 'If-Match names another version: GET the topic'),
  paused: problem('paused', 'this is paused for the topic until somebody resumes it'),
  'topic-full': problem('topic-full', 'the limits of the topic leave no room; nothing was added'),
  'message-too-large': problem(
    'message-too-large',
    'a body is larger than maxMessageBytes of the topic; nothing was added',
  ),
  'unknown-target': problem('unknown-target', 'the topic named by "to" does not exist'),
  'in-progress': problem('in-progress', 'an earlier one goes on: wait until it is over'),
  'key-reused': problem('key-reused', 'take a new key for another command'),
  'producer-gap': problem(
    'producer-sequence-gap',
    'steps before this one are missing, or this producer is unknown and does not begin with 1',
  ),
  'stale-producer': problem(
    'producer-fenced',
    'a higher epoch of this producer has published, or this step was published long ago',
  ),
  restoring: problem('restoring', 'a backup is being restored: nothing else is done until its end'),
  'malformed-command': problem('internal-error', 'the queue did not understand the command'),
  'no-message': INTERNAL,
  'not-empty': INTERNAL,
  'no-restore': INTERNAL,
  'restore-incomplete': INTERNAL,
  'backup-rejected': INTERNAL,
};

/** What a node tells of the group when it refused. */
interface Standing {
  readonly status: GroupStatus;
  readonly scheme: Scheme;
  /** What was asked for. */
  readonly target: string;
}

/** The answer to a command or read that the group refused. */
export function groupProblem(reason: RefusalReason, { status, scheme, target }: Standing): Reply {
  if (reason === 'not-leader') return notLeader(status, scheme, target);
  return reason === 'too-large' ? TOO_LARGE : v1GroupRefusal(reason);
}

/** The answer to a receive whose wait ended because this node does not lead any more. */
export function leadershipMoved({ id, leader }: GroupStatus, scheme: Scheme): Reply {
  if (leader === undefined || leader.id === id) {
    return problem('leadership-moved', 'this node has lost the lead: ask again');
  }
  const url = baseUrl(scheme, leader.address);
  return problem('leadership-moved', `${url} leads now: ask there`, [headers.leader, url]);
}
