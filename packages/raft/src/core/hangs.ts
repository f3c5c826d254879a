import type { Leader } from './role.ts';
import type { CoreState } from './state.ts';
import { isLive } from './standing.ts';
import { transfer } from './transfer.ts';

/** What a leader does about things that hang without failing: its own disk, the streams that carry its entries. */

/** A peer that acknowledges nothing new may be slow, not cut off: each further try waits twice as long, up to this. */
const PATIENCE_MS_MAX = 60_000;

/**
 * A leader whose own disk hangs can go on with its followers' disks, but not for ever: it hands over to a node whose
 * disk works. Where there is none in reach, nothing would be better for another leader.
 */
export function tickDisk(core: CoreState, leader: Leader): void {
  const { now, settings, outbox } = core;
  const token = outbox.oldestWrite;
  if (token === undefined) {
    leader.oldestWrite = undefined;
  } else if (token !== leader.oldestWrite?.token) {
    leader.oldestWrite = { token, sinceMs: now.monotonicMs };
  } else if (now.monotonicMs - leader.oldestWrite.sinceMs >= 2 * settings.electionTimeoutMaxMs) {
    if (leader.transfer === undefined) transfer(core, undefined);
  }
}

/**
 * A leader without room on its disk, or whose state machine is held up, would hold up everybody: others may be well. It
 * is tried again after as long, for the one that could take over may come only then.
 */
export function tickAilments(core: CoreState, leader: Leader): void {
  const { now, settings } = core;
  if (core.room && !core.held) {
    leader.ailsSinceMs = undefined;
    return;
  }
  leader.ailsSinceMs ??= now.monotonicMs;
  const ailsMs = now.monotonicMs - leader.ailsSinceMs;
  if (ailsMs < 2 * settings.electionTimeoutMaxMs || leader.transfer !== undefined) return;
  leader.ailsSinceMs = now.monotonicMs;
  transfer(core, undefined);
}

/**
 * A peer that answers heartbeats and acknowledges no entries gets a new stream for them: the old one may lead nowhere
 * though it looks open, and small appends hide in the buffers of the system.
 */
export function tickAppendStreams(core: CoreState, leader: Leader): void {
  const { monotonicMs } = core.now;
  const patienceMs = 2 * core.settings.electionTimeoutMaxMs;
  for (const [peer, progress] of leader.progress) {
    const owes = progress.inflights.count > 0 || progress.probing;
    if (!owes || progress.match !== progress.waitingFrom) {
      progress.waitingFrom = progress.match;
      progress.waitingSinceMs = monotonicMs;
      progress.patienceMs = patienceMs;
      continue;
    }
    const lives = isLive(core, progress);
    if (!lives || monotonicMs - progress.waitingSinceMs < progress.patienceMs) continue;
    core.outbox.reopen(peer);
    progress.waitingSinceMs = monotonicMs;
    progress.patienceMs = Math.min(2 * progress.patienceMs, PATIENCE_MS_MAX);
  }
}
