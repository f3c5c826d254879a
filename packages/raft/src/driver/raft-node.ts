import type { Configuration, Member } from '../core/configuration.ts';
import { type LogIndex, type LogTime, NOBODY, type NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Load, Ready, ReadyWrite, SnapshotMark } from '../core/ready.ts';
import { NotInLog } from '../storage/log-errors.ts';
import type { DurableLog } from '../storage/log.ts';
import type { DirectoryIdentity } from '../storage/recovered.ts';
import { Alarm } from './alarm.ts';
import { Assembly } from './assembly.ts';
import type {
  CommandEffect,
  Group,
  GroupAdmin,
  GroupStatus,
  Outcome,
  ReadOutcome,
  RefusalReason,
} from './group.ts';
import type { NodeEvent } from './node-events.ts';
import type { RaftNodeOptions } from './node-options.ts';
import { type LogHost, openParts } from './opening.ts';
import { ProgressWatch } from './progress-watch.ts';
import { Proposals } from './proposals.ts';

/** Without a write for so long, the log is marked idle. */
const IDLE_MS = 1_000;

/**
 * A running member of a Raft group. It owns the core and does what the core decides: all that happens in one turn of
 * the event loop – rpcs, finished writes, proposals – is one step, with one durable write and one socket write per
 * peer at its end.
 */
export class RaftNode<Result> implements Group<Result> {
  readonly #options: RaftNodeOptions<Result>;
  readonly #log: DurableLog;
  readonly #parts: Assembly<Result>;
  readonly #core: Raft;
  readonly #proposals = new Proposals<Result>();
  readonly #alarm: Alarm;
  readonly #progress: ProgressWatch;
  #turnScheduled = false;
  #tickedAtMs: number;
  #wroteAtMs: number;
  #stopped = false;
  #seen: Pick<GroupStatus, 'role' | 'term' | 'committed'> & {
    readonly leader: NodeId;
    readonly vote: NodeId;
  };
  #configuration: Configuration;
  #configurationCommitted = false;

  private constructor(options: RaftNodeOptions<Result>, log: DurableLog) {
    const { ports } = options;
    this.#options = options;
    this.#log = log;
    this.#tickedAtMs = ports.clock.monotonicMs();
    this.#wroteAtMs = this.#tickedAtMs;
    this.#parts = new Assembly(options, log, {
      isStopped: () => this.#stopped,
      onQueued: () => this.#schedule(),
      onStepped: () => this.#stepped(),
      onApplied: () => this.#applied(),
      onAdopted: (mark) => this.#adopted(mark),
      onEvent: (event) => this.#tell(event),
      onFailure: (error) => this.#fail(error),
      read: (done) => this.read(done),
    });
    this.#core = this.#parts.core;
    this.#progress = new ProgressWatch(this.#core);
    options.inspect?.core(this.#core, log.recovered);
    const { role, term, committed, vote, configuration } = this.#core;
    this.#configuration = configuration;
    this.#seen = { role, term, leader: NOBODY, committed, vote };
    this.#alarm = new Alarm(ports, () => this.#schedule());
    this.#parts.peers.meet();
    this.#parts.room.start();
    this.#schedule();
  }

  /**
   * Opens the data directory and takes part in the group. Rejects with `WrongDirectory`, `DirectoryLocked`, `NoLog`,
   * `LogCorrupt`, `StoreMismatch`, the machine's own error or the disk's; the log is then as it was.
   */
  static async open<Result>(options: RaftNodeOptions<Result>): Promise<RaftNode<Result>> {
    const late: { node?: RaftNode<Result> } = {};
    const host: LogHost = {
      onFailure: (error) => {
        if (late.node === undefined) options.onFailure(error);
        else late.node.#fail(error);
      },
      onCompacted: () => {
        if (late.node !== undefined) late.node.#compacted();
      },
      onSlowWrite: (writeMs) => {
        if (late.node !== undefined) late.node.#tell({ kind: 'slow-disk', writeMs });
      },
      keepFrom: () => {
        const { node } = late;
        return node === undefined ? undefined : node.#neededAfter();
      },
    };
    const node = new RaftNode(options, await openParts(options, host));
    late.node = node;
    node.#tellOpened();
    return node;
  }

  /** Whose data directory it is. */
  get identity(): DirectoryIdentity {
    return this.#log.recovered.identity;
  }

  /** What operators do with this node. */
  get admin(): GroupAdmin {
    return this.#parts.operating;
  }

  propose(
    command: Uint8Array,
    done: (outcome: Outcome<Result>) => void,
    effect: CommandEffect = 'grows',
  ): void {
    this.#proposals.add(command, done, effect);
    this.#schedule();
  }

  read(done: (outcome: ReadOutcome) => void): void {
    this.#parts.reads.ask(done);
    this.#schedule();
  }

  status(): GroupStatus {
    const core = this.#core;
    const { configuration } = core;
    return {
      id: core.id,
      role: core.role,
      term: core.term,
      leader: this.#memberOf(core.leader),
      members: configuration.members,
      configuration,
      committed: core.committed,
      applied: core.applied,
      last: core.last,
      durable: core.durable,
      ready: !this.#stopped && core.serving,
    };
  }

  logTime(): LogTime | undefined {
    const { clock } = this.#options.ports;
    const now = { monotonicMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    return this.#stopped ? undefined : this.#core.logTimeAt(now);
  }

  watchProgress(listener: () => void): () => void {
    return this.#progress.add(listener);
  }

  /**
   * A leader hands leadership to the voter that has the most; resolves to true when this node does not lead (any
   * more), to false when nobody took over within an election timeout.
   */
  async handOver(): Promise<boolean> {
    if (this.#stopped || this.#core.role !== 'leader') return true;
    const { kind } = await this.#parts.operating.transfer(undefined);
    return kind === 'done' || this.#core.role !== 'leader';
  }

  /**
   * Leaves the group until the next start. Refuses what is offered from now on, ends what is pending as `unknown`,
   * writes the state into its store so that the next start is quick, and gives the data directory free. Once only.
   */
  async stop(): Promise<void> {
    const wasStopped = this.#stopped;
    this.#halt();
    if (wasStopped) return;
    await this.#parts.snapshots.stop();
    await this.#parts.flusher.finish();
    await this.#log.close({ clean: true });
    await this.#options.machine.close();
  }

  /** One turn: everything that came since the last one is decided together. */
  #turn(): void {
    this.#turnScheduled = false;
    if (this.#stopped) {
      this.#refuse('stopping');
      return;
    }
    const core = this.#core;
    const { clock } = this.#options.ports;
    const { electionTimeoutMinMs } = this.#parts.settings;
    const nowMs = clock.monotonicMs();
    const gapMs = nowMs - this.#tickedAtMs;
    this.#tickedAtMs = nowMs;
    core.tick({ monotonicMs: nowMs, wallMs: clock.wallMs() });
    if (gapMs >= electionTimeoutMinMs) this.#tell({ kind: 'stalled', gapMs });
    this.#watchRole();
    this.#parts.peers.reopenSilent(nowMs, {
      asks: core.role !== 'follower' && gapMs < electionTimeoutMinMs,
    });
    // What cannot be executed would only pile up.
    const { flusher } = this.#parts;
    core.setHeld(flusher.isFull);
    if (flusher.isFull) this.#proposals.refuseAll(flusher.lacksRoom ? 'disk-full' : 'overloaded');
    this.#proposals.offer(core, this.#parts.completions);
    this.#parts.reads.offer(nowMs, (id) => core.read(id));
    this.#do(core.ready());
    this.#alarm.set(nowMs, core.dueInMs);
  }

  #do(ready: Ready): void {
    const { transport } = this.#parts.peers;
    for (const rpc of ready.messages) {
      this.#options.inspect?.sent(rpc);
      transport.send(rpc);
    }
    if (ready.write !== undefined) this.#write(ready.write);
    else if (this.#tickedAtMs - this.#wroteAtMs >= IDLE_MS) this.#log.markIdle();
    for (const peer of ready.reopen) transport.reopenBulk(peer);
    transport.flush();
    for (const load of ready.loads) void this.#load(load);
    this.#parts.snapshots.do(ready);
    for (const { id, index } of ready.reads) {
      this.#parts.reads.confirmed(id, index, this.#tickedAtMs);
    }
    for (const { id, reason } of ready.readRefusals) this.#parts.reads.refused(id, reason);
    this.#parts.applier.poke();
    this.#parts.flusher.poke(this.#tickedAtMs);
    this.#applied();
    this.#watchRole();
    this.#watchConfiguration();
    this.#progress.poke();
  }

  #write(write: ReadyWrite): void {
    this.#wroteAtMs = this.#tickedAtMs;
    let entries = 0;
    let bytes = 0;
    for (const { count, byteLength } of write.batches) {
      entries += count;
      bytes += byteLength;
    }
    this.#parts.flusher.wrote(entries, bytes);
    this.#log.append(write, () => this.#persisted(write));
  }

  #persisted({ token, install }: ReadyWrite): void {
    if (this.#stopped) return;
    this.#core.persisted(token);
    if (install !== undefined) this.#parts.snapshots.inForce(install.mark);
    this.#stepped();
  }

  /** What waits for entries to be executed may go on. */
  #applied(): void {
    this.#parts.reads.applied(this.#core.applied);
    this.#parts.operating.committed();
    this.#progress.poke();
  }

  #adopted({ index, at }: SnapshotMark): void {
    this.#parts.applier.replaced(index, at);
    this.#parts.completions.skipThrough(index);
    this.#applied();
  }

  /** Entries after this one are on their way to somebody, or will be: the log keeps them if it can. */
  #neededAfter(): LogIndex | undefined {
    const sent = this.#parts.snapshots.sending.oldestIndex;
    const lagging = this.#core.neededAfter;
    if (sent === undefined || lagging === undefined) return sent ?? lagging;
    return sent < lagging ? sent : lagging;
  }

  /** The log dropped its oldest segments. */
  #compacted(): void {
    if (this.#stopped) return;
    const { compacted } = this.#log;
    this.#core.compactedThrough(compacted);
    this.#tell({ kind: 'compacted', index: compacted });
    this.#stepped();
  }

  async #load({ peer, from, maxBytes }: Load): Promise<void> {
    try {
      const batches = await this.#log.read(from, maxBytes);
      if (this.#stopped) return;
      this.#core.loaded(peer, batches);
      this.#stepped();
    } catch (error) {
      // Compacted or truncated meanwhile: the core finds out what the peer needs now.
      if (error instanceof NotInLog) this.#core.loaded(peer, []);
      else this.#fail(error);
    }
  }

  /**
   * The core took a step between turns. What it means for those who wait is seen at once: the applier may run before the
   * next turn, and must not tell them of entries that replaced their own.
   */
  #stepped(): void {
    this.#watchRole();
    this.#schedule();
  }

  /** The turn comes after the sockets were drained once: a late timer finds the heartbeat that waited in a socket. */
  #schedule(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#options.ports.timers.afterIo(() => this.#turn());
  }

  #watchRole(): void {
    const { role, term, leader, committed, vote } = this.#core;
    const before = this.#seen;
    this.#seen = { role, term, leader, committed, vote };
    if (vote !== NOBODY && (vote !== before.vote || term !== before.term)) {
      this.#tell({ kind: 'voted', term, candidate: vote });
    }
    if (role === before.role && term === before.term && leader === before.leader) return;
    // Whoever waits for the node comes first, and this is much to write.
    if (leader !== NOBODY) this.#prepareReserves();
    const lostLead = before.role === 'leader' && (role !== 'leader' || term !== before.term);
    if (lostLead) {
      // In a later term what is committed by now may be another leader's, which replaced our entries.
      this.#parts.completions.unknownAfter(term === before.term ? committed : before.committed);
      this.#parts.snapshots.sending.stop('leadership is lost');
    }
    this.#parts.peers.meet();
    this.#tell({ kind: 'role-changed', role, term, leader });
    this.#parts.operating.roleChanged({ lostLead });
  }

  #prepareReserves(): void {
    this.#log.prepareSpare();
    void this.#log.prepareBallast();
  }

  #watchConfiguration(): void {
    const { configuration, configurationIndex: index, committed } = this.#core;
    const isNew = configuration !== this.#configuration;
    const isCommitted = index <= committed;
    if (!isNew && isCommitted === this.#configurationCommitted) return;
    this.#configuration = configuration;
    this.#configurationCommitted = isCommitted;
    this.#parts.peers.meet();
    if (isNew) this.#tell({ kind: 'configuration-changed', index, configuration });
  }

  #memberOf(id: NodeId): Member | undefined {
    return this.#core.configuration.members.find((member) => member.id === id);
  }

  #tell(event: NodeEvent): void {
    this.#options.onEvent(event);
    this.#parts.operating.tell(event);
  }

  /** The log or the store failed, or a claim of ours turned out false: nothing is acknowledged any more. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#halt();
    this.#options.onFailure(error instanceof Error ? error : new Error(String(error)));
  }

  #halt(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#alarm.stop();
    this.#parts.room.stop();
    this.#parts.applier.stop();
    this.#parts.peers.transport.close();
    this.#parts.completions.unknownAll();
    this.#parts.operating.stop();
    this.#refuse('stopping');
    this.#progress.tell();
  }

  #refuse(reason: RefusalReason): void {
    this.#proposals.refuseAll(reason);
    this.#parts.reads.refuseAll(reason);
  }

  #tellOpened(): void {
    const { incarnation, clean, tornBytes, last } = this.#log.recovered;
    const { id, term } = this.#core;
    const flushed = this.#options.machine.flushedIndex;
    this.#tell({ kind: 'opened', id, incarnation, last, term, flushed, clean, tornBytes });
  }
}
