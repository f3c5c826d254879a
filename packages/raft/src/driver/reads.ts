import type { LogIndex } from '../core/numbers.ts';
import type { ReadId } from '../core/pending-reads.ts';
import type { ReadOutcome, RefusalReason } from './group.ts';

type Done = (outcome: ReadOutcome) => void;

/** Reads on their way: asked for in this turn, waiting for a quorum, or waiting until enough is applied. */
export class Reads {
  #asked: Done[] = [];
  readonly #unconfirmed = new Map<ReadId, Done>();
  #confirmed: { index: LogIndex; done: Done }[] = [];
  #lastId: ReadId = 0;
  #count = 0;

  /** Reads whose outcome is not known yet. */
  get waiting(): number {
    return this.#count;
  }

  ask(done: Done): void {
    this.#count += 1;
    this.#asked.push((outcome) => {
      this.#count -= 1;
      done(outcome);
    });
  }

  /** Offers the reads of this turn to the core. All share one id, and so one answer. */
  offer(read: (id: ReadId) => RefusalReason | undefined): void {
    if (this.#asked.length === 0) return;
    const asked = this.#asked;
    this.#asked = [];
    this.#lastId += 1;
    const id = this.#lastId;
    const refusal = read(id);
    const all: Done = (outcome) => {
      for (const done of asked) done(outcome);
    };
    if (refusal === undefined) this.#unconfirmed.set(id, all);
    else all({ kind: 'refused', reason: refusal });
  }

  /** A quorum confirmed the read: it is served once `index` is applied. */
  confirmed(id: ReadId, index: LogIndex): void {
    const done = this.#take(id);
    if (done !== undefined) this.#confirmed.push({ index, done });
  }

  refused(id: ReadId, reason: RefusalReason): void {
    this.#take(id)?.({ kind: 'refused', reason });
  }

  applied(applied: LogIndex): void {
    if (this.#confirmed.length === 0) return;
    const ready = this.#confirmed.filter(({ index }) => index <= applied);
    if (ready.length === 0) return;
    this.#confirmed = this.#confirmed.filter(({ index }) => index > applied);
    for (const { done } of ready) done({ kind: 'ready' });
  }

  refuseAll(reason: RefusalReason): void {
    const dones = [...this.#asked, ...this.#confirmed.map(({ done }) => done)];
    this.#asked = [];
    this.#confirmed = [];
    for (const done of dones) done({ kind: 'refused', reason });
    for (const id of this.#unconfirmed.keys()) this.refused(id, reason);
  }

  #take(id: ReadId): Done | undefined {
    const done = this.#unconfirmed.get(id);
    this.#unconfirmed.delete(id);
    return done;
  }
}
