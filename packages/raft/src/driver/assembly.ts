import type { Raft } from '../core/raft.ts';
import type { SnapshotMark } from '../core/ready.ts';
import type { Settings } from '../core/settings.ts';
import type { DurableLog } from '../storage/log.ts';
import { Applier } from './applier.ts';
import { Completions } from './completions.ts';
import { DEFAULT_FLUSH_LIMITS, Flusher } from './flusher.ts';
import type { ReadOutcome } from './group.ts';
import type { NodeEvent } from './node-events.ts';
import type { RaftNodeOptions } from './node-options.ts';
import { newCore, settingsOf } from './opening.ts';
import { Operating } from './operating.ts';
import { Peers } from './peers.ts';
import { Reads } from './reads.ts';
import { RoomWatch } from './room-watch.ts';
import { Snapshots } from './snapshots.ts';

/** What the spare segment and the ballast do not cover: a flush of the store, a snapshot that comes in, others' files. */
const RESERVE_BYTES = 67_108_864;

/** What the parts of a node tell it. */
export interface AssemblyHost {
  isStopped(): boolean;
  /** Something is to be done in a turn soon. */
  onQueued(): void;
  /** The core took a step between turns. */
  onStepped(): void;
  /** More is executed, or shown by the state in another way. */
  onApplied(): void;
  /** The state of a snapshot is in force. */
  onAdopted(mark: SnapshotMark): void;
  onEvent(event: NodeEvent): void;
  onFailure(error: unknown): void;
  read(done: (outcome: ReadOutcome) => void): void;
}

/** All that a node consists of, put together; each part is told what it may call. */
export class Assembly<Result> {
  readonly core: Raft;
  readonly settings: Settings;
  readonly completions = new Completions<Result>();
  readonly reads = new Reads();
  readonly applier: Applier<Result>;
  readonly flusher: Flusher;
  readonly snapshots: Snapshots;
  readonly room: RoomWatch;
  readonly peers: Peers;
  readonly operating: Operating;
  readonly #options: RaftNodeOptions<Result>;
  readonly #log: DurableLog;
  readonly #host: AssemblyHost;

  constructor(options: RaftNodeOptions<Result>, log: DurableLog, host: AssemblyHost) {
    this.#options = options;
    this.#log = log;
    this.#host = host;
    this.settings = settingsOf(options, log);
    this.core = newCore(options, log, this.settings);
    this.applier = this.#newApplier();
    this.flusher = this.#newFlusher();
    this.snapshots = this.#newSnapshots();
    this.room = this.#newRoomWatch();
    this.peers = this.#newPeers();
    this.operating = this.#newOperating();
  }

  #newApplier(): Applier<Result> {
    const { machine, ports } = this.#options;
    return new Applier({
      core: this.core,
      machine,
      clock: ports.clock,
      timers: ports.timers,
      read: (first, maxBytes) => this.#log.read(first, maxBytes),
      isHeld: () => this.flusher.isFull,
      onResult: (entry, result) => this.completions.committed(entry, result),
      onApplied: () => this.#host.onApplied(),
      onFailure: (error) => this.#host.onFailure(error),
    });
  }

  #newFlusher(): Flusher {
    const { machine, flush } = this.#options;
    return new Flusher({
      machine,
      core: this.core,
      log: this.#log,
      limits: { ...DEFAULT_FLUSH_LIMITS, ...flush },
      executed: () => this.applier.executed,
      generation: () => this.snapshots.generation,
      onFlushed: (index) => {
        this.#host.onEvent({ kind: 'flushed', index });
        this.#host.onQueued();
      },
      onStoreFull: () => this.#host.onEvent({ kind: 'store-full' }),
      onFailure: (error) => this.#host.onFailure(error),
    });
  }

  #newSnapshots(): Snapshots {
    const { machine, ports } = this.#options;
    return new Snapshots({
      core: this.core,
      machine,
      timers: ports.timers,
      askAgainMs: 2 * this.settings.electionTimeoutMaxMs,
      hasRoom: () => this.core.room,
      generation: this.#log.recovered.mark?.generation ?? 1,
      onAdopted: (mark) => this.#host.onAdopted(mark),
      onQueued: () => this.#host.onQueued(),
      onEvent: (event) => this.#host.onEvent(event),
      onFailure: (error) => this.#host.onFailure(error),
    });
  }

  #newRoomWatch(): RoomWatch {
    const { ports, directory, reserveBytes = RESERVE_BYTES } = this.#options;
    return new RoomWatch({
      disk: ports.disk,
      timers: ports.timers,
      directory,
      reserveBytes,
      onChange: (room, freeBytes) => {
        this.core.setRoom(room);
        if (room) void this.#log.prepareBallast();
        this.#host.onEvent({ kind: 'room-changed', room, freeBytes });
      },
    });
  }

  #newPeers(): Peers {
    const { ports, address, auth, inspect } = this.#options;
    return new Peers({
      core: this.core,
      log: this.#log,
      ports,
      address,
      auth,
      stallMs: 2 * this.settings.electionTimeoutMaxMs,
      step: (act) => {
        if (this.#host.isStopped()) return;
        act();
        this.#host.onStepped();
      },
      onReceived: (rpc) => inspect?.received(rpc),
      onConnected: (peer) => this.snapshots.sending.connected(peer),
      onEvent: (event) => this.#host.onEvent(event),
    });
  }

  #newOperating(): Operating {
    const { machine, ports } = this.#options;
    const { core, room, reads, completions, flusher, applier } = this;
    const { transport } = this.peers;
    return new Operating({
      core,
      timers: ports.timers,
      transferTimeoutMs: this.settings.electionTimeoutMaxMs,
      gauges: { core, log: this.#log, machine, transport, room, reads, completions },
      backups: {
        read: (done) => this.#host.read(done),
        machine,
        flusher,
        executed: () => applier.executed.index,
        timers: ports.timers,
      },
      isStopped: () => this.#host.isStopped(),
      onStepped: () => this.#host.onStepped(),
    });
  }
}
