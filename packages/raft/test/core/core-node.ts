import { assert } from '../../src/core/assert.ts';
import { EntryType } from '../../src/core/entry-batch.ts';
import type { Proposed } from '../../src/core/leading.ts';
import { logIndex, logTime, type NodeId } from '../../src/core/numbers.ts';
import type { ConfirmedRead, RefusedRead } from '../../src/core/pending-reads.ts';
import { Raft } from '../../src/core/raft.ts';
import type { ReadyWrite } from '../../src/core/ready.ts';
import type { Rpc } from '../../src/core/rpc.ts';
import { DEFAULT_SETTINGS } from '../../src/core/settings.ts';
import type { CoreNetwork } from './core-network.ts';
import { CoreSnapshots } from './core-snapshots.ts';
import type { DurableImage } from './durable-image.ts';

interface CoreNodeStart {
  readonly id: NodeId;
  readonly disk: DurableImage;
  readonly wallOffsetMs: number;
}

/** One core with its disk, which does what the driver does. */
export class CoreNode {
  readonly id: NodeId;
  readonly disk: DurableImage;
  core: Raft;
  running = true;
  /** What `Random` gives, 0 … 1: less means a shorter timeout. Lower ids are quicker, unless told otherwise. */
  luck: number;
  wallOffsetMs: number;
  /** Reads that the core has confirmed. */
  readonly reads: ConfirmedRead[] = [];
  /** Reads that the core took and then refused. */
  readonly refusedReads: RefusedRead[] = [];
  /** Peers whose stream for entries the core wanted anew. */
  readonly reopened: NodeId[] = [];
  /** Commands that the state machine shows. */
  commands: string[] = [];
  snapshots: CoreSnapshots;
  /** The state machine executes nothing, however much is committed. */
  applyHeld = false;
  readonly #network: CoreNetwork;
  #writes: ReadyWrite[] = [];
  #diskHeld = false;
  #paused = false;
  #inbox: Rpc[] = [];

  constructor(network: CoreNetwork, { id, disk, wallOffsetMs }: CoreNodeStart) {
    this.#network = network;
    this.snapshots = new CoreSnapshots(disk);
    this.id = id;
    this.disk = disk;
    this.wallOffsetMs = wallOffsetMs;
    this.luck = id / 10;
    this.core = this.#start();
  }

  /** The terms of the log, the first entry after the compacted ones first. */
  get terms(): readonly number[] {
    const { compacted, last } = this.core;
    return Array.from(
      { length: last - compacted },
      (_, i) => this.core.termAt(logIndex(compacted + i + 1)) ?? Number.NaN,
    );
  }

  /** Writes that were ordered and are not durable. */
  get writes(): readonly ReadyWrite[] {
    return this.#writes;
  }

  propose(...commands: string[]): Proposed {
    const proposed = this.core.propose(commands.map((command) => Buffer.from(command)));
    this.act();
    return proposed;
  }

  read(id: number): ReturnType<Raft['read']> {
    const refusal = this.core.read(id);
    this.act();
    return refusal;
  }

  receive(rpc: Rpc): void {
    if (!this.running) return;
    if (this.#paused) {
      this.#inbox.push(rpc);
      return;
    }
    this.core.step(rpc, this.#network.nowMs);
    this.act();
  }

  tick(): void {
    if (!this.running || this.#paused) return;
    const monotonicMs = this.#network.nowMs;
    this.core.tick({ monotonicMs, wallMs: this.#network.wallMs(this.wallOffsetMs) });
    this.snapshots.tick(this.core, monotonicMs);
    this.act();
  }

  /** Does what the core decided, until it wants nothing more. */
  act(): void {
    while (this.running && !this.#paused) {
      const ready = this.core.ready();
      const { messages, write, loads } = ready;
      this.reopened.push(...ready.reopen);
      for (const rpc of messages) this.#network.send(rpc);
      if (write !== undefined) this.#writes.push(write);
      this.reads.push(...ready.reads);
      this.refusedReads.push(...ready.readRefusals);
      this.snapshots.act(this.core, ready, this.#network.nowMs);
      for (const { peer, from, maxBytes } of loads) {
        this.core.loaded(peer, this.disk.read(from, maxBytes));
      }
      this.#apply();
      const persisted = !this.#diskHeld && this.#persistAll();
      this.snapshots.persisted(this.core, (commands) => (this.commands = [...commands]));
      const { snapshots, snapshotRpcs } = ready;
      const asked = messages.length + loads.length + snapshots.length + snapshotRpcs.length;
      this.#network.observe(this, write);
      if (asked === 0 && write === undefined && !persisted) return;
    }
  }

  /** The store takes in what was executed; the log drops entries through `through`, but for none that it lacks. */
  compact(through: number): void {
    this.disk.store = { index: this.core.applied, commands: [...this.commands] };
    const mark = this.core.markAt(logIndex(through));
    this.disk.compact({ ...mark, at: logTime(through) });
    this.core.compactedThrough(mark.index);
    this.act();
  }

  /** From now on writes become durable only by `persist`. */
  holdDisk(): void {
    this.#diskHeld = true;
  }

  /** The oldest `count` writes become durable; those that come later do, too, when no count is given. */
  persist(count = Infinity): void {
    if (count === Infinity) this.#diskHeld = false;
    for (let i = 0; i < count && this.#writes.length > 0; i += 1) this.#persistOne();
    this.act();
  }

  /** The process stands still: it neither reads its sockets nor its clock. */
  pause(): void {
    this.#paused = true;
  }

  /** The process goes on: first it reads its sockets, then its clock. */
  resume(): void {
    this.#paused = false;
    for (const rpc of this.#inbox.splice(0)) this.core.step(rpc, this.#network.nowMs);
    this.tick();
  }

  /** The process dies: what was not durable is gone. */
  crash(): void {
    this.running = false;
    this.#writes = [];
    this.#inbox = [];
  }

  restart(): void {
    this.crash();
    this.running = true;
    this.#diskHeld = false;
    this.disk.received = undefined;
    this.snapshots = new CoreSnapshots(this.disk);
    this.core = this.#start();
    this.act();
  }

  #start(): Raft {
    const { id } = this;
    const monotonicMs = this.#network.nowMs;
    this.commands = [...this.disk.store.commands];
    return new Raft({
      settings: { ...DEFAULT_SETTINGS, ...this.#network.settings, id, groupId: 1 },
      random: { next: () => this.luck },
      hardState: this.disk.hardState,
      log: this.disk.shape,
      applied: this.disk.store.index,
      configurations: this.disk.configurations,
      now: { monotonicMs, wallMs: this.#network.wallMs(this.wallOffsetMs) },
    });
  }

  #persistAll(): boolean {
    if (this.#writes.length === 0) return false;
    while (this.#writes.length > 0) this.#persistOne();
    return true;
  }

  #persistOne(): void {
    const write = this.#writes.shift();
    assert(write !== undefined, 'there is a write to make durable');
    this.disk.write(write);
    this.core.persisted(write.token);
  }

  #apply(): void {
    if (this.applyHeld || this.core.installing !== undefined) return;
    while (this.core.applied < this.core.committed) {
      const index = logIndex(this.core.applied + 1);
      const batch = this.core.entriesFrom(index, 1)?.[0] ?? this.disk.read(index, 1)[0];
      assert(batch !== undefined, 'a committed entry is in memory or on disk');
      const { type, payload } = batch.entry(index);
      if (type === EntryType.command) this.commands.push(payload.toString());
      this.core.appliedThrough(index);
    }
  }
}
