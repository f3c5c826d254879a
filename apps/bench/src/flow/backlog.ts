import type { BacklogLimits } from './flow-job.ts';

type Way = 'publish' | 'pop';

/**
 * Lets publishes and pops of a topic through so that its backlog stays within its limits, and so that a pop always
 * finds a message.
 */
export class Backlog {
  #limits: BacklogLimits;
  #messages = 0;
  #underWay = { publish: 0, pop: 0 };
  readonly #waiting: Record<Way, (() => void)[]> = { publish: [], pop: [] };
  #isOver = false;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  /** Acked and not popped. */
  get messages(): number {
    return this.#messages;
  }

  limit(limits: BacklogLimits): void {
    this.#limits = limits;
    this.#wakeAll();
  }

  /** No more publishes; pops are no longer held back. */
  finish(): void {
    this.#isOver = true;
    this.#wakeAll();
  }

  /** Resolves when the next one may begin, to `false` when none may any more. */
  async enter(way: Way): Promise<boolean> {
    while (!this.#isOver && !this.#mayEnter(way)) {
      await new Promise<void>((resolve) => this.#waiting[way].push(resolve));
    }
    if (this.#isOver && way === 'publish') return false;
    this.#underWay[way]++;
    return true;
  }

  /** One that was let in has ended; `changed`: it added a message, or took one. */
  leave(way: Way, changed: boolean): void {
    this.#underWay[way]--;
    if (changed) this.#messages += way === 'publish' ? 1 : -1;
    for (const each of ['publish', 'pop'] as const) {
      if (this.#mayEnter(each)) this.#waiting[each].shift()?.();
    }
  }

  #mayEnter(way: Way): boolean {
    const { publish, pop } = this.#underWay;
    return way === 'publish'
      ? this.#messages + publish < this.#limits.max
      : this.#messages - pop > this.#limits.min;
  }

  #wakeAll(): void {
    for (const way of ['publish', 'pop'] as const) {
      for (const wake of this.#waiting[way].splice(0)) wake();
    }
  }
}
