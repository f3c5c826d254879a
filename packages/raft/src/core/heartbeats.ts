import { heartbeatTo } from './heartbeat.ts';
import { logIndex } from './numbers.ts';
import { quorumValue } from './quorum.ts';
import { confirmReads } from './reading.ts';
import { askAgain, maybeSendAppend } from './replication.ts';
import type { Leader } from './role.ts';
import type { HeartbeatReply } from './rpc.ts';
import type { CoreState } from './state.ts';

/** Heartbeats: they keep followers, prove leadership to the leader itself, and carry commit and time. */

/** Sends a heartbeat round, which also asks for the reads that wait. */
export function beginRound(core: CoreState, leader: Leader): void {
  const round = leader.rounds.begin(core.now.monotonicMs);
  leader.reads.ask(round);
  for (const [to, progress] of leader.progress) {
    // Never beyond what this peer is known to hold: it may hold something else after that (§5.3).
    const commit = logIndex(Math.min(progress.match, core.committed));
    progress.toldCommit = commit;
    core.outbox.send(heartbeatTo(core, to, { commit, round }));
  }
  confirmRounds(core, leader);
}

export function onHeartbeatReply(core: CoreState, leader: Leader, rpc: HeartbeatReply): void {
  const progress = leader.progress.get(rpc.from);
  if (progress === undefined) return;
  progress.ackedRound = Math.max(progress.ackedRound, rpc.round);
  progress.heardAtMs = core.receivedAtMs;
  progress.room = rpc.room;
  confirmRounds(core, leader);
  // What was sent in this round or later may still be under way.
  if (progress.match >= core.log.last || rpc.round <= progress.sentInRound) return;
  // The peer lives and lacks entries. If appends are on their way, ask behind them whether they arrived: if they were
  // lost, the answer is a refusal that says where to go on.
  if (progress.probing) {
    askAgain(core, rpc.from);
    return;
  }
  const mustAsk = progress.state === 'probe' || progress.inflights.count > 0;
  maybeSendAppend(core, rpc.from, { evenEmpty: mustAsk });
}

/** Counts the answers: one proves nothing, a quorum's does. */
export function confirmRounds(core: CoreState, leader: Leader): void {
  const { rounds } = leader;
  const round = quorumValue(core.configuration, (id) =>
    id === core.id ? rounds.newest : (leader.progress.get(id)?.ackedRound ?? 0),
  );
  if (round > rounds.confirmed) rounds.confirm(round);
  confirmReads(core, leader);
}

/** Starts the round that the waiting reads share, unless one is on its way. */
export function maybeAskForReads(core: CoreState): void {
  const { role } = core;
  if (role.kind === 'leader' && role.reads.wantsRound) beginRound(core, role);
}
