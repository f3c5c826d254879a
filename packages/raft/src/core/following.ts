import { WentBack, assert } from './assert.ts';
import type { EntryBatch } from './entry-batch.ts';
import { logIndex } from './numbers.ts';
import type {
  AppendEntries,
  AppendReply,
  Heartbeat,
  HeartbeatReply,
  InstallSnapshot,
} from './rpc.ts';
import type { CoreState } from './state.ts';

/** The follower's side: AppendEntries (§5.3, figure 2) and heartbeats. */

/** An rpc of the current term's leader came: follow it. */
export function follow(core: CoreState, rpc: AppendEntries | Heartbeat | InstallSnapshot): void {
  const { role } = core;
  assert(role.kind !== 'leader', 'there is at most one leader in a term');
  if (role.kind === 'follower' && role.leader === rpc.from) {
    role.heardAt = core.electionClockMs;
    role.campaignAt = core.electionClockMs + core.electionTimeoutMs();
  } else {
    core.becomeFollower(core.term, rpc.from);
  }
}

export function onHeartbeat(core: CoreState, rpc: Heartbeat): void {
  follow(core, rpc);
  core.clock.follow(rpc.now, core.receivedAtMs);
  // A leader tells of no more than this node acknowledged to it, in this term.
  const missing = rpc.commit - core.log.last;
  if (missing > 0) {
    throw new WentBack(`${missing} entries are missing that this node had acknowledged`);
  }
  core.commitThrough(rpc.commit);
  answerHeartbeat(core, rpc);
}

/** Answers with our term, also to a leader of an older one, which then steps down. */
export function answerHeartbeat(core: CoreState, rpc: Heartbeat): void {
  const reply: HeartbeatReply = {
    kind: 'heartbeat-reply',
    from: core.id,
    to: rpc.from,
    term: core.term,
    incarnation: rpc.incarnation,
    round: rpc.round,
    room: core.room,
  };
  // A slow disk must not delay heartbeats: only a term that is not durable yet holds the reply back.
  core.outbox.sendWhenTermDurable(reply);
}

export function onAppend(core: CoreState, rpc: AppendEntries): void {
  follow(core, rpc);
  if (rpc.prevIndex < core.log.compacted) {
    // What is compacted was committed, so that the leader holds it, too, and all that is committed here (§5.4).
    const match = core.committed;
    replyTo(core, rpc, { ok: true, match, hintIndex: match, hintTerm: core.term });
    return;
  }
  if (core.log.termAt(rpc.prevIndex) !== rpc.prevTerm) {
    refuseAppend(core, rpc);
    return;
  }
  for (const batch of rpc.batches) appendNew(core, batch);
  const match = rpc.batches.at(-1)?.last ?? rpc.prevIndex;
  core.commitThrough(logIndex(Math.min(rpc.commit, match)));
  replyTo(core, rpc, { ok: true, match, hintIndex: match, hintTerm: core.term });
}

/**
 * Appends what the log does not hold yet. An entry that is there with the same term is left alone, so that a delayed
 * append never truncates a suffix that matches; the first that differs takes all after it away (§5.3).
 */
function appendNew(core: CoreState, batch: EntryBatch): void {
  let index = batch.first;
  while (index <= batch.last && core.log.termAt(index) === batch.termAt(index)) {
    index = logIndex(index + 1);
  }
  if (index > batch.last) return;
  if (index <= core.log.last) core.truncateAfter(logIndex(index - 1));
  core.append(batch.slice(index, batch.last));
}

/** Our log does not hold the entry that the append builds on: say how far the two could agree. */
export function refuseAppend(core: CoreState, rpc: AppendEntries): void {
  const hint = core.log.lastWithTermAtMost(rpc.prevIndex, rpc.prevTerm);
  replyTo(core, rpc, {
    ok: false,
    match: rpc.prevIndex,
    hintIndex: hint.index,
    hintTerm: hint.term,
  });
}

type AppendAnswer = Pick<AppendReply, 'ok' | 'match' | 'hintIndex' | 'hintTerm'>;

function replyTo(core: CoreState, rpc: AppendEntries, answer: AppendAnswer): void {
  const reply: AppendReply = {
    kind: 'append-reply',
    from: core.id,
    to: rpc.from,
    term: core.term,
    incarnation: rpc.incarnation,
    room: core.room,
    ...answer,
  };
  core.outbox.sendWhenDurable(reply);
}
