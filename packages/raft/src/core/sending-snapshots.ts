import type { LogIndex, NodeId } from './numbers.ts';
import type { Progress } from './progress.ts';
import { firstToAsk, onMatched } from './replication.ts';
import type { Leader } from './role.ts';
import type { InstallReply, InstallSnapshot } from './rpc.ts';
import type { CoreState } from './state.ts';

/** The leader's side of snapshots (§7): who needs one. Reading it and counting its chunks is the driver's. */

/** One chunk of a snapshot; which peer, term and boot it is for is known to the core. */
export type Chunk = Pick<InstallSnapshot, 'snapshot' | 'chunk' | 'last' | 'data'>;

/** How the transfer of a snapshot ended. `installed`: durable at the peer, in the place of its old state. */
export type SnapshotOutcome =
  { readonly kind: 'installed'; readonly index: LogIndex } | { readonly kind: 'failed' };

/** Queues a chunk; false when the peer needs no snapshot any more, or this node does not lead. */
export function sendChunk(core: CoreState, peer: NodeId, chunk: Chunk): boolean {
  if (receiverOf(core, peer) === undefined) return false;
  const rpc: InstallSnapshot = { ...core.envelope(peer), kind: 'install-snapshot', ...chunk };
  core.outbox.send(rpc);
  return true;
}

/** A peer that failed to take a snapshot gets the next one a little later, if it still lacks entries then. */
export function snapshotEnded(core: CoreState, peer: NodeId, outcome: SnapshotOutcome): void {
  const { role } = core;
  const progress = receiverOf(core, peer);
  if (role.kind !== 'leader' || progress === undefined) return;
  progress.becomeProbe(firstToAsk(core, progress));
  if (outcome.kind === 'failed') {
    progress.snapshotAfterMs = core.now.monotonicMs + core.settings.electionTimeoutMaxMs;
    return;
  }
  // It holds what was committed at that index: the logs agree there, as after an append that fitted.
  onMatched(core, role, { from: peer, match: outcome.index });
}

/** An answer to a chunk, for the driver, as long as a snapshot is what the peer needs. */
export function onInstallReply(core: CoreState, leader: Leader, rpc: InstallReply): void {
  const progress = leader.progress.get(rpc.from);
  if (progress === undefined) return;
  progress.heardAtMs = core.receivedAtMs;
  if (progress.state === 'snapshot') core.snapshotRpcs.push(rpc);
}

function receiverOf({ role }: CoreState, peer: NodeId): Progress | undefined {
  const progress = role.kind === 'leader' ? role.progress.get(peer) : undefined;
  return progress?.state === 'snapshot' ? progress : undefined;
}
