import type { Configuration } from './configuration.ts';
import type { NodeId } from './numbers.ts';
import type { Progress } from './progress.ts';
import type { Leader } from './role.ts';
import type { CoreState } from './state.ts';

/** How the peers of a leader stand: in reach or not, caught up or behind. */

/**
 * A peer that lacks at most so many committed entries has caught up: it gets them in a few appends, well within an
 * election timeout, so that waiting for it delays no commit for longer.
 */
const CAUGHT_UP_ENTRIES_MAX = 1_000;

/** Whether the peer answered within the minimum election timeout. */
export function isLive(core: CoreState, progress: Progress): boolean {
  return core.now.monotonicMs - progress.heardAtMs < core.settings.electionTimeoutMinMs;
}

/** Entries of the leader's log that the peer is not known to hold. */
export function lagOf(core: CoreState, progress: Progress): number {
  return Math.max(0, core.log.last - progress.match);
}

/** Entries that are not committed yet are nobody's backlog: a peer that lacks only such ones keeps up. */
export function isFarBehind(core: CoreState, progress: Progress): boolean {
  return core.committed - progress.match > CAUGHT_UP_ENTRIES_MAX;
}

/** Why a member cannot be counted on at this moment; `undefined` when it can. */
export function shortcomingOf(core: CoreState, leader: Leader, id: NodeId): string | undefined {
  if (id === core.id) return undefined;
  const name = nameOf(core.configuration, id);
  const progress = leader.progress.get(id);
  if (progress === undefined) return `${name} is no member`;
  if (!isLive(core, progress)) return `${name} does not answer`;
  if (progress.state === 'snapshot') return `${name} is getting a snapshot`;
  // A stream that was opened anew while nothing was to be sent leaves a peer in `probe` that lacks nothing.
  const holdsAll = progress.match >= core.committed;
  if (holdsAll || (progress.state === 'replicate' && !isFarBehind(core, progress))) {
    return undefined;
  }
  return `${name} lags ${lagOf(core, progress)} entries behind`;
}

/** How people know a member. */
export function nameOf(configuration: Configuration, id: NodeId): string {
  const address = configuration.members.find((member) => member.id === id)?.address;
  return address === undefined ? `node ${id}` : `node ${id} (${address.ip}:${address.port})`;
}
