import { assert } from '@rrmq/raft';

/** Something that waits, in one list at a time. The list owns these fields. */
export interface Waiting {
  dueAtMs: number;
  previous: Waiting | undefined;
  next: Waiting | undefined;
  /** Called once when the time is over; the entry has left the list. */
  expire(): void;
}

/**
 * Deadlines that all lie the same time ahead, so that a list in order of arrival is one in order of expiry. Entering
 * and leaving cost a few assignments; one timer serves all. An entry expires `delayMs` after it entered or a little
 * later, never earlier.
 */
export class Deadlines {
  readonly #delayMs: number;
  #first: Waiting | undefined;
  #last: Waiting | undefined;
  #armed = false;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  enter(entry: Waiting): void {
    entry.dueAtMs = performance.now() + this.#delayMs;
    entry.previous = this.#last;
    entry.next = undefined;
    if (this.#last === undefined) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    if (!this.#armed) this.#arm(this.#delayMs);
  }

  /** The entry must be in the list. */
  leave(entry: Waiting): void {
    const { previous, next } = entry;
    assert(previous !== undefined || this.#first === entry, 'only what waits can leave');
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    entry.previous = undefined;
    entry.next = undefined;
  }

  #arm(delayMs: number): void {
    this.#armed = true;
    // Does not keep the process alive: who waits for an answer holds an open connection.
    setTimeout(() => this.#expireDue(), Math.ceil(delayMs)).unref();
  }

  #expireDue(): void {
    const nowMs = performance.now();
    this.#armed = false;
    while (this.#first !== undefined && this.#first.dueAtMs <= nowMs) {
      const entry = this.#first;
      this.leave(entry);
      entry.expire();
    }
    if (this.#first !== undefined && !this.#armed) this.#arm(this.#first.dueAtMs - nowMs);
  }
}
