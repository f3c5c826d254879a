import type { Group, LogIndex, LogTime } from '@rrmq/raft';
import { encodeCommand } from '../commands/command-encoding.ts';
import type { QueueResult } from '../results/result.ts';

/** While something happens, states are compared so often: an entry of 20 bytes each time. */
const PERIOD_MS = 10_000;

export interface StateComparerOptions {
  readonly group: Pick<Group<QueueResult>, 'propose' | 'logTime' | 'watchProgress'>;
  readonly queue: { readonly appliedIndex: LogIndex; readonly stateHash: number };
}

/**
 * Tells the group from time to time what the leader's state is, through the log, so that a node whose state went another
 * way finds out and ends. Nothing is proposed while nothing else happens.
 */
export class StateComparer {
  readonly #options: StateComparerOptions;
  /** When it was compared last, and what was executed then. */
  #last: { readonly at: LogTime; readonly index: LogIndex } | undefined;
  #proposed = false;
  #endWatch: (() => void) | undefined;

  constructor(options: StateComparerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#endWatch ??= this.#options.group.watchProgress(() => this.#look());
  }

  stop(): void {
    this.#endWatch?.();
    this.#endWatch = undefined;
  }

  #look(): void {
    const { group, queue } = this.#options;
    const at = group.logTime();
    if (at === undefined) this.#last = undefined;
    if (at === undefined || this.#proposed) return;
    const { appliedIndex: index, stateHash: hash } = queue;
    this.#last ??= { at, index };
    if (at - this.#last.at < PERIOD_MS || index === this.#last.index) return;
    this.#proposed = true;
    const command = encodeCommand({ kind: 'compare-states', index, hash });
    group.propose(command, () => this.#ended(at), 'shrinks');
  }

  /** The entry itself is nothing that calls for another one. */
  #ended(at: LogTime): void {
    this.#proposed = false;
    this.#last = { at, index: this.#options.queue.appliedIndex };
  }
}
