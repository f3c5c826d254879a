import { assert } from '@rrmq/raft';
import type { ProducerStep } from '../commands/command.ts';
import { ANSWERS_PER_PRODUCER_MAX, PRODUCERS_MAX } from '../commands/limits.ts';

/** The sequences that a publish gave to its messages: `first … first + count - 1`. */
export interface Answer {
  readonly first: number;
  readonly count: number;
}

/** What a step is: the next one, a repetition with the answer it had, or one that is refused. */
export type StepVerdict =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly answer: Answer }
  | { readonly kind: 'refused'; readonly code: 'producer-gap' | 'stale-producer' };

/** What is remembered of a producer in the topic at a place. */
export interface ProducerMemory {
  readonly place: number;
  readonly id: string;
  readonly epoch: number;
  /** The last sequence published in this epoch. */
  readonly sequence: number;
  /** Counts the publishes of all producers, from 1: the order of their last ones. */
  readonly order: number;
  /** The answers to the last sequences up to `sequence`, oldest first; 1 … `ANSWERS_PER_PRODUCER_MAX`. */
  readonly answers: readonly Answer[];
}

interface Memory {
  readonly epoch: number;
  readonly sequence: number;
  readonly order: number;
  /** Oldest first, the last one belongs to `sequence`. */
  readonly answers: Answer[];
}

/** What the store does not know yet of a producer; `memory` is undefined when it was forgotten. */
export interface ProducerChange {
  readonly place: number;
  readonly id: string;
  readonly memory: ProducerMemory | undefined;
}

const NEXT: StepVerdict = { kind: 'next' };
const GAP: StepVerdict = { kind: 'refused', code: 'producer-gap' };
const STALE: StepVerdict = { kind: 'refused', code: 'stale-producer' };

/**
 * Finds repeated publishes, per producer and topic. Whoever is unknown – new, or forgotten – and whoever takes a higher
 * epoch must begin with sequence 1; then each sequence follows the one before. Nothing is guessed. A repetition older
 * than the answers remembered is refused as stale: it was executed once, but its message ids are forgotten.
 *
 * The memory is bounded: beyond `capacity` the producer that published least recently is forgotten. The order of the
 * map is the order of the last publishes, thus the same on every node.
 */
export class Producers {
  readonly #capacity: number;
  readonly #memories = new Map<string, Memory>();
  /** Keys of what has changed since `takeDirty`. */
  #dirty = new Set<string>();
  #publishes = 0;

  constructor(capacity = PRODUCERS_MAX) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#memories.size;
  }

  /** Publishes of producers so far: the order of the last one. */
  get publishes(): number {
    return this.#publishes;
  }

  /** Producers that the store does not know as they are. */
  get dirtyCount(): number {
    return this.#dirty.size;
  }

  /** Judges a step and changes nothing. */
  judge(place: number, step: ProducerStep): StepVerdict {
    const memory = this.#memories.get(keyOf(place, step.id));
    if (memory === undefined || step.epoch > memory.epoch) return step.sequence === 1 ? NEXT : GAP;
    if (step.epoch < memory.epoch) return STALE;
    if (step.sequence > memory.sequence) return step.sequence === memory.sequence + 1 ? NEXT : GAP;
    const newest = memory.answers.length - 1;
    const answer = memory.answers[newest - (memory.sequence - step.sequence)];
    return answer === undefined ? STALE : { kind: 'duplicate', answer };
  }

  /** Remembers the answer to a step that was judged `next`. */
  remember(place: number, step: ProducerStep, answer: Answer): void {
    const key = keyOf(place, step.id);
    const before = this.#memories.get(key);
    const answers = before?.epoch === step.epoch ? before.answers : [];
    answers.push(answer);
    if (answers.length > ANSWERS_PER_PRODUCER_MAX) answers.shift();
    this.#publishes += 1;
    const { epoch, sequence } = step;
    this.#memories.delete(key);
    this.#memories.set(key, { epoch, sequence, order: this.#publishes, answers });
    this.#dirty.add(key);
    this.#forgetBeyondCapacity();
  }

  /** A copy of all memories, from the least to the most recent publish. */
  memories(): ProducerMemory[] {
    return Array.from(this.#memories, ([key, memory]) => copyOf(key, memory));
  }

  /** Puts a memory back that was taken elsewhere. After the last one: `settle`. */
  restore({ place, id, epoch, sequence, order, answers }: ProducerMemory): void {
    this.#publishes = Math.max(this.#publishes, order);
    const key = keyOf(place, id);
    this.#memories.set(key, { epoch, sequence, order, answers: [...answers] });
    this.#dirty.add(key);
  }

  /** Puts the memories in their order again, and forgets those beyond the capacity. False if two have the same order. */
  settle(): boolean {
    const sorted = [...this.#memories].toSorted(([, a], [, b]) => a.order - b.order);
    this.#memories.clear();
    for (const [key, memory] of sorted) {
      this.#memories.set(key, memory);
      this.#forgetBeyondCapacity();
    }
    return sorted.every(([, { order }], i) => order !== sorted[i - 1]?.[1].order);
  }

  /** Publishes were counted up to here. */
  resumeCount(publishes: number): void {
    assert(publishes >= this.#publishes, 'the count of publishes never goes back');
    this.#publishes = publishes;
  }

  /** Forgets the producers of a topic that is gone. */
  forgetPlace(place: number): void {
    const prefix = keyOf(place, '');
    for (const key of this.#memories.keys()) {
      if (!key.startsWith(prefix)) continue;
      this.#memories.delete(key);
      this.#dirty.add(key);
    }
  }

  /** Forgets everybody, and that there was anybody. */
  clear(): void {
    this.#memories.clear();
    this.#dirty.clear();
    this.#publishes = 0;
  }

  /** The keys of all that has changed since the last call, for `changeOf` and `putBack`. */
  takeDirty(): ReadonlySet<string> {
    const taken = this.#dirty;
    this.#dirty = new Set();
    return taken;
  }

  /** What was taken is dirty again. */
  putBack(keys: ReadonlySet<string>): void {
    for (const key of keys) this.#dirty.add(key);
  }

  changeOf(key: string): ProducerChange {
    const { place, id } = partsOf(key);
    const memory = this.#memories.get(key);
    return { place, id, memory: memory && copyOf(key, memory) };
  }

  #forgetBeyondCapacity(): void {
    if (this.#memories.size <= this.#capacity) return;
    for (const oldest of this.#memories.keys()) {
      this.#memories.delete(oldest);
      this.#dirty.add(oldest);
      return;
    }
  }
}

const keyOf = (place: number, id: string): string => `${place} ${id}`;

function partsOf(key: string): { place: number; id: string } {
  const space = key.indexOf(' ');
  return { place: Number(key.slice(0, space)), id: key.slice(space + 1) };
}

function copyOf(key: string, memory: Memory): ProducerMemory {
  return { ...memory, ...partsOf(key), answers: [...memory.answers] };
}
