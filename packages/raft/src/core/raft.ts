import type { EntryBatch } from './entry-batch.ts';
import type { Configuration } from './configuration.ts';
import {
  campaignAtOnceIfAlone,
  onOwnVoteDurable,
  onPeerConnected,
  onPeerGone,
  onRequestVote,
  onTimeoutNow,
  onVoteReply,
  tickElection,
} from './election.ts';
import { answerHeartbeat, onAppend, onHeartbeat, refuseAppend } from './following.ts';
import { isConfirmed } from './check-quorum.ts';
import { maybeAskForReads, onHeartbeatReply } from './heartbeats.ts';
import { type Proposed, propose, tickLeader } from './leading.ts';
import { type LogIndex, NOBODY, type NodeId, type Term } from './numbers.ts';
import type { ReadId } from './pending-reads.ts';
import { type ReadRefusal, read } from './reading.ts';
import type { Ready, WriteToken } from './ready.ts';
import { onAppendReply, onLoaded, onOwnEntriesDurable, onPeerDisconnected } from './replication.ts';
import type { Role } from './role.ts';
import type { Rpc } from './rpc.ts';
import { CoreState, type CoreStart, type Now } from './state.ts';
import { transferLeadership } from './transfer.ts';

/**
 * Raft as a pure machine: it decides, and does nothing. Inputs are method calls; what is to be done comes out of
 * `ready()`. It holds no promise, clock, socket or file, and the same calls give the same decisions.
 *
 * Ongaro & Ousterhout, "In Search of an Understandable Consensus Algorithm" (2014): §. Ongaro's dissertation: thesis §.
 */
export class Raft {
  readonly #core: CoreState;

  constructor(start: CoreStart) {
    this.#core = new CoreState(start);
    campaignAtOnceIfAlone(this.#core);
  }

  /**
   * The time is now `now`. To be called before proposals and at least once a heartbeat interval. One call that comes
   * late counts as one heartbeat interval towards an election, and in full against a leader.
   */
  tick(now: Now): void {
    const core = this.#core;
    const elapsedMs = Math.max(0, now.monotonicMs - core.now.monotonicMs);
    core.now = now;
    core.electionClockMs += Math.min(elapsedMs, core.settings.heartbeatMs);
    if (core.role.kind === 'leader') tickLeader(core, core.role, elapsedMs);
    else tickElection(core);
  }

  /** When `tick` has something to do at the latest, in ms from the last one: at most a heartbeat interval. */
  get dueInMs(): number {
    const { role, settings, now, electionClockMs, isVoter } = this.#core;
    // A learner never campaigns, so that its time to do so, once past, asks for nothing.
    if (role.kind === 'follower' && !isVoter) return settings.heartbeatMs;
    const waitMs =
      role.kind === 'leader'
        ? role.rounds.newestSentAtMs + settings.heartbeatMs - now.monotonicMs
        : (role.kind === 'follower' ? role.campaignAt : role.giveUpAt) - electionClockMs;
    return Math.min(settings.heartbeatMs, Math.max(0, waitMs));
  }

  /** An rpc for this node came at `receivedAtMs` of the monotonic clock, from a peer that was authenticated. */
  step(rpc: Rpc, receivedAtMs: number): void {
    const core = this.#core;
    core.receivedAtMs = receivedAtMs;
    if (rpc.kind === 'request-vote') {
      onRequestVote(core, rpc);
      return;
    }
    const grantsFuture = rpc.kind === 'vote-reply' && rpc.pre && rpc.granted;
    if (rpc.term > core.term && !grantsFuture) core.becomeFollower(rpc.term, NOBODY);
    if (rpc.term < core.term) this.#answerStale(rpc);
    else this.#dispatch(rpc);
  }

  /** Appends commands of one event-loop turn, in order, all or none. */
  propose(payloads: readonly Uint8Array[]): Proposed {
    return propose(this.#core, payloads);
  }

  /** Asks for a linearizable read; it comes out of `Ready.reads`, unless leadership is lost before. */
  read(id: ReadId): ReadRefusal | undefined {
    return read(this.#core, id);
  }

  /** Hands leadership to `target`, or to the best voter. Nobody: there is none. */
  transferLeadership(target?: NodeId): NodeId {
    return transferLeadership(this.#core, target);
  }

  /** What is to be done since the last call. */
  ready(): Ready {
    const core = this.#core;
    maybeAskForReads(core);
    const write = core.outbox.takeWrite();
    const reads = core.confirmedReads;
    core.confirmedReads = [];
    return {
      messages: core.outbox.takeMessages(),
      write,
      committed: core.committed,
      loads: core.outbox.takeLoads(),
      reopen: core.outbox.takeReopen(),
      reads,
    };
  }

  /** The write with this token is durable. Writes are reported in their order. */
  persisted(token: WriteToken): void {
    const { ownVote } = this.#core.outbox.persisted(token);
    if (ownVote !== undefined) onOwnVoteDurable(this.#core, ownVote);
    onOwnEntriesDurable(this.#core);
  }

  /** Entries through `index` were executed. */
  appliedThrough(index: LogIndex): void {
    this.#core.appliedThrough(index);
  }

  /** Entries that `Ready.loads` asked for; empty when they could not be read. */
  loaded(peer: NodeId, batches: readonly EntryBatch[]): void {
    onLoaded(this.#core, peer, batches);
  }

  /** Rpcs can be sent to this peer. */
  peerConnected(peer: NodeId): void {
    onPeerConnected(this.#core, peer);
  }

  /** The stream to this peer broke; the peer may be well. */
  peerDisconnected(peer: NodeId): void {
    onPeerDisconnected(this.#core, peer);
  }

  /** The process of this peer is gone (nobody listens there), or a newer boot took its place. */
  peerGone(peer: NodeId): void {
    onPeerDisconnected(this.#core, peer);
    onPeerGone(this.#core, peer);
  }

  get id(): NodeId {
    return this.#core.id;
  }

  get role(): Role['kind'] {
    return this.#core.role.kind;
  }

  get term(): Term {
    return this.#core.term;
  }

  get vote(): NodeId {
    return this.#core.vote;
  }

  /** The leader that this node follows, itself when it leads, or nobody. */
  get leader(): NodeId {
    return this.#core.leader;
  }

  get committed(): LogIndex {
    return this.#core.committed;
  }

  get applied(): LogIndex {
    return this.#core.applied;
  }

  get last(): LogIndex {
    return this.#core.log.last;
  }

  get durable(): LogIndex {
    return this.#core.outbox.durable;
  }

  get configuration(): Configuration {
    return this.#core.configuration;
  }

  /** A leader whose first entry is applied and whom a quorum answers; for others, whether they know a leader. */
  get serving(): boolean {
    const core = this.#core;
    if (core.role.kind !== 'leader') return core.leader !== NOBODY;
    return core.applied >= core.role.termStart && isConfirmed(core, core.role);
  }

  /** Entries from `from` on that are in memory; `undefined` when they are on disk only. */
  entriesFrom(from: LogIndex, maxBytes: number): EntryBatch[] | undefined {
    return this.#core.log.from(from, maxBytes);
  }

  termAt(index: LogIndex): Term | undefined {
    return this.#core.log.termAt(index);
  }

  #dispatch(rpc: Exclude<Rpc, { kind: 'request-vote' }>): void {
    const core = this.#core;
    switch (rpc.kind) {
      case 'vote-reply':
        onVoteReply(core, rpc);
        return;
      case 'append-entries':
        onAppend(core, rpc);
        return;
      case 'heartbeat':
        onHeartbeat(core, rpc);
        return;
      case 'append-reply':
        if (core.role.kind === 'leader') onAppendReply(core, core.role, rpc);
        return;
      case 'heartbeat-reply':
        if (core.role.kind === 'leader') onHeartbeatReply(core, core.role, rpc);
        return;
      case 'timeout-now':
        onTimeoutNow(core);
        return;
      default:
        rpc satisfies never;
    }
  }

  /** A leader of an older term is told ours, so that it steps down; any other stale rpc is ignored (§5.1). */
  #answerStale(rpc: Exclude<Rpc, { kind: 'request-vote' }>): void {
    if (rpc.kind === 'append-entries') refuseAppend(this.#core, rpc);
    else if (rpc.kind === 'heartbeat') answerHeartbeat(this.#core, rpc);
  }
}
