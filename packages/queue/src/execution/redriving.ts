import type { Redrive } from '../commands/command.ts';
import { MESSAGES_PER_COMMAND_MAX } from '../commands/limits.ts';
import { type QueueResult, refused } from '../results/result.ts';
import type { DeadLetter } from '../state/dead-letters.ts';
import type { RedriveJob } from '../state/jobs.ts';
import { metaOf } from '../state/message-meta.ts';
import type { QueueState } from '../state/queue-state.ts';
import type { Topic } from '../state/topic.ts';
import type { Budget } from './budget.ts';
import { refusalOf } from './publishing.ts';
import { addMessage } from './transitions.ts';

/** How long a redrive waits that finds no room. */
const RETRY_MS = 1000;

export function redrive(state: QueueState, command: Redrive): QueueResult {
  const topic = state.topics.get(command.topic);
  if (topic === undefined) return refused('unknown-topic');
  const target = state.topics.get(command.to ?? command.topic);
  if (target === undefined) return refused('unknown-target');
  if (command.sequences !== undefined) {
    return redriven(topic, moveThese(state, { topic, target }, command.sequences), 0);
  }
  if (topic.redrive !== undefined) return refused('in-progress');
  const { max = Infinity, ratePerSecond } = command;
  const remaining = Math.min(max, topic.dead.count);
  const to = { name: target.name, number: target.number };
  topic.redrive = { to, remaining, ratePerSecond, nextAt: state.at };
  state.busy.add(topic);
  const moved = redriveStep(state, topic, { left: MESSAGES_PER_COMMAND_MAX });
  return redriven(topic, moved, topic.redrive?.remaining ?? 0);
}

/** Moves some more dead letters; how many. */
export function redriveStep(state: QueueState, topic: Topic, budget: Budget): number {
  const job = topic.redrive;
  const target = job && state.topics.get(job.to.name);
  if (job === undefined || target === undefined) return 0;
  const most = Math.min(budget.left, stepOf(job), job.remaining);
  let moved = 0;
  let isStopped = false;
  while (moved < most && !isStopped) {
    const letter = topic.dead.first;
    if (letter === undefined) break;
    isStopped = !move(state, { topic, target }, letter);
    if (!isStopped) moved += 1;
  }
  budget.left -= moved;
  const remaining = job.remaining - moved;
  const isOver = remaining === 0 || topic.dead.count === 0;
  const nextAt = state.at + (isStopped ? RETRY_MS : pauseMs(job));
  goOn(state, topic, isOver ? undefined : { ...job, remaining, nextAt });
  return moved;
}

/** A topic was deleted: what goes there ends. */
export function endRedrivesTo(state: QueueState, { number }: Topic): void {
  for (const topic of state.busy) {
    if (topic.redrive?.to.number === number) goOn(state, topic, undefined);
  }
}

function goOn(state: QueueState, topic: Topic, job: RedriveJob | undefined): void {
  topic.redrive = job;
  if (job === undefined && topic.purge === undefined) state.busy.delete(topic);
  state.dirty.touched(topic);
}

/** Messages of a step. */
function stepOf({ ratePerSecond }: RedriveJob): number {
  if (ratePerSecond === undefined) return MESSAGES_PER_COMMAND_MAX;
  return Math.min(MESSAGES_PER_COMMAND_MAX, Math.ceil(ratePerSecond / 10));
}

/** Time between steps. */
function pauseMs(job: RedriveJob): number {
  const { ratePerSecond } = job;
  return ratePerSecond === undefined ? 0 : Math.ceil((stepOf(job) * 1000) / ratePerSecond);
}

interface Way {
  readonly topic: Topic;
  readonly target: Topic;
}

function moveThese(state: QueueState, way: Way, sequences: readonly number[]): number {
  let moved = 0;
  for (const sequence of new Set(sequences.toSorted((a, b) => a - b))) {
    const letter = way.topic.dead.find(sequence);
    if (letter === undefined) continue;
    if (!move(state, way, letter)) break;
    moved += 1;
  }
  return moved;
}

/** Publishes a dead letter anew; false when the target has no room for it. */
function move(state: QueueState, { topic, target }: Way, { message }: DeadLetter): boolean {
  if (refusalOf(target, [message]) !== undefined) return false;
  const { ttlMs } = target.settings;
  topic.dead.remove(message);
  state.dedup.left(topic.place, metaOf(message), state.at);
  topic.counters.redriven += 1;
  state.dirty.touched(topic);
  const expiresAt = ttlMs === undefined ? undefined : state.at + ttlMs;
  const anew = { ...message, publishedAt: state.at, dedupId: undefined, expiresAt };
  addMessage(state, target, { message: anew, deliverAt: state.at });
  return true;
}

function redriven({ number: topicNumber }: Topic, moved: number, remaining: number): QueueResult {
  return { ok: true, kind: 'redriven', topicNumber, moved, remaining };
}
