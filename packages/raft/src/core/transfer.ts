import { type LogIndex, NOBODY, type NodeId } from './numbers.ts';
import type { Leader } from './role.ts';
import type { TimeoutNow } from './rpc.ts';
import { isFarBehind, isLive, lagOf, nameOf } from './standing.ts';
import type { CoreState } from './state.ts';

/** Handing leadership over (thesis §3.10). */

export type TransferAnswer =
  /** Under way: `target` is asked to campaign as soon as it has every entry. This node itself: it goes on leading. */
  | { readonly ok: true; readonly target: NodeId }
  /** `text` names the member and the reason, for people. */
  | {
      readonly ok: false;
      readonly reason:
        | 'not-leader'
        | 'transferring'
        | 'unknown-member'
        | 'not-voter'
        | 'not-caught-up'
        | 'unreachable';
      readonly text: string;
    };

type TransferRefused = Extract<TransferAnswer, { ok: false }>;

/**
 * Starts to hand over to `target`, or to the voter in reach that has the most. Proposals are refused until the target
 * leads or an election timeout has passed. Asked again without another target it names the one under way.
 */
export function transfer(core: CoreState, target: NodeId | undefined): TransferAnswer {
  const { role } = core;
  if (role.kind !== 'leader') return refused('not-leader', 'this node does not lead');
  if (target === core.id) return { ok: true, target };
  const chosen = target ?? role.transfer?.target ?? mostAdvanced(core, role);
  if (chosen === NOBODY) return refused('unreachable', 'no other voter can be reached');
  if (role.transfer?.target === chosen) return { ok: true, target: chosen };
  if (role.transfer !== undefined) {
    const name = nameOf(core.configuration, role.transfer.target);
    return refused('transferring', `leadership is being handed over to ${name}`);
  }
  const refusal = target === undefined ? undefined : refusalOf(core, role, target);
  if (refusal !== undefined) return refusal;
  const giveUpAtMs = core.now.monotonicMs + core.settings.electionTimeoutMaxMs;
  role.transfer = { target: chosen, giveUpAtMs, asked: false };
  maybeOrderCampaign(core, role);
  return { ok: true, target: chosen };
}

/** Why a named member cannot take over now. */
function refusalOf(core: CoreState, leader: Leader, target: NodeId): TransferRefused | undefined {
  const { configuration } = core;
  const name = nameOf(configuration, target);
  const progress = leader.progress.get(target);
  if (progress === undefined) return refused('unknown-member', `${name} is no member`);
  if (!configuration.voters.includes(target)) return refused('not-voter', `${name} does not vote`);
  if (!core.connected.has(target) || !isLive(core, progress)) {
    return refused('unreachable', `${name} does not answer`);
  }
  if (progress.state === 'snapshot') {
    return refused('not-caught-up', `${name} is getting a snapshot`);
  }
  if (!isFarBehind(core, progress)) return undefined;
  return refused('not-caught-up', `${name} lags ${lagOf(core, progress)} entries behind`);
}

function refused(reason: TransferRefused['reason'], text: string): TransferRefused {
  return { ok: false, reason, text };
}

function mostAdvanced(core: CoreState, leader: Leader): NodeId {
  let best: { id: NodeId; match: LogIndex | number } = { id: NOBODY, match: -1 };
  for (const [id, progress] of leader.progress) {
    const { match, state, room } = progress;
    const answers = core.connected.has(id) && isLive(core, progress);
    const inReach = answers && core.configuration.voters.includes(id);
    // A leader without room makes way for one that has some, or for nobody.
    const isFit = state !== 'snapshot' && (room || core.room);
    if (inReach && isFit && match > best.match) best = { id, match };
  }
  return best.id;
}

/**
 * Orders the target to campaign once it has every entry, and all are committed: what was accepted is answered before
 * another leads. A leader that was removed leads no more from then on.
 */
export function maybeOrderCampaign(core: CoreState, leader: Leader): void {
  const { transfer: underWay } = leader;
  if (underWay === undefined || underWay.asked) return;
  if (leader.progress.get(underWay.target)?.match !== core.log.last) return;
  if (core.committed < core.log.last) return;
  underWay.asked = true;
  const rpc: TimeoutNow = { ...core.envelope(underWay.target), kind: 'timeout-now' };
  core.outbox.send(rpc);
  if (!core.isVoter) core.becomeFollower(core.term, NOBODY);
}

/** A target that does not take over in time is given up, and proposals are accepted again. */
export function tickTransfer(core: CoreState, leader: Leader): void {
  const { transfer: underWay } = leader;
  if (underWay !== undefined && core.now.monotonicMs >= underWay.giveUpAtMs) {
    leader.transfer = undefined;
  }
}
