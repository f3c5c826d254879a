import type { LogIndex, LogTime } from '../core/numbers.ts';
import type { MachineSnapshot, SnapshotSink, StateMachine } from '../ports.ts';

/** A command that a machine has executed. */
export interface ExecutedEntry<Result> {
  readonly index: LogIndex;
  readonly at: LogTime;
  readonly command: Buffer;
  readonly result: Result;
}

/** What a machine is told when a term begins. */
export interface TermStart {
  readonly index: LogIndex;
  readonly at: LogTime;
  readonly gapMs: number;
}

/** Who looks on while a machine executes. */
export interface MachineObserver<Result> {
  /** Before a command is executed. */
  applying(index: LogIndex, command: Buffer): void;
  /** A command was executed, and nothing else since. */
  executed(entry: ExecutedEntry<Result>): void;
  /** The first entry of a term was executed, and nothing else since. */
  termStarted(start: TermStart): void;
  /** The state includes the entry at `index` now, and everything before it. */
  changed(index: LogIndex): void;
}

/** A machine that lets somebody look on. */
export class ObservedMachine<Result> implements StateMachine<Result> {
  readonly #machine: StateMachine<Result>;
  readonly #observer: MachineObserver<Result>;

  constructor(machine: StateMachine<Result>, observer: MachineObserver<Result>) {
    this.#machine = machine;
    this.#observer = observer;
  }

  get flushedIndex(): LogIndex {
    return this.#machine.flushedIndex;
  }

  get dirtyBytes(): number {
    return this.#machine.dirtyBytes;
  }

  async open(generation: number): Promise<void> {
    await this.#machine.open(generation);
    this.#lookAtStore();
  }

  apply(command: Buffer, at: LogTime, index: LogIndex): Result {
    this.#observer.applying(index, command);
    const result = this.#machine.apply(command, at, index);
    this.#observer.executed({ index, at, command, result });
    this.#observer.changed(index);
    return result;
  }

  termStart(at: LogTime, gapMs: number, index: LogIndex): void {
    this.#machine.termStart(at, gapMs, index);
    this.#observer.termStarted({ index, at, gapMs });
    this.#observer.changed(index);
  }

  async flush(): Promise<LogIndex> {
    return this.#machine.flush();
  }

  openSnapshot(): MachineSnapshot {
    return this.#machine.openSnapshot();
  }

  async receive(generation: number): Promise<SnapshotSink> {
    return this.#machine.receive(generation);
  }

  async adopt(generation: number): Promise<void> {
    await this.#machine.adopt(generation);
    this.#lookAtStore();
  }

  async close(): Promise<void> {
    return this.#machine.close();
  }

  /** The state is what the store holds, and nothing was executed on it yet. */
  #lookAtStore(): void {
    if (this.#machine.flushedIndex > 0) this.#observer.changed(this.#machine.flushedIndex);
  }
}
