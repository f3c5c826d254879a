import type { LogIndex } from '../core/numbers.ts';
import type { ReadId } from '../core/pending-reads.ts';
import type { ReadOutcome, RefusalReason } from './group.ts';

type Done = (outcome: ReadOutcome) => void;

interface Unconfirmed {
  readonly done: Done;
  readonly sinceMs: number;
}

/** Reads on their way: asked for in this turn, waiting for a quorum, or waiting until enough is applied. */
export class Reads {
  readonly #timeoutMs: number;
  #asked: Done[] = [];
  /** In the order in which they were offered. */
  readonly #unconfirmed = new Map<ReadId, Unconfirmed>();
  #confirmed: { index: LogIndex; done: Done }[] = [];
  #lastId: ReadId = 0;
  #count = 0;

  /** A question to the leader, or its answer, may be lost: without one for `timeoutMs` a read is refused. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

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
  offer(nowMs: number, read: (id: ReadId) => RefusalReason | undefined): void {
    this.#expire(nowMs);
    if (this.#asked.length === 0) return;
    const asked = this.#asked;
    this.#asked = [];
    this.#lastId += 1;
    const id = this.#lastId;
    const refusal = read(id);
    const all: Done = (outcome) => {
      for (const done of asked) done(outcome);
    };
    if (refusal === undefined) this.#unconfirmed.set(id, { done: all, sinceMs: nowMs });
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

  /** Leader or term changed: what no quorum has confirmed by now is refused. Confirmed reads stay good. */
  refuseUnconfirmed(reason: RefusalReason): void {
    for (const id of [...this.#unconfirmed.keys()]) this.refused(id, reason);
  }

  refuseAll(reason: RefusalReason): void {
    const dones = [...this.#asked, ...this.#confirmed.map(({ done }) => done)];
    this.#asked = [];
    this.#confirmed = [];
    for (const done of dones) done({ kind: 'refused', reason });
    this.refuseUnconfirmed(reason);
  }

  #expire(nowMs: number): void {
    for (const [id, { sinceMs }] of this.#unconfirmed) {
      if (nowMs - sinceMs < this.#timeoutMs) return;
      this.refused(id, 'unconfirmed');
    }
  }

  #take(id: ReadId): Done | undefined {
    const found = this.#unconfirmed.get(id);
    this.#unconfirmed.delete(id);
    return found?.done;
  }
}
