import { type LogIndex, logIndex, type MachineSnapshot, type StateMachine } from '@rrmq/raft';

/** Counts what it is given and keeps nothing, so that nothing but the library is measured. */
export class CountingMachine implements StateMachine<number> {
  readonly flushedIndex: LogIndex = logIndex(0);
  readonly dirtyBytes = 0;
  #applied = 0;

  /** How many commands were executed. */
  get applied(): number {
    return this.#applied;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  apply(): number {
    return ++this.#applied;
  }

  termStart(): void {
    this.#applied += 0;
  }

  /** Nothing is ever stored, and thus nothing compacted. */
  flush(): Promise<LogIndex> {
    return Promise.resolve(this.flushedIndex);
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
