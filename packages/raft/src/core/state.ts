import { assert } from './assert.ts';
import type { Configuration } from './configuration.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import { type Entry, type EntryBatch, EntryType } from './entry-batch.ts';
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
import type { ConfirmedRead, ReadId } from './pending-reads.ts';
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
  /** Configurations that stand in the log, oldest first, never empty. */
  readonly configurations: readonly { index: LogIndex; configuration: Configuration }[];
  readonly now: Now;
}

/**
 * All that a node knows, shared by the files of this folder, one file per chapter of the paper. Positions:
 * `compacted ≤ applied ≤ committed ≤ last`, asserted where they move.
 */
export class CoreState {
  readonly settings: Settings;
  readonly random: RandomSource;
  readonly log: RaftLog;
  readonly outbox: Outbox;
  readonly clock: GroupClock;
  role: Role;
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
  /** Peers with an open stream. */
  readonly connected = new Set<NodeId>();
  /** A leader was heard of since this node started. */
  knewLeader = false;
  #hardState: HardState;
  #committed: LogIndex;
  #applied: LogIndex;
  readonly #configurations: { index: LogIndex; configuration: Configuration }[];

  constructor(start: CoreStart) {
    this.settings = start.settings;
    this.random = start.random;
    this.log = new RaftLog(start.log);
    this.outbox = new Outbox(start.log.last);
    this.clock = new GroupClock(start.log.lastAt, start.now.monotonicMs);
    this.now = start.now;
    this.receivedAtMs = start.now.monotonicMs;
    this.#hardState = start.hardState;
    this.#committed = start.log.compacted;
    this.#applied = start.log.compacted;
    this.#configurations = [...start.configurations];
    this.role = this.newFollower(NOBODY);
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

  /** The newest configuration in the log, committed or not: it is in force from the moment it is appended (§6). */
  get configuration(): Configuration {
    const newest = this.#configurations.at(-1);
    assert(newest !== undefined, 'the log holds a configuration');
    return newest.configuration;
  }

  get isVoter(): boolean {
    return isVoter(this.configuration, this.id);
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
    };
  }

  /** Random, so that split votes end (§5.2). */
  electionTimeoutMs(): number {
    const { electionTimeoutMinMs: min, electionTimeoutMaxMs: max } = this.settings;
    return min + this.random.next() * (max - min);
  }

  append(batch: EntryBatch): void {
    this.log.append(batch);
    this.outbox.writeEntries(batch);
    for (let index = batch.first; index <= batch.last; index = logIndex(index + 1)) {
      if (batch.typeAt(index) === EntryType.configuration) this.#configure(batch.entry(index));
    }
  }

  truncateAfter(index: LogIndex): void {
    assert(index >= this.#committed, 'a committed entry is never truncated');
    this.log.truncateAfter(index);
    this.outbox.writeTruncation(index);
    while ((this.#configurations.at(-1)?.index ?? 0) > index) this.#configurations.pop();
    assert(this.#configurations.length > 0, 'the first configuration is never truncated');
  }

  commitThrough(index: LogIndex): void {
    if (index <= this.#committed) return;
    assert(index <= this.log.last, 'only entries of this log are committed');
    this.#committed = index;
  }

  appliedThrough(index: LogIndex): void {
    assert(index >= this.#applied, 'the applied index never goes back');
    assert(index <= this.#committed, 'only committed entries are applied');
    this.#applied = index;
    const releasable = Math.min(index, this.outbox.durable);
    this.log.release(logIndex(releasable), this.settings.windowBytes);
  }

  confirmRead(id: ReadId, index: LogIndex): void {
    this.confirmedReads.push({ id, index });
  }

  /** What every rpc that this node starts says. */
  envelope(to: NodeId): { from: NodeId; to: NodeId; term: Term; incarnation: Incarnation } {
    return { from: this.id, to, term: this.term, incarnation: incarnation(0) };
  }

  #configure(entry: Entry): void {
    const configuration = decodeConfiguration(entry.payload);
    this.#configurations.push({ index: entry.index, configuration });
  }
}
