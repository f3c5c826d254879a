import { isConfirmed } from './check-quorum.ts';
import { NOBODY, logIndex } from './numbers.ts';
import type { Asker, ReadId, ReadRefusal } from './pending-reads.ts';
import type { Follower, Leader } from './role.ts';
import type { ReadIndex, ReadReply } from './rpc.ts';
import type { CoreState } from './state.ts';

/** Linearizable reads by ReadIndex (§8, thesis §6.4), at the leader and at followers; there are no leader-lease reads. */

/** Reads that may wait for a quorum at one time. A quorum answers in milliseconds, or the leader steps down. */
const READS_MAX = 100_000;

/** Reads that a follower may have asked its leader about at one time: the driver shares one among all of a turn. */
const FORWARDED_MAX = 1_000;

/** Asks for a read; `undefined` when it was taken: it will come out of `Ready.reads` or `Ready.readRefusals`. */
export function read(core: CoreState, id: ReadId): ReadRefusal | undefined {
  const { role } = core;
  if (role.kind === 'leader') return ask(core, role, { id, asker: undefined });
  if (role.kind !== 'follower' || role.leader === NOBODY) return 'not-leader';
  return forward(core, role, id);
}

function ask(
  core: CoreState,
  leader: Leader,
  { id, asker }: { id: ReadId; asker: Asker | undefined },
): ReadRefusal | undefined {
  if (!isConfirmed(core, leader)) return 'unconfirmed';
  if (leader.reads.count >= READS_MAX) return 'overloaded';
  // Before its own first entry is committed a leader does not know all that is committed.
  const index = logIndex(Math.max(core.committed, leader.termStart));
  leader.reads.add({ id, index, asker, askedAtMs: core.now.monotonicMs });
  return undefined;
}

function forward(core: CoreState, follower: Follower, id: ReadId): ReadRefusal | undefined {
  if (follower.reads.size >= FORWARDED_MAX) return 'overloaded';
  follower.reads.set(id, core.now.monotonicMs);
  const rpc: ReadIndex = { ...core.envelope(follower.leader), kind: 'read-index', read: id };
  core.outbox.sendWhenTermDurable(rpc);
  return undefined;
}

/**
 * A leader whom a quorum answers may still be unable to commit its first entry, as disks hang: what was asked an
 * election timeout ago is given up.
 */
export function tickReads(core: CoreState, leader: Leader): void {
  const before = core.now.monotonicMs - core.settings.electionTimeoutMaxMs;
  for (const { id, asker } of leader.reads.expire(before)) {
    if (asker === undefined) core.refusedReads.push({ id, reason: 'unconfirmed' });
    else core.answerRead(id, asker, { refusal: 'unconfirmed', index: logIndex(0) });
  }
}

/** Rpcs may be lost: what was asked an election timeout ago is given up. */
export function tickForwarded(core: CoreState, follower: Follower): void {
  const before = core.now.monotonicMs - core.settings.electionTimeoutMaxMs;
  for (const [id, askedAtMs] of follower.reads) {
    if (askedAtMs > before) return;
    follower.reads.delete(id);
    core.refusedReads.push({ id, reason: 'unconfirmed' });
  }
}

/** A follower asks what a read must see: answered like a read of the leader itself. */
export function onReadIndex(core: CoreState, rpc: ReadIndex): void {
  const { role } = core;
  const asker = { to: rpc.from, incarnation: rpc.incarnation };
  const leads = role.kind === 'leader' && rpc.term === core.term;
  const refusal = leads ? ask(core, role, { id: rpc.read, asker }) : 'not-leader';
  if (refusal === undefined) return;
  core.answerRead(rpc.read, asker, { refusal, index: logIndex(0) });
}

/** An answer counts only while this node still follows the leader that it asked: the term is the same. */
export function onReadReply(core: CoreState, rpc: ReadReply): void {
  const { role } = core;
  if (role.kind !== 'follower' || !role.reads.delete(rpc.read)) return;
  if (rpc.refusal === undefined) core.confirmRead(rpc.read, rpc.index);
  else core.refusedReads.push({ id: rpc.read, reason: rpc.refusal });
}

/** Hands out the reads that a quorum has confirmed. */
export function confirmReads(core: CoreState, leader: Leader): void {
  if (!leader.rounds.trusted || core.committed < leader.termStart) return;
  for (const { id, index, asker } of leader.reads.confirm(leader.rounds.confirmed)) {
    if (asker === undefined) core.confirmRead(id, index);
    else core.answerRead(id, asker, { refusal: undefined, index });
  }
}
