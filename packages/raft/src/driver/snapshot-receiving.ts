import { FalseClaim } from '../core/assert.ts';
import type { Incarnation, LogIndex, NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { SnapshotMark } from '../core/ready.ts';
import type { InstallSnapshot, SnapshotName } from '../core/rpc.ts';
import type { SnapshotSink, StateMachine, Timers } from '../ports.ts';

/** Chunks that wait to be written; a leader has two on their way. More is dropped, and asked for again. */
const WAITING_MAX = 4;

export interface SnapshotReceivingOptions {
  readonly core: Pick<Raft, 'answerChunk' | 'restore' | 'committed'>;
  readonly machine: Pick<StateMachine<unknown>, 'receive'>;
  readonly timers: Timers;
  /** Nothing comes for so long: what was received is removed. */
  readonly patienceMs: number;
  /** The generation of the machine's state. */
  readonly generation: () => number;
  /** There is room on the disk for a state beside the one in force, as far as is known. */
  readonly hasRoom: () => boolean;
  /** Something was queued at the core between turns. */
  readonly onQueued: () => void;
  readonly onStarted: (from: NodeId, index: LogIndex) => void;
  readonly onFailed: (from: NodeId, index: LogIndex, error: unknown) => void;
}

/** A snapshot that is coming in. */
interface Incoming {
  readonly from: NodeId;
  /** Of the sender: a later one counts its transfers anew. */
  readonly boot: Incarnation;
  readonly name: SnapshotName;
  readonly sink: SnapshotSink;
  /** The chunk that comes next. */
  next: number;
}

/**
 * Takes a leader's snapshot, chunk after chunk, into a state of its own beside the one in force. When it is whole and
 * durable there, the core orders the record in the log that puts it in force (`Raft.restore`).
 */
export class SnapshotReceiving {
  readonly #options: SnapshotReceivingOptions;
  #incoming: Incoming | undefined;
  #waiting: InstallSnapshot[] = [];
  #working: Promise<void> | undefined;
  /** All chunks are there, and the rpc that brought the last is answered when the snapshot is in force. */
  #completing: { readonly incoming: Incoming; readonly rpc: InstallSnapshot } | undefined;
  #callOffPatience: (() => void) | undefined;
  #stopped = false;

  constructor(options: SnapshotReceivingOptions) {
    this.#options = options;
  }

  received(rpc: InstallSnapshot): void {
    if (this.#stopped) return;
    if (this.#completing !== undefined) {
      this.#answerWhileCompleting(rpc, this.#completing.incoming);
    } else if (this.#waiting.length < WAITING_MAX) {
      this.#waiting.push(rpc);
      this.#working ??= this.#work();
    }
  }

  /** The snapshot is in force. */
  installed(): void {
    const rpc = this.#completing?.rpc;
    this.#completing = undefined;
    if (rpc !== undefined) this.#answer(rpc, 'installed', rpc.chunk + 1);
  }

  /** Checking a large state takes long: the leader learns that this node is at it, and waits. */
  #answerWhileCompleting(rpc: InstallSnapshot, incoming: Incoming): void {
    if (rpc.data.length === 0 && isOf(rpc, incoming)) this.#answer(rpc, 'more', incoming.next);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#callOffPatience?.();
    this.#waiting = [];
    await this.#working;
  }

  async #work(): Promise<void> {
    for (let rpc = this.#waiting.shift(); rpc !== undefined; rpc = this.#waiting.shift()) {
      try {
        await this.#take(rpc);
      } catch (error) {
        // Nothing that a leader sends makes a claim of this side false.
        if (error instanceof FalseClaim) throw error;
        await this.#giveUp(rpc, error);
      }
    }
    this.#working = undefined;
  }

  async #take(rpc: InstallSnapshot): Promise<void> {
    const { core } = this.#options;
    if (this.#stopped || this.#completing !== undefined) return;
    if (rpc.snapshot.index <= core.committed) {
      // What it brings is here already, or came meanwhile by other ways.
      await this.#discard();
      this.#answer(rpc, 'installed', rpc.chunk + 1);
      return;
    }
    if (this.#isEarlier(rpc)) return;
    const incoming = await this.#incomingOf(rpc);
    this.#watch();
    if (rpc.data.length > 0 && rpc.chunk === incoming.next) {
      await incoming.sink.write(rpc.data);
      incoming.next += 1;
      if (rpc.last) {
        this.#completing = { incoming, rpc };
        await this.#complete(rpc, incoming);
        return;
      }
    }
    this.#answer(rpc, 'more', incoming.next);
  }

  /** An rpc of a transfer that its sender has given up, overtaken by the next one. */
  #isEarlier({ from, incarnation, snapshot }: InstallSnapshot): boolean {
    const incoming = this.#incoming;
    if (incoming?.from !== from || incoming.boot !== incarnation) return false;
    return snapshot.id < incoming.name.id;
  }

  /** The transfer that the rpc belongs to: the one under way, or a new one in its place. */
  async #incomingOf(rpc: InstallSnapshot): Promise<Incoming> {
    const { from, incarnation: boot, snapshot } = rpc;
    const before = this.#incoming;
    if (before !== undefined && isOf(rpc, before)) return before;
    await this.#discard();
    const { machine, generation, hasRoom, onStarted } = this.#options;
    if (!hasRoom()) throw new Error('the disk is almost full');
    const sink = await machine.receive(generation() + 1);
    this.#incoming = { from, boot, name: snapshot, sink, next: 0 };
    onStarted(from, snapshot.index);
    return this.#incoming;
  }

  async #complete(rpc: InstallSnapshot, { name, sink }: Incoming): Promise<void> {
    const { core, generation, onQueued } = this.#options;
    const { index, at } = await sink.finish();
    if (index !== name.index || at !== name.at) {
      throw new Error(`a snapshot of entry ${index} came as one of entry ${name.index}`);
    }
    this.#callOffPatience?.();
    if (this.#stopped) return;
    const mark: SnapshotMark = {
      index,
      term: name.term,
      at,
      configuration: { index: name.configurationIndex, payload: name.configuration },
      generation: generation() + 1,
    };
    if (core.restore(mark)) {
      this.#incoming = undefined;
    } else {
      this.#completing = undefined;
      await this.#discard();
      this.#answer(rpc, 'installed', rpc.chunk + 1);
    }
    onQueued();
  }

  #answer(rpc: InstallSnapshot, status: 'more' | 'installed' | 'refused', next: number): void {
    this.#options.core.answerChunk(rpc, status, next);
    this.#options.onQueued();
  }

  /** A damaged chunk, or a disk without room: the leader tries again later, and nothing that was in force is touched. */
  async #giveUp(rpc: InstallSnapshot, error: unknown): Promise<void> {
    this.#options.onFailed(rpc.from, rpc.snapshot.index, error);
    this.#waiting = [];
    this.#completing = undefined;
    await this.#discard();
    if (!this.#stopped) this.#answer(rpc, 'refused', 0);
  }

  async #discard(): Promise<void> {
    const incoming = this.#incoming;
    this.#incoming = undefined;
    this.#callOffPatience?.();
    // What cannot be removed now is removed by the next start.
    await incoming?.sink.abort().catch(() => undefined);
  }

  #watch(): void {
    const { timers, patienceMs } = this.#options;
    this.#callOffPatience?.();
    if (this.#stopped) return;
    this.#callOffPatience = timers.after(patienceMs, () => {
      // A chunk that is being written is a sign of life; whoever sent it may be gone by its end.
      if (this.#working !== undefined) return this.#watch();
      this.#working = this.#discard().then(() => this.#work());
    });
  }
}

const isOf = (
  { from, incarnation, snapshot }: InstallSnapshot,
  { from: sender, boot, name }: Incoming,
): boolean => from === sender && incarnation === boot && snapshot.id === name.id;
