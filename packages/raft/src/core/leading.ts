import { assert } from './assert.ts';
import { isConfirmed, lostQuorum } from './check-quorum.ts';
import { EntryType, RECORD_HEADER_BYTES } from './entry-batch.ts';
import { tickAilments, tickAppendStreams, tickDisk } from './hangs.ts';
import { beginRound, confirmRounds } from './heartbeats.ts';
import { HeartbeatRounds } from './heartbeat-rounds.ts';
import { type LogIndex, NOBODY, logIndex } from './numbers.ts';
import { encodeNoOp } from './no-op.ts';
import { encodeOwn } from './own-entries.ts';
import { PendingBytes } from './pending-bytes.ts';
import { PendingReads } from './pending-reads.ts';
import { Progress } from './progress.ts';
import { isQuorum, receiversOf } from './quorum.ts';
import { tickReads } from './reading.ts';
import { replicate } from './replication.ts';
import type { Leader } from './role.ts';
import type { CoreState } from './state.ts';
import { tickTransfer } from './transfer.ts';

/** What a leader does besides replication: taking office, the passing of time, accepting proposals. */

/** Takes office: the first act is an entry of the new term, which commits all that came before it (§5.4.2, §8). */
export function becomeLeader(core: CoreState, voterWallMs: number): void {
  assert(core.role.kind === 'candidate', 'only a candidate becomes leader');
  const { log, settings, now } = core;
  const gapMs = core.clock.lead(log.lastAt, voterWallMs, now.monotonicMs);
  const next = logIndex(log.last + 1);
  const progress = new Map(
    receiversOf(core.configuration)
      .filter((id) => id !== core.id)
      .map((id) => [id, new Progress(next, settings)]),
  );
  const leader: Leader = {
    kind: 'leader',
    termStart: next,
    progress,
    rounds: new HeartbeatRounds(now.monotonicMs),
    reads: new PendingReads(),
    pending: new PendingBytes(),
    oldestWrite: undefined,
    ailsSinceMs: undefined,
    transfer: undefined,
  };
  core.role = leader;
  core.knewLeader = true;
  core.append(encodeOwn(core, EntryType.noOp, [encodeNoOp(gapMs)]));
  beginRound(core, leader);
  replicate(core, leader);
}

/** Lets the time that has passed act on a leader. `elapsedMs` is all of it, also what a pause of the process took. */
export function tickLeader(core: CoreState, leader: Leader, elapsedMs: number): void {
  const { settings, now } = core;
  if (elapsedMs >= settings.electionTimeoutMinMs) {
    // Others may have elected a leader meanwhile: nothing is accepted or confirmed until a quorum has answered anew.
    leader.rounds.distrust(now.monotonicMs);
    beginRound(core, leader);
  } else if (now.monotonicMs - leader.rounds.newestSentAtMs >= settings.heartbeatMs) {
    beginRound(core, leader);
  }
  confirmRounds(core, leader);
  if (lostQuorum(core, leader)) {
    core.becomeFollower(core.term, NOBODY);
    return;
  }
  tickReads(core, leader);
  tickTransfer(core, leader);
  tickDisk(core, leader);
  tickAilments(core, leader);
  tickAppendStreams(core, leader);
}

/** Why a proposal cannot be accepted. */
type ProposalRefusal = 'not-leader' | 'unconfirmed' | 'transferring' | 'overloaded' | 'disk-full';

/** What a command does to the state: what shrinks it is taken even when disks are full. */
export type ProposalEffect = 'grows' | 'shrinks';

export type Proposed =
  | { readonly ok: true; readonly first: LogIndex }
  | { readonly ok: false; readonly reason: ProposalRefusal };

/** Appends commands, in order, all or none; they get consecutive indexes from `first`. */
export function propose(
  core: CoreState,
  payloads: readonly Uint8Array[],
  effect: ProposalEffect,
): Proposed {
  const { role } = core;
  if (role.kind !== 'leader') return { ok: false, reason: 'not-leader' };
  if (!isConfirmed(core, role)) return { ok: false, reason: 'unconfirmed' };
  if (role.transfer !== undefined) return { ok: false, reason: 'transferring' };
  if (role.pending.total >= core.settings.uncommittedBytesMax) {
    return { ok: false, reason: 'overloaded' };
  }
  if (effect === 'grows' && !quorumHasRoom(core, role)) return { ok: false, reason: 'disk-full' };
  const first = logIndex(core.log.last + 1);
  for (const chunk of inChunks(payloads, core.settings.appendBytesMax)) {
    const batch = encodeOwn(core, EntryType.command, chunk);
    core.append(batch);
    role.pending.add(batch.last, batch.byteLength);
  }
  replicate(core, role);
  return { ok: true, first };
}

/** Whether a quorum can store more: the others could not keep what they acknowledge. */
function quorumHasRoom(core: CoreState, leader: Leader): boolean {
  return isQuorum(core.configuration, (id) =>
    id === core.id ? core.room : leader.progress.get(id)?.room === true,
  );
}

/** Splits so that each part, encoded, has at most `maxBytes`, or holds a single payload. */
function* inChunks(payloads: readonly Uint8Array[], maxBytes: number): Generator<Uint8Array[]> {
  let chunk: Uint8Array[] = [];
  let bytes = 0;
  for (const payload of payloads) {
    const encodedBytes = RECORD_HEADER_BYTES + payload.length;
    if (chunk.length > 0 && bytes + encodedBytes > maxBytes) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(payload);
    bytes += encodedBytes;
  }
  if (chunk.length > 0) yield chunk;
}
