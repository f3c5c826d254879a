import {
  type LogIndex,
  logIndex,
  type LogTime,
  type MachineSnapshot,
  type StateMachine,
} from '@rrmq/raft';

/**
 * Counts what it is given and keeps nothing, so that nothing but the library is measured. It says that all is stored when
 * it is asked to: as under every machine with a store, the log is compacted and its segments are used again.
 */
export class CountingMachine implements StateMachine<number> {
  readonly dirtyBytes = 0;
  #applied = 0;
  #appliedIndex = logIndex(0);
  #flushedIndex = logIndex(0);

  get flushedIndex(): LogIndex {
    return this.#flushedIndex;
  }

  /** How many commands were executed. */
  get applied(): number {
    return this.#applied;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  apply(_command: Buffer, _at: LogTime, index: LogIndex): number {
    this.#appliedIndex = index;
    return ++this.#applied;
  }

  termStart(_at: LogTime, _gapMs: number, index: LogIndex): void {
    this.#appliedIndex = index;
  }

  flush(): Promise<LogIndex> {
    this.#flushedIndex = this.#appliedIndex;
    return Promise.resolve(this.#flushedIndex);
  }

  openSnapshot(): MachineSnapshot {
    throw new Error('a machine that keeps nothing has no snapshot');
  }

  receive(): Promise<never> {
    return Promise.reject(new Error('a machine that keeps nothing takes no snapshot'));
  }

  adopt(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
