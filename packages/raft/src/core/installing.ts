import { follow } from './following.ts';
import { NOBODY } from './numbers.ts';
import type { SnapshotMark } from './ready.ts';
import type { InstallReply, InstallSnapshot } from './rpc.ts';
import type { CoreState } from './state.ts';

/** The follower's side of snapshots (§7, figure 13). Storing the chunks is the driver's. */

export function onInstallSnapshot(core: CoreState, rpc: InstallSnapshot): void {
  follow(core, rpc);
  core.snapshotRpcs.push(rpc);
}

/**
 * Answers a chunk with our term, also one of a leader of an older term, which then steps down. `installed` leaves only
 * when all that was written by now is durable, the snapshot's own record included.
 */
export function answerChunk(
  core: CoreState,
  rpc: InstallSnapshot,
  answer: Pick<InstallReply, 'status' | 'next'>,
): void {
  const reply: InstallReply = {
    ...core.envelope(rpc.from),
    kind: 'install-reply',
    incarnation: rpc.incarnation,
    snapshotId: rpc.snapshot.id,
    ...answer,
  };
  if (answer.status === 'installed') core.outbox.sendWhenDurable(reply);
  else core.outbox.sendWhenTermDurable(reply);
}

/**
 * A snapshot is complete in the state machine's store: puts it in the place of the log's beginning. False: it brings
 * nothing, since what it covers is committed here; or this node leads by now, and so has all that it covers in its log.
 */
export function restore(core: CoreState, mark: SnapshotMark): boolean {
  if (mark.index <= core.committed || core.role.kind === 'leader') return false;
  // A candidate asked for votes on the strength of a log that is replaced now.
  if (core.role.kind !== 'follower') core.becomeFollower(core.term, NOBODY);
  core.install(mark);
  return true;
}
