import type { LogIndex } from '../core/numbers.ts';
import type { MachineSnapshot, StateMachine, Timers } from '../ports.ts';
import type { Flusher } from './flusher.ts';
import type { ReadOutcome } from './group.ts';
import { BackupRefused } from './node-options.ts';

/** A node's own log is behind what it executed only for the time of a write. */
const TRIES_MAX = 50;
const RETRY_MS = 100;

export interface BackupsOptions {
  readonly read: (done: (outcome: ReadOutcome) => void) => void;
  readonly machine: Pick<StateMachine<unknown>, 'openSnapshot' | 'flushedIndex'>;
  readonly flusher: Pick<Flusher, 'flushNow'>;
  /** The last entry that the machine has executed. */
  readonly executed: () => LogIndex;
  readonly timers: Timers;
}

/** Views of the state that include all that was committed when they were asked for. */
export class Backups {
  readonly #options: BackupsOptions;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  async open(): Promise<MachineSnapshot> {
    const { machine, executed } = this.#options;
    await this.#catchUp();
    const index = executed();
    for (let tries = 1; machine.flushedIndex < index; tries += 1) {
      try {
        await this.#options.flusher.flushNow();
      } catch (error) {
        if (tries === TRIES_MAX) throw new BackupRefused('the state cannot be stored', error);
        await this.#rest();
      }
    }
    return machine.openSnapshot();
  }

  /** The machine shows all that was committed by now. */
  #catchUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#options.read((outcome) => {
        if (outcome.kind === 'ready') resolve();
        else reject(new BackupRefused(`the read was refused (${outcome.reason})`));
      });
    });
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => void this.#options.timers.after(RETRY_MS, resolve));
  }
}
