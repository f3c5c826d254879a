import { headers } from '@rrmq/contract';
import type { QueueRefusal } from '@rrmq/queue';
import type { GroupStatus, RefusalReason } from '@rrmq/raft';
import { type Scheme, baseUrl } from '../base-url.ts';
import { type Reply, refusal } from '../reply.ts';

const UNCONFIRMED = refusal('unconfirmed', 'this node leads, but no quorum has confirmed it yet');
const OVERLOADED = refusal('overloaded', 'too much is waiting to be committed');
const DISK_FULL = refusal('disk-full', 'a quorum lacks disk space: pop messages, or add disk');
const TOO_LARGE = refusal('body-too-large', 'the command is larger than a log entry may be');
const STOPPING = refusal('shutting-down', 'this node is stopping');
const NO_LEADER = refusal('no-leader', 'this node does not lead and knows of no leader');

/** The answer to a proposal or read that the group refused. */
export function groupRefusal(reason: RefusalReason, status: GroupStatus, scheme: Scheme): Reply {
  switch (reason) {
    case 'not-leader':
      return notLeader(status, scheme);
    case 'unconfirmed':
    case 'transferring':
      return UNCONFIRMED;
    case 'overloaded':
      return OVERLOADED;
    case 'disk-full':
      return DISK_FULL;
    case 'too-large':
      return TOO_LARGE;
    case 'stopping':
      return STOPPING;
    default:
      return reason satisfies never;
  }
}

/** Refusals of commands that no call at the root sends. */
const UNEXPECTED = refusal('internal-error', 'the queue took the command for another one');
const NO_SEED_CALL = {
  'version-mismatch': UNEXPECTED,
  'unknown-target': UNEXPECTED,
  'in-progress': UNEXPECTED,
  'key-reused': UNEXPECTED,
  'not-empty': UNEXPECTED,
  'no-restore': UNEXPECTED,
  'restore-incomplete': UNEXPECTED,
  'backup-rejected': UNEXPECTED,
} as const;

/** The answer to a command that the queue refused. */
export const queueRefusals: Readonly<Record<QueueRefusal, Reply>> = {
  'topic-exists': refusal('topic-exists', 'a topic of this name exists already'),
  'unknown-topic': refusal('unknown-topic', 'no topic has this name'),
  paused: refusal('paused', 'the topic is paused'),
  'topic-full': refusal('topic-full', 'the limits of the topic leave no room for the message'),
  'message-too-large': refusal('message-too-large', 'the message is larger than the topic takes'),
  'no-message': refusal('no-message', 'the topic has no message left'),
  'producer-gap': refusal(
    'producer-sequence-gap',
    'steps before this one are missing, or this producer is unknown and does not begin with 1',
  ),
  'stale-producer': refusal(
    'producer-fenced',
    'a higher epoch of this producer has published, or this step was published long ago',
  ),
  'malformed-command': refusal('internal-error', 'the queue did not understand the command'),
  restoring: refusal('restoring', 'a backup is being restored: nothing else is done until its end'),
  ...NO_SEED_CALL,
};

function notLeader({ id, leader }: GroupStatus, scheme: Scheme): Reply {
  if (leader === undefined || leader.id === id) return NO_LEADER;
  const url = baseUrl(scheme, leader.address);
  return refusal('not-leader', `this node follows ${url}`, [headers.leader, url]);
}
