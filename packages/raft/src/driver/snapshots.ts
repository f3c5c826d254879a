import { assert } from '../core/assert.ts';
import type { Raft } from '../core/raft.ts';
import type { Ready, SnapshotMark } from '../core/ready.ts';
import type { StateMachine, Timers } from '../ports.ts';
import type { NodeEvent } from './node-events.ts';
import { SnapshotReceiving } from './snapshot-receiving.ts';
import { SnapshotSending } from './snapshot-sending.ts';

/** A transfer without progress for so long is given up, at either end. */
const PATIENCE_MS = 10_000;

export interface SnapshotsOptions {
  readonly core: Raft;
  readonly machine: StateMachine<unknown>;
  readonly timers: Timers;
  /** Two election timeouts: an answer that does not come for so long is asked for. */
  readonly askAgainMs: number;
  /** There is room on the disk, as far as is known. */
  readonly hasRoom: () => boolean;
  /** Of the machine's state at the start. */
  readonly generation: number;
  /** The state of a received snapshot is in force: what is executed goes on from there. */
  readonly onAdopted: (mark: SnapshotMark) => void;
  /** Something was queued at the core between turns. */
  readonly onQueued: () => void;
  readonly onEvent: (event: NodeEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Snapshots that this node sends, receives and puts in force. */
export class Snapshots {
  readonly sending: SnapshotSending;
  readonly #receiving: SnapshotReceiving;
  readonly #options: SnapshotsOptions;
  #generation: number;
  #adopting: Promise<void> | undefined;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#generation = options.generation;
    const { core, machine, timers, onQueued, onEvent } = options;
    this.sending = new SnapshotSending({
      core,
      machine,
      timers,
      patienceMs: PATIENCE_MS,
      askAgainMs: options.askAgainMs,
      onQueued,
      onStarted: (peer, index) => onEvent({ kind: 'snapshot-sending', peer, index }),
      onEnded: (peer, index, installed, why) =>
        onEvent({ kind: 'snapshot-sent', peer, index, installed, why }),
    });
    this.#receiving = new SnapshotReceiving({
      core,
      machine,
      timers,
      patienceMs: PATIENCE_MS,
      generation: () => this.#generation,
      hasRoom: options.hasRoom,
      onQueued,
      onStarted: (peer, index) => onEvent({ kind: 'snapshot-receiving', peer, index }),
      onFailed: (peer, index, error) =>
        onEvent({ kind: 'snapshot-refused', peer, index, reason: String(error) }),
    });
  }

  /** Of the machine's state in force. */
  get generation(): number {
    return this.#generation;
  }

  do({ snapshots, snapshotRpcs }: Ready): void {
    for (const peer of snapshots) this.sending.start(peer);
    for (const rpc of snapshotRpcs) {
      if (rpc.kind === 'install-snapshot') this.#receiving.received(rpc);
      else this.sending.received(rpc);
    }
  }

  /** The record that puts a received state in force is durable. */
  inForce(mark: SnapshotMark): void {
    assert(mark.generation === this.#generation + 1, 'states are put in force one after the other');
    this.#adopting = this.#adopt(mark);
  }

  async stop(): Promise<void> {
    this.sending.stop('the node stops');
    await this.#receiving.stop();
    await this.#adopting;
  }

  async #adopt(mark: SnapshotMark): Promise<void> {
    const { core, machine, onAdopted, onQueued, onEvent, onFailure } = this.#options;
    try {
      await machine.adopt(mark.generation);
      this.#generation = mark.generation;
      core.restored();
      onAdopted(mark);
      this.#receiving.installed();
      onEvent({ kind: 'snapshot-installed', index: mark.index });
      onQueued();
    } catch (error) {
      onFailure(error);
    }
  }
}
