import type { SimScheduler } from './sim-network.ts';

/** More events than this at one instant mean that something goes round in circles. */
const INSTANT_EVENTS_MAX = 1_000_000;

/** The trace tells events apart by so much of a ms. */
const TRACE_TICKS = 1_024;

interface SimEvent {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Virtual time: a queue of events, run one by one, first by time, then by the order in which they were scheduled. */
export class SimWorld implements SimScheduler {
  readonly #heap: SimEvent[] = [];
  /** What was scheduled for the time that it is, in order: a third of all events, which need no place in the heap. */
  #soon: SimEvent[] = [];
  #soonTaken = 0;
  #nowMs = 0;
  #scheduled = 0;
  #instantEvents = 0;
  /** Events run so far. */
  events = 0;
  #traceHash = 0;

  /** Of when each event ran, in which order they were asked for, and all that was noted. */
  get traceHash(): number {
    return this.#traceHash;
  }

  /** Makes `value` part of the trace; only its lower 32 bits count. */
  note(value: number): void {
    const mixed = Math.imul(this.#traceHash ^ value, 0x9e37_79b1);
    this.#traceHash = (mixed ^ (mixed >>> 15)) >>> 0;
  }

  now(): number {
    return this.#nowMs;
  }

  /** Runs `callback` in `ms` of virtual time. Returns a function that calls it off. */
  after(ms: number, callback: () => void): () => void {
    this.#scheduled += 1;
    const event: SimEvent = { atMs: this.#nowMs + ms, order: this.#scheduled, callback };
    if (ms === 0) {
      this.#soon.push(event);
    } else {
      this.#heap.push(event);
      this.#rise(this.#heap.length - 1);
    }
    return () => {
      event.callback = undefined;
    };
  }

  /** Runs the next event. False when there is none. */
  step(): boolean {
    for (;;) {
      const event = this.#takeSoon() ?? this.#take();
      if (event === undefined) return false;
      this.#instantEvents = event.atMs === this.#nowMs ? this.#instantEvents + 1 : 0;
      if (this.#instantEvents > INSTANT_EVENTS_MAX) throw new Error('time stands still');
      this.#nowMs = event.atMs;
      if (event.callback === undefined) continue;
      this.events += 1;
      this.note(event.order);
      this.note(event.atMs * TRACE_TICKS);
      event.callback();
      return true;
    }
  }

  /** The first of those that are due now, unless the heap has one that is due now and came before it. */
  #takeSoon(): SimEvent | undefined {
    const event = this.#soon[this.#soonTaken];
    if (event === undefined || isBefore(this.#heap[0], event)) return undefined;
    this.#soonTaken += 1;
    if (this.#soonTaken === this.#soon.length) {
      this.#soon = [];
      this.#soonTaken = 0;
    }
    return event;
  }

  #take(): SimEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    this.#sink();
    return first;
  }

  #rise(from: number): void {
    const heap = this.#heap;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(heap[place], heap[parent])) return;
      swap(heap, place, parent);
      place = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const child = isBefore(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!isBefore(heap[child], heap[place])) return;
      swap(heap, place, child);
      place = child;
    }
  }
}

function isBefore(one: SimEvent | undefined, other: SimEvent | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.atMs === other.atMs ? one.order < other.order : one.atMs < other.atMs;
}

function swap(heap: SimEvent[], a: number, b: number): void {
  const one = heap[a];
  const other = heap[b];
  if (one === undefined || other === undefined) return;
  heap[a] = other;
  heap[b] = one;
}
