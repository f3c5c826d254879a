import { NOBODY, type NodeId } from '../core/numbers.ts';
import type { Raft } from '../core/raft.ts';
import type { Timers } from '../ports.ts';
import type { TransferOutcome } from './group.ts';

export interface HandingOverOptions {
  readonly core: Pick<Raft, 'id' | 'role' | 'leader' | 'transfer'>;
  readonly timers: Timers;
  /** After this the core gives a transfer up. */
  readonly timeoutMs: number;
}

/** Transfers of leadership that were asked for here: who asked is told what came of them. */
export class HandingOver {
  readonly #options: HandingOverOptions;
  readonly #watchers = new Set<() => void>();

  constructor(options: HandingOverOptions) {
    this.#options = options;
  }

  /** To `target`, or to the voter that has the most. */
  async start(target: NodeId | undefined): Promise<TransferOutcome> {
    const { core } = this.#options;
    const answer = core.transfer(target);
    if (!answer.ok) return { kind: 'refused', reason: answer.reason, text: answer.text };
    if (answer.target === core.id) return { kind: 'done', leader: core.id };
    return this.#watch();
  }

  /** Role or leader may have changed. */
  poke(): void {
    for (const watcher of this.#watchers) watcher();
  }

  /** Resolves as soon as another node is known to lead. */
  #watch(): Promise<TransferOutcome> {
    const { core, timers, timeoutMs } = this.#options;
    return new Promise((resolve) => {
      const finish = (outcome: TransferOutcome): void => {
        this.#watchers.delete(watcher);
        callOff();
        resolve(outcome);
      };
      const watcher = (): void => {
        const { leader, role } = core;
        if (role !== 'leader' && leader !== NOBODY) finish({ kind: 'done', leader });
      };
      const callOff = timers.after(timeoutMs, () => finish({ kind: 'timeout' }));
      this.#watchers.add(watcher);
    });
  }
}
