import { MESSAGES_PER_COMMAND_MAX, type Purge, type QueueResult, type Redrive } from '@rrmq/queue';
import { hasRoom } from './publishing.ts';
import { type ReferenceState, refused } from './state.ts';
import { type Held, type ReferenceTopic, isDead, isLive } from './topic.ts';

const RETRY_MS = 1000;

export function purge(
  { at }: ReferenceState,
  topic: ReferenceTopic,
  { state, olderThanMs = 0 }: Purge,
): QueueResult {
  if (topic.purging !== undefined) return refused('in-progress');
  topic.purging = {
    takes: ({ place, message }) =>
      (state === 'all' || place.state === state) && message.publishedAt <= at - olderThanMs,
    through: topic.lastSequence,
    // Where nothing can be meant it need not look.
    looked: { live: state === 'dead' ? Infinity : 0, dead: isAny(state) ? 0 : Infinity },
    nextAt: at,
  };
  const before = topic.counts.purged;
  stepOfPurge(topic, at, MESSAGES_PER_COMMAND_MAX);
  const purged = topic.counts.purged - before;
  const goesOn = topic.purging !== undefined;
  return { ok: true, kind: 'purged', topicNumber: topic.number, purged, goesOn };
}

const isAny = (state: Purge['state']): boolean => state === 'all' || state === 'dead';

/** Looks at so many messages at most; how many it were. */
export function stepOfPurge(topic: ReferenceTopic, at: number, most: number): number {
  const { purging } = topic;
  if (purging === undefined) return 0;
  purging.nextAt = at;
  const { looked, through, takes } = purging;
  const after = (sequence: number) => (held: Held) =>
    held.message.sequence > sequence && held.message.sequence <= through;
  for (let steps = 0; steps < most; steps += 1) {
    const live = topic.live().find(after(looked.live));
    const held = live ?? topic.dead().find(after(looked.dead));
    if (held === undefined) {
      topic.purging = undefined;
      return steps;
    }
    looked[isLive(held) ? 'live' : 'dead'] = held.message.sequence;
    if (!takes(held)) continue;
    topic.counts.purged += 1;
    topic.remove(held);
  }
  return most;
}

export function redrive(
  state: ReferenceState,
  topic: ReferenceTopic,
  command: Redrive,
): QueueResult {
  const target = state.topics.find(({ name }) => name === (command.to ?? topic.name));
  if (target === undefined) return refused('unknown-target');
  const redriven = { ok: true, kind: 'redriven', topicNumber: topic.number } as const;
  const { at } = state;
  if (command.sequences !== undefined) {
    const chosen = topic
      .dead()
      .filter(({ message }) => command.sequences?.includes(message.sequence));
    return { ...redriven, moved: moveAll(chosen, { from: topic, to: target, at }), remaining: 0 };
  }
  if (topic.redriving !== undefined) return refused('in-progress');
  const remaining = Math.min(command.max ?? Infinity, topic.dead().length);
  topic.redriving = { target, ...paceOf(command), remaining, nextAt: at };
  const moved = stepOfRedrive(topic, at, MESSAGES_PER_COMMAND_MAX);
  return { ...redriven, moved, remaining: remaining - moved };
}

function paceOf({ ratePerSecond: rate }: Redrive): { perStep: number; everyMs: number } {
  if (rate === undefined) return { perStep: MESSAGES_PER_COMMAND_MAX, everyMs: 0 };
  const perStep = Math.min(MESSAGES_PER_COMMAND_MAX, Math.ceil(rate / 10));
  return { perStep, everyMs: Math.ceil((perStep * 1000) / rate) };
}

/** Moves so many messages at most; how many it were. */
export function stepOfRedrive(topic: ReferenceTopic, at: number, most: number): number {
  const { redriving } = topic;
  if (redriving === undefined) return 0;
  const { target, perStep, everyMs, remaining } = redriving;
  const chosen = topic.dead().slice(0, Math.min(most, perStep, remaining));
  const moved = moveAll(chosen, { from: topic, to: target, at });
  redriving.remaining -= moved;
  redriving.nextAt = at + (moved < chosen.length ? RETRY_MS : everyMs);
  if (redriving.remaining === 0 || !topic.held.some(isDead)) topic.redriving = undefined;
  return moved;
}

/** Publishes messages anew until there is no room for one; how many it were. */
function moveAll(
  chosen: readonly Held[],
  { from, to, at }: { from: ReferenceTopic; to: ReferenceTopic; at: number },
): number {
  const { ttlMs, limits } = to.settings;
  for (const [moved, held] of chosen.entries()) {
    const { body } = held.message;
    const isTaken =
      !to.paused.publishing &&
      body.length <= (limits.maxMessageBytes ?? Infinity) &&
      hasRoom(to, { count: 1, bytes: body.length });
    if (!isTaken) return moved;
    from.remove(held);
    from.counts.redriven += 1;
    const expiresAt = ttlMs === undefined ? undefined : at + ttlMs;
    const anew = { ...held.message, publishedAt: at, expiresAt, dedupId: undefined };
    to.add(anew, { state: 'ready' });
  }
  return chosen.length;
}
