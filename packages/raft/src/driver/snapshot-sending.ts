import type { LogIndex, NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { InstallReply, SnapshotName } from '../core/rpc.ts';
import type { MachineSnapshot, StateMachine, Timers } from '../ports.ts';
import { SnapshotTransfer } from './snapshot-transfer.ts';

/** Transfers at one time: each keeps a view of the store open, and shares disk and network with the load. */
const TRANSFERS_MAX = 2;

export interface SnapshotSendingOptions {
  readonly core: Pick<Raft, 'sendChunk' | 'snapshotEnded' | 'markAt'>;
  readonly machine: Pick<StateMachine<unknown>, 'openSnapshot'>;
  readonly timers: Timers;
  /** A transfer without an answer for so long is given up. */
  readonly patienceMs: number;
  /** An answer that does not come for so long is asked for. */
  readonly askAgainMs: number;
  /** Something was queued at the core between turns. */
  readonly onQueued: () => void;
  readonly onStarted: (peer: NodeId, index: LogIndex) => void;
  readonly onEnded: (peer: NodeId, index: LogIndex, installed: boolean, why: string) => void;
}

/** Sends this leader's state to peers that lack what the log no longer holds. */
export class SnapshotSending {
  readonly #options: SnapshotSendingOptions;
  readonly #transfers = new Map<NodeId, SnapshotTransfer>();
  #lastId = 0;

  constructor(options: SnapshotSendingOptions) {
    this.#options = options;
  }

  /** The log must keep the entries after this one, or a snapshot that is being sent is of no use; nothing is sent: `undefined`. */
  get oldestIndex(): LogIndex | undefined {
    let oldest: LogIndex | undefined;
    for (const { index } of this.#transfers.values()) {
      if (oldest === undefined || index < oldest) oldest = index;
    }
    return oldest;
  }

  /** The core wants a snapshot sent to this peer. */
  start(peer: NodeId): void {
    const { core, machine } = this.#options;
    this.#giveUp(peer);
    if (this.#transfers.size >= TRANSFERS_MAX) {
      core.snapshotEnded(peer, { kind: 'failed' });
      return;
    }
    const view = machine.openSnapshot();
    const transfer = this.#newTransfer(peer, view);
    this.#transfers.set(peer, transfer);
    this.#options.onStarted(peer, view.index);
    transfer.start();
  }

  received(reply: InstallReply): void {
    const transfer = this.#transfers.get(reply.from);
    if (transfer?.id === reply.snapshotId) transfer.received(reply);
  }

  /** A stream to the peer is there again: what was on its way may be lost. */
  connected(peer: NodeId): void {
    this.#transfers.get(peer)?.ask();
  }

  /** Leadership is lost, or the node stops; the core has forgotten its peers by then. */
  stop(why: string): void {
    for (const transfer of this.#transfers.values()) transfer.abort(why);
  }

  /** The peer went on in another way, and needs a snapshot again. */
  #giveUp(peer: NodeId): void {
    const before = this.#transfers.get(peer);
    this.#transfers.delete(peer);
    before?.abort('another one takes its place');
  }

  #newTransfer(peer: NodeId, view: MachineSnapshot): SnapshotTransfer {
    const { core, timers, patienceMs, askAgainMs, onQueued } = this.#options;
    const transfer = new SnapshotTransfer({
      name: this.#nameOf(view),
      view,
      timers,
      patienceMs,
      askAgainMs,
      send: (chunk) => {
        const sent = core.sendChunk(peer, chunk);
        onQueued();
        return sent;
      },
      onEnded: (installed, why) => {
        this.#options.onEnded(peer, view.index, installed, why);
        if (this.#transfers.get(peer) !== transfer) return;
        this.#transfers.delete(peer);
        core.snapshotEnded(
          peer,
          installed ? { kind: 'installed', index: view.index } : { kind: 'failed' },
        );
        onQueued();
      },
    });
    return transfer;
  }

  #nameOf({ index, at }: MachineSnapshot): SnapshotName {
    this.#lastId += 1;
    const { term, configuration } = this.#options.core.markAt(index);
    return {
      id: this.#lastId,
      index,
      term,
      at,
      configuration: configuration.payload,
      configurationIndex: configuration.index,
    };
  }
}
