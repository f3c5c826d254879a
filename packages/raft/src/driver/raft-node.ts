import { decodeConfiguration } from '../core/configuration-codec.ts';
import type { Configuration, Member } from '../core/configuration.ts';
import { NOBODY, type NodeId } from '../core/numbers.ts';
import { Raft } from '../core/raft.ts';
import type { Load, Ready } from '../core/ready.ts';
import { DEFAULT_SETTINGS, type Settings } from '../core/settings.ts';
import type { StateMachine } from '../ports.ts';
import { DurableLog } from '../storage/log.ts';
import { Alarm } from './alarm.ts';
import { Applier } from './applier.ts';
import { Completions } from './completions.ts';
import type { Group, GroupStatus, Outcome, ReadOutcome, RefusalReason } from './group.ts';
import { belongsTo, newDirectory } from './membership.ts';
import type { NodeEvent } from './node-events.ts';
import {
  type Inspector,
  type Ports,
  type RaftNodeOptions,
  WrongDirectory,
} from './node-options.ts';
import { Proposals } from './proposals.ts';
import { Reads } from './reads.ts';
import { Silence } from './silence.ts';
import { Transport } from './transport/transport.ts';

/** Without a write for so long, the log is marked idle. */
const IDLE_MS = 1_000;

/** One group runs; every record and rpc says which. */
const GROUP_ID = 1;

/**
 * A running member of a Raft group. It owns the core and does what the core decides: all that happens in one turn of
 * the event loop – rpcs, finished writes, proposals – is one step, with one durable write and one socket write per
 * peer at its end.
 */
export class RaftNode<Result> implements Group<Result> {
  readonly #core: Raft;
  readonly #log: DurableLog;
  readonly #transport: Transport;
  readonly #applier: Applier<Result>;
  readonly #ports: Ports;
  readonly #settings: Settings;
  readonly #onEvent: (event: NodeEvent) => void;
  readonly #onFailure: (error: Error) => void;
  readonly #inspect: Inspector | undefined;
  readonly #proposals = new Proposals<Result>();
  readonly #completions = new Completions<Result>();
  readonly #reads = new Reads();
  readonly #silence: Silence;
  readonly #alarm: Alarm;
  readonly #roleWatchers = new Set<() => void>();
  #turnScheduled = false;
  #tickedAtMs: number;
  #wroteAtMs: number;
  #stopped = false;
  #seen: Pick<GroupStatus, 'role' | 'term' | 'committed'> & { readonly leader: NodeId };
  #configuration: Configuration;

  private constructor(options: RaftNodeOptions<Result>, log: DurableLog, settings: Settings) {
    const { ports, machine } = options;
    const { recovered } = log;
    this.#log = log;
    this.#ports = ports;
    this.#settings = settings;
    this.#onEvent = options.onEvent;
    this.#onFailure = options.onFailure;
    this.#inspect = options.inspect;
    this.#silence = new Silence(2 * settings.electionTimeoutMaxMs);
    this.#alarm = new Alarm(ports.timers, () => this.#schedule());
    this.#tickedAtMs = ports.clock.monotonicMs();
    this.#wroteAtMs = this.#tickedAtMs;
    const now = { monotonicMs: this.#tickedAtMs, wallMs: ports.clock.wallMs() };
    this.#core = new Raft({
      settings,
      random: ports.random,
      hardState: recovered.hardState,
      log: recovered,
      configurations: recovered.configurations.map(({ index, payload }) => ({
        index,
        configuration: decodeConfiguration(payload),
      })),
      now,
    });
    this.#inspect?.core(this.#core);
    this.#configuration = this.#core.configuration;
    const { role, term, committed } = this.#core;
    this.#seen = { role, term, leader: NOBODY, committed };
    this.#applier = this.#newApplier(machine);
    this.#transport = this.#newTransport();
    this.#meetMembers();
    this.#schedule();
  }

  /**
   * Opens the data directory and takes part in the group. Rejects with `WrongDirectory`, `DirectoryLocked`, `NoLog`,
   * `LogCorrupt`, or the disk's own error; the directory is then as it was.
   */
  static async open<Result>(options: RaftNodeOptions<Result>): Promise<RaftNode<Result>> {
    const { ports, directory, create } = options;
    let { onFailure } = options;
    const log = await DurableLog.open({
      disk: ports.disk,
      directory,
      groupId: GROUP_ID,
      create: create === undefined ? undefined : newDirectory(create, ports.random),
      ...(options.segmentBytes === undefined ? {} : { segmentBytes: options.segmentBytes }),
      inspect: (found) => {
        if (create === undefined || belongsTo(found, create)) return;
        throw new WrongDirectory(directory, found.identity);
      },
      pace: {
        nowMs: () => ports.clock.monotonicMs(),
        rest: (ms) => new Promise((resolve) => void ports.timers.after(ms, resolve)),
      },
      newSalt: () => Math.floor(ports.random.next() * 0x1_0000_0000),
      onFailure: (error) => onFailure(error),
    });
    const { identity } = log.recovered;
    const settings = {
      ...DEFAULT_SETTINGS,
      ...options.timing,
      ...options.limits,
      id: identity.nodeId,
      groupId: GROUP_ID,
    };
    const node = new RaftNode(options, log, settings);
    onFailure = (error) => node.#fail(error);
    node.#tellOpened();
    return node;
  }

  propose(command: Uint8Array, done: (outcome: Outcome<Result>) => void): void {
    this.#proposals.add(command, done);
    this.#schedule();
  }

  read(done: (outcome: ReadOutcome) => void): void {
    this.#reads.ask(done);
    this.#schedule();
  }

  status(): GroupStatus {
    const core = this.#core;
    return {
      id: core.id,
      role: core.role,
      term: core.term,
      leader: this.#memberOf(core.leader),
      members: core.configuration.members,
      committed: core.committed,
      applied: core.applied,
      last: core.last,
      durable: core.durable,
      ready: !this.#stopped && core.serving,
    };
  }

  /**
   * A leader hands leadership to the voter that has the most; resolves to true when this node does not lead (any
   * more), to false when nobody took over within an election timeout.
   */
  async handOver(): Promise<boolean> {
    const core = this.#core;
    if (this.#stopped || core.role !== 'leader') return true;
    if (core.transferLeadership() === NOBODY) return false;
    this.#schedule();
    return new Promise((resolve) => {
      const watcher = (): void => {
        if (core.role === 'leader') return;
        finish(true);
      };
      const finish = (handed: boolean): void => {
        this.#roleWatchers.delete(watcher);
        cancel();
        resolve(handed);
      };
      const cancel = this.#ports.timers.after(this.#settings.electionTimeoutMaxMs, () =>
        finish(false),
      );
      this.#roleWatchers.add(watcher);
    });
  }

  /**
   * Leaves the group until the next start. Refuses what is offered from now on, ends what is pending as `unknown`, and
   * gives the data directory free. Once only.
   */
  async stop(): Promise<void> {
    const wasStopped = this.#stopped;
    this.#halt();
    if (!wasStopped) await this.#log.close({ clean: true });
  }

  /** One turn: everything that came since the last one is decided together. */
  #turn(): void {
    this.#turnScheduled = false;
    if (this.#stopped) {
      this.#refuse('stopping');
      return;
    }
    const core = this.#core;
    const nowMs = this.#ports.clock.monotonicMs();
    const gapMs = nowMs - this.#tickedAtMs;
    this.#tickedAtMs = nowMs;
    core.tick({ monotonicMs: nowMs, wallMs: this.#ports.clock.wallMs() });
    if (gapMs >= this.#settings.electionTimeoutMinMs) this.#onEvent({ kind: 'stalled', gapMs });
    this.#watchRole();
    this.#reopenSilent(nowMs, gapMs);
    this.#proposals.offer(core, this.#completions);
    this.#reads.offer((id) => core.read(id));
    this.#do(core.ready());
    this.#alarm.set(nowMs, core.dueInMs);
  }

  /** Peers answer a leader's heartbeats and a candidate's requests; a follower asks nobody. */
  #reopenSilent(nowMs: number, gapMs: number): void {
    const asks = this.#core.role !== 'follower' && gapMs < this.#settings.electionTimeoutMinMs;
    if (!asks) this.#silence.excuse(nowMs);
    for (const peer of this.#silence.overdue(nowMs)) this.#transport.reopen(peer);
  }

  #do(ready: Ready): void {
    for (const rpc of ready.messages) {
      this.#inspect?.sent(rpc);
      this.#transport.send(rpc);
    }
    const { write } = ready;
    if (write !== undefined) {
      this.#wroteAtMs = this.#tickedAtMs;
      this.#log.append(write, () => this.#persisted(write.token));
    } else if (this.#tickedAtMs - this.#wroteAtMs >= IDLE_MS) this.#log.markIdle();
    for (const peer of ready.reopen) this.#transport.reopenBulk(peer);
    this.#transport.flush();
    for (const load of ready.loads) void this.#load(load);
    for (const { id, index } of ready.reads) this.#reads.confirmed(id, index);
    this.#applier.poke();
    this.#reads.applied(this.#core.applied);
    this.#watchRole();
    if (this.#core.configuration !== this.#configuration) this.#meetMembers();
  }

  #persisted(token: number): void {
    if (this.#stopped) return;
    this.#core.persisted(token);
    this.#stepped();
  }

  async #load({ peer, from, maxBytes }: Load): Promise<void> {
    try {
      const batches = await this.#log.read(from, maxBytes);
      if (this.#stopped) return;
      this.#core.loaded(peer, batches);
      this.#stepped();
    } catch (error) {
      this.#fail(error);
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
    this.#ports.timers.afterIo(() => this.#turn());
  }

  #watchRole(): void {
    const { role, term, leader, committed } = this.#core;
    const before = this.#seen;
    this.#seen = { role, term, leader, committed };
    if (role === before.role && term === before.term && leader === before.leader) return;
    // Whoever waits for the node comes first, and this is much to write.
    if (leader !== NOBODY) this.#log.prepareSpare();
    if (before.role === 'leader' && (role !== 'leader' || term !== before.term)) {
      // Not what is committed by now: the next leader may have replaced our entries and committed its own already.
      this.#completions.unknownAfter(before.committed);
      this.#reads.refuseUnconfirmed('not-leader');
    }
    this.#onEvent({ kind: 'role-changed', role, term, leader });
    for (const watcher of this.#roleWatchers) watcher();
  }

  #meetMembers(): void {
    this.#configuration = this.#core.configuration;
    this.#transport.setPeers(
      this.#configuration.members
        .filter(({ id }) => id !== this.#core.id)
        .map(({ id, address }) => ({
          id,
          address: { ip: address.ip, port: address.internalPort },
        })),
    );
  }

  #memberOf(id: NodeId): Member | undefined {
    return this.#core.configuration.members.find((member) => member.id === id);
  }

  /** The log failed, or a claim of ours turned out false: nothing is acknowledged any more. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#halt();
    this.#onFailure(error instanceof Error ? error : new Error(String(error)));
  }

  #halt(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#alarm.stop();
    this.#applier.stop();
    this.#transport.close();
    this.#completions.unknownAll();
    this.#refuse('stopping');
  }

  #refuse(reason: RefusalReason): void {
    this.#proposals.refuseAll(reason);
    this.#reads.refuseAll(reason);
  }

  #newApplier(machine: StateMachine<Result>): Applier<Result> {
    return new Applier({
      core: this.#core,
      machine,
      clock: this.#ports.clock,
      timers: this.#ports.timers,
      read: (first, maxBytes) => this.#log.read(first, maxBytes),
      onResult: (entry, result) => this.#completions.committed(entry, result),
      onApplied: () => this.#reads.applied(this.#core.applied),
      onFailure: (error) => this.#fail(error),
    });
  }

  #newTransport(): Transport {
    const core = this.#core;
    const { network, timers, clock, random } = this.#ports;
    const { identity, incarnation, peers } = this.#log.recovered;
    const then = (act: () => void): void => {
      if (this.#stopped) return;
      act();
      this.#stepped();
    };
    return new Transport({
      network,
      timers,
      clock,
      random,
      identity: { identity, incarnation },
      groupId: GROUP_ID,
      knownPeers: peers,
      stallMs: 2 * this.#settings.electionTimeoutMaxMs,
      handlers: {
        received: (rpc) => {
          this.#silence.heard(rpc.from, this.#tickedAtMs);
          then(() => core.step(rpc, clock.monotonicMs()));
        },
        connected: (peer) => {
          this.#silence.opened(peer, this.#tickedAtMs);
          then(() => core.peerConnected(peer));
        },
        disconnected: (peer) => {
          this.#silence.closed(peer);
          then(() => core.peerDisconnected(peer));
        },
        gone: (peer) => {
          this.#onEvent({ kind: 'peer-gone', peer });
          then(() => core.peerGone(peer));
        },
        remember: (peer, instanceId, done) => this.#log.rememberPeer(peer, instanceId, done),
        event: this.#onEvent,
      },
    });
  }

  #tellOpened(): void {
    const { incarnation, clean, tornBytes, last } = this.#log.recovered;
    const { id, term } = this.#core;
    this.#onEvent({ kind: 'opened', id, incarnation, last, term, clean, tornBytes });
  }
}
