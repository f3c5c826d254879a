import type { Purge } from '../commands/command.ts';
import { MESSAGES_PER_COMMAND_MAX, RECEIVE_BYTES_MAX } from '../commands/limits.ts';
import { type Message, type QueueResult, refused } from '../results/result.ts';
import type { PurgeJob } from '../state/jobs.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState } from '../state/queue-state.ts';
import { type Topic, stateOf } from '../state/topic.ts';
import type { Budget } from './budget.ts';
import { leave, takeOut } from './transitions.ts';

/** Begins a purge, and does its first step. */
export function purge(state: QueueState, command: Purge): QueueResult {
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  if (topic.purge !== undefined) return refused('in-progress');
  const { olderThanMs = 0 } = command;
  topic.purge = {
    state: command.state,
    publishedBy: Math.max(state.at - olderThanMs, 0),
    through: topic.lastSequence,
    after: 0,
    looksAt: command.state === 'dead' ? 'dead' : 'live',
    nextAt: state.at,
  };
  state.busy.add(topic);
  const before = topic.counters.discardedPurged;
  purgeStep(state, topic, { left: MESSAGES_PER_COMMAND_MAX });
  const purged = topic.counters.discardedPurged - before;
  const goesOn = topic.purge !== undefined;
  return { ok: true, kind: 'purged', topicNumber: topic.number, purged, goesOn };
}

/** Looks at some more messages; bodies that are large make a step smaller. */
export function purgeStep(state: QueueState, topic: Topic, budget: Budget): void {
  let bytes = 0;
  let job = topic.purge;
  while (job !== undefined && budget.left > 0 && bytes < RECEIVE_BYTES_MAX) {
    const message = nextOf(topic, job);
    if (message === undefined) {
      job = isAtEnd(job) ? undefined : { ...job, looksAt: 'dead', after: 0 };
      continue;
    }
    budget.left -= 1;
    bytes += message.body.length;
    job = { ...job, after: message.sequence };
    if (matches(topic, job, message)) discard(state, topic, { job, message });
  }
  topic.purge = job && { ...job, nextAt: state.at };
  if (job === undefined && topic.redrive === undefined) state.busy.delete(topic);
  state.dirty.touched(topic);
}

const isAtEnd = ({ state, looksAt }: PurgeJob): boolean => looksAt === 'dead' || state !== 'all';

/** The next message to look at. */
function nextOf({ bodies, dead }: Topic, { looksAt, after, through }: PurgeJob) {
  if (looksAt === 'live') return bodies.first(after + 1, through);
  const message = dead.after(after)?.message;
  return message !== undefined && message.sequence <= through ? message : undefined;
}

function matches(topic: Topic, job: PurgeJob, { sequence, publishedAt }: Message): boolean {
  if (publishedAt > job.publishedBy) return false;
  return job.looksAt === 'dead' || job.state === 'all' || stateOf(topic, sequence) === job.state;
}

function discard(
  state: QueueState,
  topic: Topic,
  { job, message }: { readonly job: PurgeJob; readonly message: Message },
): void {
  const meta = metaOf(message);
  topic.counters.discardedPurged += 1;
  if (job.looksAt === 'dead') {
    topic.dead.remove(message);
    state.dedup.left(topic.place, meta, state.at);
    return;
  }
  takeOut(state, topic, meta);
  leave(state, topic, meta);
}
