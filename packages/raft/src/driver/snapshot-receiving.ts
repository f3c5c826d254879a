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
  /** The rpc to be answered when the snapshot is in force; nothing is taken meanwhile. */
  #completing: InstallSnapshot | undefined;
  #callOffPatience: (() => void) | undefined;
  #stopped = false;

  constructor(options: SnapshotReceivingOptions) {
    this.#options = options;
  }

  received(rpc: InstallSnapshot): void {
    if (this.#stopped || this.#completing !== undefined) return;
    if (this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push(rpc);
    this.#working ??= this.#work();
  }

  /** The snapshot is in force. */
  installed(): void {
    const rpc = this.#completing;
    this.#completing = undefined;
    if (rpc !== undefined) this.#answer(rpc, 'installed', rpc.chunk + 1);
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
    const incoming = await this.#incomingOf(rpc);
    this.#watch();
    if (rpc.data.length > 0 && rpc.chunk === incoming.next) {
      await incoming.sink.write(rpc.data);
      incoming.next += 1;
      if (rpc.last) {
        await this.#complete(rpc, incoming);
        return;
      }
    }
    this.#answer(rpc, 'more', incoming.next);
  }

  /** The transfer that the rpc belongs to: the one under way, or a new one in its place. */
  async #incomingOf({ from, incarnation: boot, snapshot }: InstallSnapshot): Promise<Incoming> {
    const before = this.#incoming;
    const isSame = before?.from === from && before.boot === boot && before.name.id === snapshot.id;
    if (before !== undefined && isSame) return before;
    await this.#discard();
    const { machine, generation, onStarted } = this.#options;
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
      this.#completing = rpc;
    } else {
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
    this.#callOffPatience = timers.after(patienceMs, () => {
      if (this.#working === undefined) void this.#discard();
    });
  }
}
