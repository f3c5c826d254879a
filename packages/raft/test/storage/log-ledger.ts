import { logIndex, nodeId } from '../../src/core/numbers.ts';
import { NotInLog } from '../../src/storage/log-errors.ts';
import type { DurableLog } from '../../src/storage/log.ts';
import { contentsOf, entriesIn } from './log-kit.ts';
import {
  type Model,
  NEW_LOG,
  type Step,
  after,
  entryTexts,
  mayCompact,
  textOf,
} from './log-model.ts';

/** Hands steps to a log and remembers which states may be found after a crash: those from the last done step on. */
export class Ledger {
  states: Model[] = [NEW_LOG];
  #done = 0;

  get newest(): Model {
    return this.states.at(-1) ?? NEW_LOG;
  }

  submit(log: DurableLog, step: Step): Promise<void> {
    this.states.push(after(this.newest, step));
    const number = this.states.length - 1;
    return new Promise((resolve) => {
      const done = () => {
        if (number !== this.#done + 1) throw new Error('done out of order');
        this.#done = number;
        resolve();
      };
      if (step.kind === 'write') log.append(step.write, done);
      else if (step.kind === 'mark') log.mark(step.mark, done);
      else log.rememberPeer(nodeId(step.id), step.instanceId, done);
    });
  }

  /** What was found must be a state that was reached after all that was done; it goes on from there. */
  async found(log: DurableLog, maxBytes?: number): Promise<void> {
    const { compacted } = log;
    const text = await contentsOf(log, maxBytes);
    const found = this.states.findLastIndex(
      (state) => mayCompact(state, compacted) && textOf(state, compacted) === text,
    );
    if (found < this.#done) {
      throw new Error(
        `found state ${found} of ${this.#done} done, compacted ${compacted}: ${text}`,
      );
    }
    this.states = this.states.slice(found, found + 1);
    this.#done = 0;
  }

  /** All that was handed over is done: the running log holds the entries of the newest state. */
  async holds(log: DurableLog): Promise<void> {
    const { compacted } = log;
    const texts = await entriesIn(log, logIndex(compacted + 1), 2000).catch((error: unknown) => {
      if (error instanceof NotInLog && log.compacted > compacted) return undefined;
      throw error;
    });
    if (texts === undefined) {
      await this.holds(log);
      return;
    }
    if (!mayCompact(this.newest, compacted)) throw new Error(`compacted too far: ${compacted}`);
    if (JSON.stringify(texts) !== JSON.stringify(entryTexts(this.newest, compacted))) {
      throw new Error(`the running log holds something else after ${compacted}: ${texts.join()}`);
    }
  }
}
