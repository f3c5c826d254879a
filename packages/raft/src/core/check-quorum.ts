import type { Leader } from './role.ts';
import type { CoreState } from './state.ts';

/**
 * Whether a quorum answered lately (check-quorum, thesis §6.2): else no proposal is accepted and no read confirmed,
 * and soon the leader steps down.
 */
export function isConfirmed(core: CoreState, leader: Leader): boolean {
  const silenceMs = leader.rounds.silenceMs(core.now.monotonicMs);
  return leader.rounds.trusted && silenceMs < core.settings.electionTimeoutMinMs;
}

/** Whether a quorum failed to answer for so long that the leader must step down. */
export function lostQuorum(core: CoreState, { rounds }: Leader): boolean {
  const { now, settings } = core;
  // A leader that woke from a pause gives a quorum one election timeout to answer.
  const silenceMs = rounds.trusted
    ? rounds.silenceMs(now.monotonicMs)
    : now.monotonicMs - rounds.distrustedSinceMs;
  return silenceMs >= settings.electionTimeoutMaxMs;
}
