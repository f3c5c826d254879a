import type { EntryBatch } from './entry-batch.ts';
import type { Configuration, Member } from './configuration.ts';
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
import { onAppend, onHeartbeat } from './following.ts';
import { isConfirmed } from './check-quorum.ts';
import { maybeAskForReads, onHeartbeatReply } from './heartbeats.ts';
import { answerChunk, onInstallSnapshot, restore } from './installing.ts';
import { type ProposalEffect, type Proposed, propose, tickLeader } from './leading.ts';
import { changeMembers, isSettled } from './membership.ts';
import type { MembershipAnswer, MembershipChange } from './membership-change.ts';
import { advanceMembership } from './membership-steps.ts';
import { type LogIndex, type LogTime, NOBODY, type NodeId, type Term } from './numbers.ts';
import { peekOwnTime } from './own-entries.ts';
import { type PeerView, viewPeers } from './peer-view.ts';
import type { ReadId, ReadRefusal } from './pending-reads.ts';
import { onReadIndex, onReadReply, read } from './reading.ts';
import type { Ready, SnapshotMark, WriteToken } from './ready.ts';
import { onAppendReply, onLoaded, onOwnEntriesDurable, onPeerDisconnected } from './replication.ts';
import type { Role } from './role.ts';
import type { InstallReply, InstallSnapshot, Rpc } from './rpc.ts';
import {
  neededAfter,
  type Chunk,
  type SnapshotOutcome,
  onInstallReply,
  sendChunk,
  snapshotEnded,
} from './sending-snapshots.ts';
import { answerStale } from './stale-rpcs.ts';
import { CoreState, type CoreStart, type Now } from './state.ts';
import { type TransferAnswer, transfer } from './transfer.ts';

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
    const { role, settings, now, electionClockMs, mayCampaign } = this.#core;
    // Who may not campaign, a learner for one, has no time for it that could be due.
    if (role.kind === 'follower' && !mayCampaign) return settings.heartbeatMs;
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
    if (rpc.term < core.term) answerStale(core, rpc);
    else this.#dispatch(rpc);
  }

  /**
   * Appends commands of one event-loop turn, in order, all or none. What lets the state grow is refused while a quorum
   * lacks room on its disks.
   */
  propose(payloads: readonly Uint8Array[], effect: ProposalEffect = 'grows'): Proposed {
    return propose(this.#core, payloads, effect);
  }

  /**
   * Asks for a linearizable read, a follower its leader. `undefined`: taken; it comes out of `Ready.reads` or
   * `Ready.readRefusals`, once, at the latest when this node changes its role or an election timeout has passed.
   */
  read(id: ReadId): ReadRefusal | undefined {
    return read(this.#core, id);
  }

  /**
   * Hands leadership to `target`, or to the voter in reach that has the most. It is done when `leader` is the target,
   * and given up when `transferTarget` is nobody again while this node still leads.
   */
  transfer(target?: NodeId): TransferAnswer {
    return transfer(this.#core, target);
  }

  /** Whom leadership is being handed to, or nobody. */
  get transferTarget(): NodeId {
    const { role } = this.#core;
    return role.kind === 'leader' ? (role.transfer?.target ?? NOBODY) : NOBODY;
  }

  /**
   * Starts a change of membership; the leader itself takes the steps after the first. It is done when `isSettled` and
   * `configurationIndex` is the answer's index or later.
   */
  changeMembers(change: MembershipChange): MembershipAnswer {
    return changeMembers(this.#core, change);
  }

  /** What is to be done since the last call. */
  ready(): Ready {
    const core = this.#core;
    advanceMembership(core);
    maybeAskForReads(core);
    core.releaseMemory();
    const write = core.outbox.takeWrite();
    return {
      messages: core.outbox.takeMessages(),
      write,
      committed: core.committed,
      loads: core.outbox.takeLoads(),
      reopen: core.outbox.takeReopen(),
      ...core.takeNotices(),
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

  /** The log dropped entries through `index`; peers that lack them get a snapshot from now on. */
  compactedThrough(index: LogIndex): void {
    this.#core.compactedThrough(index);
  }

  /**
   * Queues one chunk for a peer that `Ready.snapshots` named; false when it needs no snapshot any more, or this node
   * does not lead: the transfer is over.
   */
  sendChunk(peer: NodeId, chunk: Chunk): boolean {
    return sendChunk(this.#core, peer, chunk);
  }

  /** A peer that `Ready.snapshots` named has installed one, or has not: then it is named again later, if need be. */
  snapshotEnded(peer: NodeId, outcome: SnapshotOutcome): void {
    snapshotEnded(this.#core, peer, outcome);
  }

  /** Answers a chunk of `Ready.snapshotRpcs`. `installed` leaves when all that was ordered by now is durable. */
  answerChunk(rpc: InstallSnapshot, status: InstallReply['status'], next: number): void {
    answerChunk(this.#core, rpc, { status, next });
  }

  /**
   * A snapshot is complete and durable in the state machine's store: orders the write that puts it in the place of the
   * log's beginning. From now on, until `restored`, nothing may be applied (`installing`). False: it brings nothing
   * new; nothing was changed.
   */
  restore(mark: SnapshotMark): boolean {
    return restore(this.#core, mark);
  }

  /** The state machine goes on from the snapshot. */
  restored(): void {
    this.#core.installed();
  }

  /** Whether this node's disk has room for what makes the state grow; true at the start. */
  get room(): boolean {
    return this.#core.room;
  }

  setRoom(room: boolean): void {
    this.#core.room = room;
  }

  /** Whether the state machine can execute nothing for now; false at the start. */
  setHeld(held: boolean): void {
    this.#core.held = held;
  }

  /** A leader's peers that live and lag need the entries after this one, or a snapshot instead. */
  get neededAfter(): LogIndex | undefined {
    return neededAfter(this.#core);
  }

  /** The data directory of this peer is known from now on: a leader tells newcomers, who could take any other for it. */
  met(peer: NodeId, instanceId: string): void {
    this.#core.instances.set(peer, instanceId);
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

  /** The newest configuration in the log, which is in force, committed or not. */
  get configuration(): Configuration {
    return this.#core.configuration;
  }

  /** The members of the committed configuration, and of those that may follow it: whom to talk to. */
  get members(): readonly Member[] {
    return this.#core.members;
  }

  /** The entry that brought it; 0: it was told before the first entry. */
  get configurationIndex(): LogIndex {
    return this.#core.configurationIndex;
  }

  /** No change of membership is under way: the newest configuration is committed and not joint. */
  get isSettled(): boolean {
    return isSettled(this.#core);
  }

  /**
   * What a mark or a snapshot of the state at `index` says besides the time: the entry's term and the configuration in
   * force there. `index` is applied and not before the compacted one, so that the configuration is a committed one.
   */
  markAt(index: LogIndex): Pick<SnapshotMark, 'index' | 'term' | 'configuration'> {
    return this.#core.markAt(index);
  }

  /** The last entry of a snapshot that is being installed; `undefined` when none is. Then nothing may be applied. */
  get installing(): LogIndex | undefined {
    return this.#core.installing;
  }

  /** Entries through here are in a snapshot, and no longer in the log. */
  get compacted(): LogIndex {
    return this.#core.log.compacted;
  }

  /** At the leader: what it knows of each peer. Empty elsewhere. */
  peers(): PeerView[] {
    return viewPeers(this.#core);
  }

  /** At the leader: bytes that are appended and not both committed and on its own disk. */
  get pendingBytes(): number {
    const { role } = this.#core;
    return role.kind === 'leader' ? role.pending.total : 0;
  }

  /** Bytes of entries kept in memory. */
  get windowBytes(): number {
    return this.#core.log.windowBytes;
  }

  /** Reads that wait for a quorum, or for the leader's answer. */
  get readsWaiting(): number {
    const { role } = this.#core;
    if (role.kind === 'leader') return role.reads.count;
    return role.kind === 'follower' ? role.reads.size : 0;
  }

  /** A leader whose first entry is applied and whom a quorum answers; for others, whether they know a leader. */
  get serving(): boolean {
    const core = this.#core;
    if (core.role.kind !== 'leader') return core.leader !== NOBODY;
    return core.applied >= core.role.termStart && isConfirmed(core, core.role);
  }

  /** The time that an entry proposed at `now` would carry, give or take a ms; `undefined` unless a leader is `serving`. */
  logTimeAt(now: Now): LogTime | undefined {
    return this.serving ? peekOwnTime(this.#core, now) : undefined;
  }

  /** The batches in memory that hold `from` and what follows, whole: see `RaftLog.batchesFrom`. */
  entriesFrom(from: LogIndex, maxBytes: number): EntryBatch[] | undefined {
    return this.#core.log.batchesFrom(from, maxBytes);
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
        onTimeoutNow(core, rpc);
        return;
      case 'install-snapshot':
        onInstallSnapshot(core, rpc);
        return;
      case 'install-reply':
        if (core.role.kind === 'leader') onInstallReply(core, core.role, rpc);
        return;
      case 'read-index':
        onReadIndex(core, rpc);
        return;
      case 'read-reply':
        onReadReply(core, rpc);
        return;
      default:
        rpc satisfies never;
    }
  }
}
