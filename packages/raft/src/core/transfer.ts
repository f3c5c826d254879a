import { type LogIndex, NOBODY, type NodeId } from './numbers.ts';
import { isVoter } from './quorum.ts';
import type { Leader } from './role.ts';
import type { TimeoutNow } from './rpc.ts';
import type { CoreState } from './state.ts';

/** Handing leadership over (thesis §3.10). */

/**
 * Starts to hand over to `target`, or to the voter that has the most. Proposals are refused until the target leads or
 * an election timeout has passed. Returns the target; nobody when this node does not lead or no voter is in reach.
 */
export function transferLeadership(core: CoreState, target?: NodeId): NodeId {
  const { role } = core;
  if (role.kind !== 'leader') return NOBODY;
  const chosen = target ?? mostAdvanced(core, role);
  if (chosen === NOBODY || !role.progress.has(chosen) || !isVoter(core.configuration, chosen)) {
    return NOBODY;
  }
  const giveUpAtMs = core.now.monotonicMs + core.settings.electionTimeoutMaxMs;
  role.transfer = { target: chosen, giveUpAtMs, asked: false };
  maybeOrderCampaign(core, role);
  return chosen;
}

function mostAdvanced(core: CoreState, leader: Leader): NodeId {
  let best: { id: NodeId; match: LogIndex | number } = { id: NOBODY, match: -1 };
  for (const [id, { match }] of leader.progress) {
    const inReach = core.connected.has(id) && isVoter(core.configuration, id);
    if (inReach && match > best.match) best = { id, match };
  }
  return best.id;
}

/** Orders the target to campaign once it has every entry. */
export function maybeOrderCampaign(core: CoreState, leader: Leader): void {
  const { transfer } = leader;
  if (transfer === undefined || transfer.asked) return;
  if (leader.progress.get(transfer.target)?.match !== core.log.last) return;
  transfer.asked = true;
  const rpc: TimeoutNow = { ...core.envelope(transfer.target), kind: 'timeout-now' };
  core.outbox.send(rpc);
}

/** A target that does not take over in time is given up, and proposals are accepted again. */
export function tickTransfer(core: CoreState, leader: Leader): void {
  const { transfer } = leader;
  if (transfer !== undefined && core.now.monotonicMs >= transfer.giveUpAtMs) {
    leader.transfer = undefined;
  }
}
