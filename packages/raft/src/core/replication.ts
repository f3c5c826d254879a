import { assert } from './assert.ts';
import { type LogIndex, type NodeId, incarnation, logIndex } from './numbers.ts';
import type { EntryBatch } from './entry-batch.ts';
import { heartbeatTo } from './heartbeat.ts';
import type { Progress } from './progress.ts';
import { quorumValue } from './quorum.ts';
import { confirmReads } from './reading.ts';
import type { Leader } from './role.ts';
import type { AppendEntries, AppendReply } from './rpc.ts';
import { isLive } from './standing.ts';
import type { CoreState } from './state.ts';
import { maybeOrderCampaign } from './transfer.ts';

/** The leader's side of log replication (§5.3) and of commitment (§5.3, §5.4.2). */

/** Sends what can be sent, to everybody; commits at once where this node is a quorum by itself. */
export function replicate(core: CoreState, leader: Leader): void {
  for (const peer of leader.progress.keys()) maybeSendAppend(core, peer, { evenEmpty: false });
}

/**
 * Sends the next entries to a peer, as far as its window lets; asks for a load from disk when they are no longer in
 * memory. `evenEmpty`: sends one append without entries when there is nothing else to send or no room for it.
 */
export function maybeSendAppend(
  core: CoreState,
  peer: NodeId,
  { evenEmpty }: { evenEmpty: boolean },
): void {
  const { role } = core;
  const progress = role.kind === 'leader' ? role.progress.get(peer) : undefined;
  if (progress === undefined) return;
  if (lacksCompacted(core, progress)) {
    maybeWantSnapshot(core, peer, progress);
    return;
  }
  let sent = 0;
  while (!progress.paused && progress.next <= core.log.last) {
    const { appendBytesMax } = core.settings;
    const batches = core.log.from(progress.next, appendBytesMax);
    if (batches === undefined) {
      sent += loadOrProbe(core, peer, progress);
      break;
    }
    if (progress.state === 'replicate' && !progress.inflights.admits(bytesOf(batches))) break;
    sendAppend(core, peer, batches);
    sent += 1;
  }
  if (evenEmpty && sent === 0) sendEmpty(core, peer, progress);
}

/**
 * Where to go on with a peer that may hold more than it is known to: its answer tells, so that lost acknowledgements of
 * entries that were compacted since cost no snapshot.
 */
export function firstToAsk({ log }: CoreState, { match }: Progress): LogIndex {
  return logIndex(Math.max(match, log.compacted) + 1);
}

/** Whether the entry before the next to send is no longer in the log. */
function lacksCompacted({ log }: CoreState, { next }: Progress): boolean {
  return next <= log.compacted;
}

/**
 * Only a snapshot helps a peer that lacks compacted entries (§7); the driver is told once. Not for a dead peer: an open
 * view of the store and the log after it are not kept for nobody.
 */
function maybeWantSnapshot(core: CoreState, peer: NodeId, progress: Progress): void {
  if (progress.state === 'snapshot' || !progress.room || !isLive(core, progress)) return;
  if (core.now.monotonicMs < progress.snapshotAfterMs) return;
  progress.becomeSnapshot();
  core.snapshotsWanted.push(peer);
}

function bytesOf(batches: readonly EntryBatch[]): number {
  return batches.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Entries that are only on disk are worth reading once it is known that the peer's log ends there. */
function loadOrProbe(core: CoreState, peer: NodeId, progress: Progress): number {
  if (progress.state === 'probe') {
    sendEmpty(core, peer, progress);
    progress.probing = true;
    return 1;
  }
  if (progress.inflights.count > 0) return 0;
  progress.loading = true;
  core.outbox.load({ peer, from: progress.next, maxBytes: core.settings.appendBytesMax });
  return 0;
}

/** Entries that `Ready.loads` asked for were read; an empty list when that failed. */
export function onLoaded(core: CoreState, peer: NodeId, batches: readonly EntryBatch[]): void {
  const { role } = core;
  const progress = role.kind === 'leader' ? role.progress.get(peer) : undefined;
  if (progress === undefined || !progress.loading) return;
  progress.loading = false;
  const newest = batches.at(-1);
  // The disk may still show entries whose truncation is being written: the last term tells (log matching, §5.3).
  const fits =
    newest !== undefined &&
    batches[0]?.first === progress.next &&
    !lacksCompacted(core, progress) &&
    core.log.termAt(newest.last) === newest.termAt(newest.last);
  if (!fits) return;
  if (progress.state === 'replicate' && !progress.inflights.full) sendAppend(core, peer, batches);
  maybeSendAppend(core, peer, { evenEmpty: false });
}

function sendAppend(core: CoreState, peer: NodeId, batches: readonly EntryBatch[]): void {
  const progress = core.role.kind === 'leader' ? core.role.progress.get(peer) : undefined;
  const last = batches.at(-1)?.last;
  if (progress === undefined || last === undefined) return;
  sendFromNext(core, { peer, progress, batches });
  progress.toldCommit = logIndex(Math.min(core.committed, last));
  if (progress.state === 'probe') {
    progress.probing = true;
    return;
  }
  progress.inflights.add(last, bytesOf(batches));
  progress.next = logIndex(last + 1);
}

/** A probe was not answered and may be lost: asks without entries, so that a slow stream carries them only once. */
export function askAgain(core: CoreState, peer: NodeId): void {
  const progress = core.role.kind === 'leader' ? core.role.progress.get(peer) : undefined;
  if (progress === undefined) return;
  if (lacksCompacted(core, progress)) maybeWantSnapshot(core, peer, progress);
  else sendEmpty(core, peer, progress);
}

function sendEmpty(core: CoreState, peer: NodeId, progress: Progress): void {
  sendFromNext(core, { peer, progress, batches: [] });
}

function sendFromNext(
  core: CoreState,
  append: { peer: NodeId; progress: Progress; batches: readonly EntryBatch[] },
): void {
  const { peer, progress, batches } = append;
  const prevIndex = logIndex(progress.next - 1);
  const prevTerm = core.log.termAt(prevIndex);
  assert(prevTerm !== undefined, 'the log still holds the entry before the next to send');
  if (core.role.kind === 'leader') progress.sentInRound = core.role.rounds.newest;
  const rpc: AppendEntries = {
    kind: 'append-entries',
    from: core.id,
    to: peer,
    term: core.term,
    incarnation: incarnation(0),
    prevIndex,
    prevTerm,
    commit: core.committed,
    batches,
  };
  core.outbox.send(rpc);
}

export function onAppendReply(core: CoreState, leader: Leader, rpc: AppendReply): void {
  const progress = leader.progress.get(rpc.from);
  if (progress === undefined) return;
  progress.heardAtMs = core.receivedAtMs;
  progress.room = rpc.room;
  if (rpc.ok) onMatched(core, leader, rpc);
  else onRefused(core, progress, rpc);
}

/** The peer's log is durable and agrees with ours through `match`. */
export function onMatched(
  core: CoreState,
  leader: Leader,
  { from, match }: { from: NodeId; match: LogIndex },
): void {
  const progress = leader.progress.get(from);
  if (progress === undefined) return;
  const advanced = progress.advance(match);
  if (progress.state !== 'replicate' && progress.next > core.log.compacted) {
    progress.becomeReplicate();
  }
  if (advanced) maybeCommit(core, leader);
  maybeSendAppend(core, from, { evenEmpty: false });
  maybeTellCommit(core, leader, from);
  maybeOrderCampaign(core, leader);
}

/** The logs differ at `rpc.match`: both sides' hints leave at most one probe for each diverging term. */
function onRefused(core: CoreState, progress: Progress, rpc: AppendReply): void {
  if (progress.state === 'snapshot') return;
  const stale =
    progress.state === 'replicate' ? rpc.match <= progress.match : rpc.match !== progress.next - 1;
  if (stale) return;
  const agree = core.log.lastWithTermAtMost(rpc.hintIndex, rpc.hintTerm);
  // A hint that lies before what is compacted here says that the peer lacks some of that.
  const agreed = Math.min(agree.index, rpc.hintIndex);
  const next = Math.max(progress.match + 1, Math.min(rpc.match, agreed + 1));
  progress.becomeProbe(logIndex(next));
  maybeSendAppend(core, rpc.from, { evenEmpty: true });
}

/** The local log is durable through `durable`: the leader counts itself (and only now). */
export function onOwnEntriesDurable(core: CoreState): void {
  const { role } = core;
  if (role.kind !== 'leader') return;
  maybeCommit(core, role);
  settlePending(core, role);
  maybeOrderCampaign(core, role);
}

/**
 * Commits what a quorum holds. Only an entry of the current term is committed by counting; those before it are
 * committed with it (§5.4.2, figure 8).
 */
function maybeCommit(core: CoreState, leader: Leader): void {
  const reached = quorumValue(core.configuration, (id) =>
    id === core.id ? core.outbox.durable : (leader.progress.get(id)?.match ?? 0),
  );
  const index = logIndex(reached);
  if (index <= core.committed || core.log.termAt(index) !== core.term) return;
  core.commitThrough(index);
  settlePending(core, leader);
  for (const peer of leader.progress.keys()) maybeTellCommit(core, leader, peer);
  confirmReads(core, leader);
}

function settlePending(core: CoreState, leader: Leader): void {
  leader.pending.settledThrough(logIndex(Math.min(core.committed, core.outbox.durable)));
}

/** A commit advance goes at once to a peer that has nothing else on the way to tell it. */
function maybeTellCommit(core: CoreState, leader: Leader, to: NodeId): void {
  const progress = leader.progress.get(to);
  if (progress?.state !== 'replicate' || progress.inflights.count > 0) return;
  const commit = logIndex(Math.min(progress.match, core.committed));
  if (commit <= progress.toldCommit) return;
  progress.toldCommit = commit;
  core.outbox.send(heartbeatTo(core, to, { commit, round: leader.rounds.newest }));
}

/** A peer's stream broke: what was on its way may be lost. */
export function onPeerDisconnected(core: CoreState, peer: NodeId): void {
  core.connected.delete(peer);
  const progress = core.role.kind === 'leader' ? core.role.progress.get(peer) : undefined;
  if (progress?.state === 'replicate') progress.becomeProbe(firstToAsk(core, progress));
  else if (progress !== undefined) progress.probing = false;
}
