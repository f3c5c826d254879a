import { assert } from './assert.ts';
import { NOBODY, type NodeId, type Term, term } from './numbers.ts';
import { isQuorum, tallyVotes, votersOf } from './quorum.ts';
import { becomeLeader } from './leading.ts';
import { tickForwarded } from './reading.ts';
import type { RequestVote, TimeoutNow, VoteReply } from './rpc.ts';
import { FAST_CAMPAIGN_STEP_MS, REFUSED_PRE_VOTE_RETRY_MS } from './settings.ts';
import type { CoreState } from './state.ts';

/** Election (§5.2, §5.4.1), pre-vote (thesis §9.6) and the fast election after a leader's death. */

/** Lets the time that has passed start a campaign, or end one that did not succeed. */
export function tickElection(core: CoreState): void {
  const { role } = core;
  switch (role.kind) {
    case 'follower':
      tickForwarded(core, role);
      if (core.electionClockMs >= role.campaignAt && core.mayCampaign) {
        preCampaign(core, role.hurryUntil);
      }
      return;
    case 'pre-candidate':
      if (core.electionClockMs >= role.giveUpAt) preCampaign(core, role.hurryUntil);
      return;
    case 'candidate':
      if (core.electionClockMs >= role.giveUpAt) preCampaign(core, 0);
      return;
    case 'leader':
      return;
    default:
      role satisfies never;
  }
}

/** Asks whether a campaign could win, without disturbing anybody. */
function preCampaign(core: CoreState, hurryUntil: number): void {
  const votes = new Map([[core.id, true]]);
  const giveUpAt = core.electionClockMs + core.electionTimeoutMs();
  core.role = { kind: 'pre-candidate', votes, giveUpAt, hurryUntil };
  if (tallyVotes(core.configuration, votes) === 'won') {
    campaign(core, false);
    return;
  }
  requestVotes(core, { pre: true, transfer: false });
}

/** Campaigns in a new term. `transfer`: on the leader's own order. */
function campaign(core: CoreState, transfer: boolean): void {
  const newTerm = term(core.term + 1);
  core.setHardState(newTerm, core.id);
  core.outbox.countOwnVoteWhenDurable(newTerm);
  core.role = {
    kind: 'candidate',
    votes: new Map(),
    wallClocks: [],
    // Nobody is asked before our own vote is durable: a slow disk must not end the campaign that waits for it.
    giveUpAt: Number.POSITIVE_INFINITY,
  };
  requestVotes(core, { pre: false, transfer });
}

function requestVotes(core: CoreState, how: { pre: boolean; transfer: boolean }): void {
  for (const to of votersOf(core.configuration)) {
    if (to === core.id) continue;
    const rpc: RequestVote = {
      ...core.envelope(to),
      kind: 'request-vote',
      term: how.pre ? term(core.term + 1) : core.term,
      pre: how.pre,
      transfer: how.transfer,
      lastIndex: core.log.last,
      lastTerm: core.log.lastTerm,
    };
    // A pre-vote claims nothing durable; a vote waits for its own term and vote, and for the log that it claims.
    if (how.pre) core.outbox.send(rpc);
    else core.outbox.sendWhenDurable(rpc);
  }
}

/**
 * Whether a leader was heard within the minimum election timeout, or this node leads and heard its quorum: then votes
 * are not given away (thesis §4.2.3).
 */
function hearsLiveLeader(core: CoreState): boolean {
  const { role } = core;
  const { electionTimeoutMinMs } = core.settings;
  if (role.kind === 'leader') {
    return role.rounds.silenceMs(core.now.monotonicMs) < electionTimeoutMinMs;
  }
  if (role.kind !== 'follower' || role.leader === NOBODY) return false;
  return core.electionClockMs - role.heardAt < electionTimeoutMinMs;
}

export function onRequestVote(core: CoreState, rpc: RequestVote): void {
  const live = !rpc.transfer && hearsLiveLeader(core);
  if (rpc.pre) {
    const granted =
      !live && rpc.term > core.term && core.log.isUpToDate(rpc.lastIndex, rpc.lastTerm);
    reply(core, rpc, granted);
    return;
  }
  if (live && rpc.term > core.term) return;
  if (rpc.term > core.term) core.becomeFollower(rpc.term, NOBODY);
  const free = core.vote === rpc.from || (core.vote === NOBODY && core.leader === NOBODY);
  const granted =
    rpc.term === core.term && free && core.log.isUpToDate(rpc.lastIndex, rpc.lastTerm);
  if (granted) {
    core.setHardState(core.term, rpc.from);
    // A vote that is asked for again does not make us forget that its candidate leads by now.
    if (core.leader === NOBODY) core.becomeFollower(core.term, NOBODY);
  }
  reply(core, rpc, granted);
}

function reply(core: CoreState, rpc: RequestVote, granted: boolean): void {
  const answer: VoteReply = {
    kind: 'vote-reply',
    from: core.id,
    to: rpc.from,
    term: rpc.pre && granted ? rpc.term : core.term,
    incarnation: rpc.incarnation,
    pre: rpc.pre,
    granted,
    wallMs: core.now.wallMs,
  };
  // A pre-vote promises nothing about the log: a slow disk must not delay the election of another leader.
  if (rpc.pre) core.outbox.sendWhenTermDurable(answer);
  else core.outbox.sendWhenDurable(answer);
}

export function onVoteReply(core: CoreState, rpc: VoteReply): void {
  const { role } = core;
  if (rpc.pre && role.kind === 'pre-candidate') {
    if (rpc.granted && rpc.term !== core.term + 1) return;
    if (!rpc.granted && core.electionClockMs < role.hurryUntil) {
      // The peer may not have noticed the leader's death yet: ask again soon.
      const again = core.electionClockMs + REFUSED_PRE_VOTE_RETRY_MS;
      role.giveUpAt = Math.min(role.giveUpAt, again);
      return;
    }
    role.votes.set(rpc.from, rpc.granted);
    decide(core, role.votes);
  } else if (!rpc.pre && role.kind === 'candidate' && rpc.term === core.term) {
    if (rpc.granted) role.wallClocks.push(rpc.wallMs);
    role.votes.set(rpc.from, rpc.granted);
    decide(core, role.votes);
  }
}

/** This node's vote for itself in `ofTerm` is durable, so it counts. */
export function onOwnVoteDurable(core: CoreState, ofTerm: Term): void {
  const { role } = core;
  if (role.kind !== 'candidate' || core.term !== ofTerm) return;
  role.giveUpAt = core.electionClockMs + core.electionTimeoutMs();
  role.votes.set(core.id, true);
  role.wallClocks.push(core.now.wallMs);
  decide(core, role.votes);
}

function decide(core: CoreState, votes: ReadonlyMap<NodeId, boolean>): void {
  const tally = tallyVotes(core.configuration, votes);
  if (tally === 'pending') return;
  const { role } = core;
  if (tally === 'lost') {
    core.becomeFollower(core.term, NOBODY);
    return;
  }
  if (role.kind === 'pre-candidate') {
    campaign(core, false);
    return;
  }
  assert(role.kind === 'candidate', 'only a candidate is elected');
  becomeLeader(core, median(role.wallClocks));
}

/** The leader's process is gone: forget it, and campaign soon, one node after another. */
export function onPeerGone(core: CoreState, peer: NodeId): void {
  core.connected.delete(peer);
  const { role } = core;
  if (role.kind !== 'follower' || role.leader !== peer) return;
  role.leader = NOBODY;
  core.refuseForwarded(role, 'not-leader');
  campaignInTurn(core, peer);
}

/** A node that has heard of no leader since its start need not wait either, once it can reach a quorum. */
export function onPeerConnected(core: CoreState, peer: NodeId): void {
  core.connected.add(peer);
  if (core.knewLeader || core.role.kind !== 'follower' || core.role.hurryUntil > 0) return;
  const reaches = (id: NodeId): boolean => id === core.id || core.connected.has(id);
  if (isQuorum(core.configuration, reaches)) campaignInTurn(core, NOBODY);
}

function campaignInTurn(core: CoreState, gone: NodeId): void {
  const others = votersOf(core.configuration).filter((id) => id !== gone);
  const rank = others.toSorted((a, b) => a - b).indexOf(core.id);
  if (rank < 0) return;
  const waitMs = (rank + core.random.next()) * FAST_CAMPAIGN_STEP_MS;
  const { role } = core;
  if (role.kind !== 'follower') return;
  role.campaignAt = Math.min(role.campaignAt, core.electionClockMs + waitMs);
  role.hurryUntil = core.electionClockMs + core.settings.electionTimeoutMaxMs;
}

/** A node that is a quorum by itself has nobody to wait for. */
export function campaignAtOnceIfAlone(core: CoreState): void {
  const alone = isQuorum(core.configuration, (id) => id === core.id);
  if (alone && core.role.kind === 'follower') core.role.campaignAt = core.electionClockMs;
}

/**
 * The leader hands over to this node (thesis §3.10). A node that installs a snapshot has no state to lead with yet, and
 * one that stood still since may find an order that was given up, before it hears how things went on.
 */
export function onTimeoutNow(core: CoreState, { from }: TimeoutNow): void {
  const { role, settings, receivedAtMs, now } = core;
  if (role.kind === 'leader' || !core.mayCampaign) return;
  if (core.leader !== NOBODY && core.leader !== from) return;
  if (receivedAtMs - now.monotonicMs >= settings.electionTimeoutMinMs) return;
  campaign(core, true);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
