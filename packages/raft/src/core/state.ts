import { assert } from './assert.ts';
import type { Configuration, Member } from './configuration.ts';
import { decodeConfiguration, encodeConfiguration } from './configuration-codec.ts';
import { ConfigurationHistory, type PlacedConfiguration } from './configuration-history.ts';
import { type EntryBatch, EntryType } from './entry-batch.ts';
import { GroupClock } from './group-clock.ts';
import type { HardState } from './hard-state.ts';
import {
  type Incarnation,
  type LogIndex,
  NOBODY,
  type NodeId,
  type Term,
  incarnation,
  logIndex,
} from './numbers.ts';
import { Outbox } from './outbox.ts';
import { isVoter } from './quorum.ts';
import { type LogShape, RaftLog } from './raft-log.ts';
import type { Follower, Role } from './role.ts';
import type { Asker, ConfirmedRead, ReadId, ReadRefusal, RefusedRead } from './pending-reads.ts';
import type { Ready, SnapshotMark } from './ready.ts';
import type { InstallReply, InstallSnapshot, ReadReply } from './rpc.ts';
import type { Settings } from './settings.ts';

/** Uniform in [0, 1); the one source of chance of the core. */
export interface RandomSource {
  next(): number;
}

/** The time as the driver reads it. */
export interface Now {
  /** Monotonic, in ms; runs on while the process stands still. */
  readonly monotonicMs: number;
  /** Unix time in ms. */
  readonly wallMs: number;
}

export interface CoreStart {
  readonly settings: Settings;
  readonly random: RandomSource;
  readonly hardState: HardState;
  readonly log: LogShape;
  /** Entries through here are in the state machine's store, and so were committed. */
  readonly applied: LogIndex;
  /** Configurations that stand in the log, oldest first, never empty; index 0: told before the first entry. */
  readonly configurations: readonly PlacedConfiguration[];
  /** Data directories of members that this node has met, and its own. Default: none. */
  readonly instances?: ReadonlyMap<NodeId, string>;
  readonly now: Now;
}

type Notices = Pick<Ready, 'snapshots' | 'snapshotRpcs' | 'reads' | 'readRefusals'>;

const NO_NOTICES: Notices = { snapshots: [], snapshotRpcs: [], reads: [], readRefusals: [] };

/**
 * All that a node knows, shared by the files of this folder, one file per chapter of the paper. Positions:
 * `compacted ≤ applied ≤ committed ≤ last`, asserted where they move. While a snapshot is being installed `applied`
 * lags behind.
 */
export class CoreState {
  readonly settings: Settings;
  readonly random: RandomSource;
  readonly log: RaftLog;
  readonly outbox: Outbox;
  readonly clock: GroupClock;
  /** Data directories of members that this node has met, and its own. */
  readonly instances: Map<NodeId, string>;
  now: Now;
  /** When the rpc in hand came, on the monotonic clock: rpcs come between ticks. */
  receivedAtMs: number;
  /**
   * Runs like the monotonic clock, but a late tick counts as one heartbeat interval: a pause of this process is no
   * evidence that the leader is dead.
   */
  electionClockMs = 0;
  /** Reads that a quorum confirmed, for the driver. */
  confirmedReads: ConfirmedRead[] = [];
  refusedReads: RefusedRead[] = [];
  /** Peers that lack what the log no longer holds, for the driver. */
  snapshotsWanted: NodeId[] = [];
  /** Chunks and answers to chunks that came, for the driver. */
  snapshotRpcs: (InstallSnapshot | InstallReply)[] = [];
  /** This node's disk has room for what makes the state grow. */
  room = true;
  /** The state machine can execute nothing for now: its store takes nothing. */
  held = false;
  /** Peers with an open stream. */
  readonly connected = new Set<NodeId>();
  /** A leader was heard of since this node started. */
  knewLeader = false;
  #role: Role;
  #hardState: HardState;
  #committed: LogIndex;
  #applied: LogIndex;
  #installing: LogIndex | undefined;
  readonly #configurations: ConfigurationHistory;

  constructor(start: CoreStart) {
    this.settings = start.settings;
    this.random = start.random;
    this.log = new RaftLog(start.log);
    this.outbox = new Outbox(start.log.last);
    this.clock = new GroupClock(start.log.lastAt, start.now.monotonicMs);
    this.instances = new Map(start.instances);
    this.now = start.now;
    this.receivedAtMs = start.now.monotonicMs;
    this.#hardState = start.hardState;
    const { compacted, last } = start.log;
    const fits = compacted <= start.applied && start.applied <= last;
    assert(fits, 'the store goes on from an entry that the log holds, or ends with');
    this.#committed = start.applied;
    this.#applied = start.applied;
    this.#configurations = new ConfigurationHistory(start.configurations);
    this.#role = this.newFollower(NOBODY);
  }

  get role(): Role {
    return this.#role;
  }

  /** Takes another role; reads that waited for the old one are refused. */
  set role(role: Role) {
    const before = this.#role;
    this.#role = role;
    if (before.kind === 'follower') this.refuseForwarded(before, 'not-leader');
    if (before.kind !== 'leader') return;
    this.snapshotsWanted = [];
    for (const { id, asker } of before.reads.drain()) {
      if (asker === undefined) this.refusedReads.push({ id, reason: 'not-leader' });
      else this.answerRead(id, asker, { refusal: 'not-leader', index: logIndex(0) });
    }
  }

  get id(): NodeId {
    return this.settings.id;
  }

  get term(): Term {
    return this.#hardState.term;
  }

  get vote(): NodeId {
    return this.#hardState.vote;
  }

  get committed(): LogIndex {
    return this.#committed;
  }

  get applied(): LogIndex {
    return this.#applied;
  }

  /** A snapshot that ends here is in the log, and not yet in the state machine. */
  get installing(): LogIndex | undefined {
    return this.#installing;
  }

  /** The newest configuration in the log, committed or not: it is in force from the moment it is appended (§6). */
  get configuration(): Configuration {
    return this.#configurations.newest.configuration;
  }

  get configurationIndex(): LogIndex {
    return this.#configurations.newest.index;
  }

  /**
   * Whom to talk to: the members of the committed configuration, and of those that may follow it. Who is being removed
   * is needed until that is committed, the leader above all.
   */
  get members(): readonly Member[] {
    return this.#configurations.membersSince(this.#committed);
  }

  get isVoter(): boolean {
    return isVoter(this.configuration, this.id);
  }

  /**
   * A voter whose state machine has what its log stands on. Also one that the newest configuration leaves out, as long
   * as that is not committed: it may be the only one that holds it, and no other can be elected then (thesis §4.2.2).
   */
  get mayCampaign(): boolean {
    if (this.#installing !== undefined) return false;
    return this.isVoter || this.#configurations.wasVoterSince(this.#committed, this.id);
  }

  get leader(): NodeId {
    if (this.role.kind === 'leader') return this.id;
    return this.role.kind === 'follower' ? this.role.leader : NOBODY;
  }

  /** Enters `term`, or votes in it. Never forgets a vote within a term. */
  setHardState(term: Term, vote: NodeId): void {
    const { term: oldTerm, vote: oldVote } = this.#hardState;
    assert(term >= oldTerm, 'the term never goes back');
    assert(term > oldTerm || oldVote === NOBODY || oldVote === vote, 'one vote in a term');
    if (term === oldTerm && vote === oldVote) return;
    this.#hardState = { term, vote };
    this.outbox.writeHardState(this.#hardState);
  }

  /** Follows `leader` (or nobody) in `term`, which is not older than ours. */
  becomeFollower(term: Term, leader: NodeId): void {
    if (term > this.term) this.setHardState(term, NOBODY);
    this.role = this.newFollower(leader);
  }

  newFollower(leader: NodeId): Follower {
    if (leader !== NOBODY) this.knewLeader = true;
    return {
      kind: 'follower',
      leader,
      heardAt: this.electionClockMs,
      campaignAt: this.electionClockMs + this.electionTimeoutMs(),
      hurryUntil: 0,
      reads: new Map(),
    };
  }

  /** Random, so that split votes end (§5.2). */
  electionTimeoutMs(): number {
    const { electionTimeoutMinMs: min, electionTimeoutMaxMs: max } = this.settings;
    return min + this.random.next() * (max - min);
  }

  append(batch: EntryBatch): void {
    // What cannot be read is found out before anything is changed.
    const placed = configurationsIn(batch);
    this.log.append(batch);
    this.outbox.writeEntries(batch);
    for (const each of placed) this.#configurations.add(each);
  }

  truncateAfter(index: LogIndex): void {
    assert(index >= this.#committed, 'a committed entry is never truncated');
    this.log.truncateAfter(index);
    this.outbox.writeTruncation(index);
    this.#configurations.truncateAfter(index);
  }

  commitThrough(index: LogIndex): void {
    if (index <= this.#committed) return;
    assert(index <= this.log.last, 'only entries of this log are committed');
    this.#committed = index;
  }

  appliedThrough(index: LogIndex): void {
    assert(index >= this.#applied, 'the applied index never goes back');
    assert(index <= this.#committed, 'only committed entries are applied');
    assert(this.#installing === undefined, 'nothing is applied while a snapshot is installed');
    this.#applied = index;
  }

  /**
   * Gives up memory for entries that are also on disk: applied ones first, and committed ones where the state machine is
   * so much slower than the log that they would pile up.
   */
  releaseMemory(): void {
    const { windowBytes, unappliedBytesMax } = this.settings;
    if (this.log.windowBytes <= windowBytes) return;
    const { durable } = this.outbox;
    this.log.release(logIndex(Math.min(this.#applied, durable)), windowBytes);
    this.log.release(logIndex(Math.min(this.#committed, durable)), windowBytes + unappliedBytesMax);
  }

  /** The log dropped entries through `index`, which the state machine's store includes. */
  compactedThrough(index: LogIndex): void {
    if (index <= this.log.compacted) return;
    assert(index <= this.#applied, 'only what is applied is compacted');
    this.log.compactThrough(index);
    this.#configurations.compactThrough(index);
  }

  /** A received snapshot takes the place of the log's beginning (§7, figure 13), and of the state machine's state. */
  install(mark: SnapshotMark): void {
    assert(mark.index > this.#committed, 'a snapshot brings more than is committed here');
    assert(this.#installing === undefined, 'one snapshot is installed at a time');
    const { index, payload } = mark.configuration;
    const placed = { index, configuration: decodeConfiguration(payload) };
    const keepsSuffix = this.log.termAt(mark.index) === mark.term;
    if (keepsSuffix) this.log.compactThrough(mark.index);
    else this.log.reset(mark);
    this.outbox.writeInstall({ mark, keepsSuffix }, this.#committed);
    this.#configurations.replace(placed, mark.index, keepsSuffix);
    this.#committed = mark.index;
    this.#installing = mark.index;
  }

  /** The state machine goes on from the snapshot that was installed. */
  installed(): void {
    assert(this.#installing !== undefined, 'a snapshot was being installed');
    this.#applied = this.#installing;
    this.#installing = undefined;
  }

  /** What the driver is to be told besides rpcs and writes, since the last call. */
  takeNotices(): Notices {
    const { snapshotsWanted, snapshotRpcs, confirmedReads, refusedReads } = this;
    const reads = confirmedReads.length + refusedReads.length;
    if (reads + snapshotsWanted.length + snapshotRpcs.length === 0) return NO_NOTICES;
    const notices = {
      snapshots: snapshotsWanted,
      snapshotRpcs,
      reads: confirmedReads,
      readRefusals: refusedReads,
    };
    this.snapshotsWanted = [];
    this.snapshotRpcs = [];
    this.confirmedReads = [];
    this.refusedReads = [];
    return notices;
  }

  /** What a mark says of the state at an applied entry, besides the time and where it is. */
  markAt(index: LogIndex): Pick<SnapshotMark, 'index' | 'term' | 'configuration'> {
    assert(
      index <= this.#applied,
      'a mark names an applied entry, and so a committed configuration',
    );
    const ofTerm = this.log.termAt(index);
    assert(ofTerm !== undefined, 'the term of an entry that is not compacted is known');
    const { index: place, configuration } = this.#configurations.at(index);
    const payload = encodeConfiguration(configuration);
    return { index, term: ofTerm, configuration: { index: place, payload } };
  }

  confirmRead(id: ReadId, index: LogIndex): void {
    this.confirmedReads.push({ id, index });
  }

  /** What a follower asked its leader about is not answered any more. */
  refuseForwarded(follower: Follower, reason: ReadRefusal): void {
    for (const id of follower.reads.keys()) this.refusedReads.push({ id, reason });
    follower.reads.clear();
  }

  /** Tells a follower what its read must see, or that it is refused. */
  answerRead(id: ReadId, asker: Asker, answer: Pick<ReadReply, 'refusal' | 'index'>): void {
    const { to, incarnation: boot } = asker;
    const reply: ReadReply = {
      ...this.envelope(to),
      kind: 'read-reply',
      incarnation: boot,
      read: id,
      ...answer,
    };
    this.outbox.sendWhenTermDurable(reply);
  }

  /** What every rpc that this node starts says. */
  envelope(to: NodeId): { from: NodeId; to: NodeId; term: Term; incarnation: Incarnation } {
    return { from: this.id, to, term: this.term, incarnation: incarnation(0) };
  }
}

/** The configurations that a batch brings; throws when one cannot be read. */
function configurationsIn(batch: EntryBatch): PlacedConfiguration[] {
  const placed: PlacedConfiguration[] = [];
  for (let index = batch.first; index <= batch.last; index = logIndex(index + 1)) {
    if (batch.typeAt(index) !== EntryType.configuration) continue;
    placed.push({ index, configuration: decodeConfiguration(batch.entry(index).payload) });
  }
  return placed;
}
