import { assert } from '@rrmq/raft';
import type { Settled } from '../results/result.ts';
import type { ReceiveOutcome, ReceiveRequest } from './receive-request.ts';

/** One receive from its arrival to its end. */
export interface Waiter {
  readonly request: ReceiveRequest;
  readonly line: WaitingLine;
  readonly done: (outcome: ReceiveOutcome) => void;
  /** `proposed`: a command is on its way for it. */
  state: 'waiting' | 'proposed' | 'over';
  /** What was settled; `undefined` while that is still to be done. */
  settled: readonly Settled[] | undefined;
  /** That there was nothing for it was true at some time since it came. */
  confirmed: boolean;
  /** A confirmation is on its way. */
  confirming: boolean;
  /** Its time is over. */
  overdue: boolean;
  callOffTimer: () => void;
}

/** Who waits for messages of one topic, in order of arrival: whoever gets an empty answer keeps its place. */
export class WaitingLine {
  readonly topic: string;
  readonly #waiters = new Set<Waiter>();
  #waiting = 0;
  /** Messages that commands on their way may lease at most. */
  #asked = 0;

  constructor(topic: string) {
    this.topic = topic;
  }

  get asked(): number {
    return this.#asked;
  }

  /** How many have no command on its way. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Nobody is here, and nothing is on its way. */
  get isEmpty(): boolean {
    return this.#waiters.size === 0 && this.#asked === 0;
  }

  join(waiter: Waiter): void {
    this.#waiters.add(waiter);
    this.#waiting += 1;
  }

  leave(waiter: Waiter): void {
    if (waiter.state === 'waiting') this.#waiting -= 1;
    waiter.state = 'over';
    this.#waiters.delete(waiter);
  }

  /** A command that may lease `max` messages is on its way for the waiter. */
  proposed(waiter: Waiter, max: number): void {
    assert(waiter.state === 'waiting', 'one command at a time is on its way for a waiter');
    waiter.state = 'proposed';
    this.#waiting -= 1;
    this.#asked += max;
  }

  /** That command has ended. */
  ended(waiter: Waiter, max: number): void {
    this.#asked -= max;
    if (waiter.state !== 'proposed') return;
    waiter.state = 'waiting';
    this.#waiting += 1;
  }

  /** The first ones without a command on its way, as many as `count` messages can serve. */
  firstFor(count: number): Waiter[] {
    const first: Waiter[] = [];
    if (this.#waiting === 0) return first;
    let left = count;
    for (const waiter of this.#waiters) {
      if (left <= 0 || first.length === this.#waiting) break;
      if (waiter.state !== 'waiting') continue;
      first.push(waiter);
      left -= waiter.request.max;
    }
    return first;
  }

  all(): Waiter[] {
    return [...this.#waiters];
  }
}
