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

  ask(done: Done): void {
    this.#asked.push(done);
  }

  /** Offers the reads of this turn to the core. All share one id, and so one answer. */
  offer(read: (id: ReadId) => RefusalReason | undefined): void {
    if (this.#asked.length === 0) return;
    const asked = this.#asked;
    this.#asked = [];
    this.#lastId += 1;
    const refusal = read(this.#lastId);
    const all: Done = (outcome) => {
      for (const done of asked) done(outcome);
    };
    if (refusal === undefined) this.#unconfirmed.set(this.#lastId, all);
    else all({ kind: 'refused', reason: refusal });
  }

  /** A quorum confirmed the read: it is served once `index` is applied. */
  confirmed(id: ReadId, index: LogIndex): void {
    const done = this.#unconfirmed.get(id);
    if (done === undefined) return;
    this.#unconfirmed.delete(id);
    this.#confirmed.push({ index, done });
  }

  applied(applied: LogIndex): void {
    if (this.#confirmed.length === 0) return;
    const ready = this.#confirmed.filter(({ index }) => index <= applied);
    this.#confirmed = this.#confirmed.filter(({ index }) => index > applied);
    for (const { done } of ready) done({ kind: 'ready' });
  }

  /** Leadership is lost: what no quorum has confirmed by now is refused. Confirmed reads stay good. */
  refuseUnconfirmed(reason: RefusalReason): void {
    const dones = [...this.#unconfirmed.values()];
    this.#unconfirmed.clear();
    for (const done of dones) done({ kind: 'refused', reason });
  }

  refuseAll(reason: RefusalReason): void {
    const dones = [...this.#asked, ...this.#confirmed.map(({ done }) => done)];
    this.#asked = [];
    this.#confirmed = [];
    for (const done of dones) done({ kind: 'refused', reason });
    this.refuseUnconfirmed(reason);
  }
}
