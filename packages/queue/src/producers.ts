import type { ProducerStep } from './command.ts';
import { ANSWERS_PER_PRODUCER_MAX, PRODUCERS_MAX } from './limits.ts';

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

/** What is remembered of a producer in one topic. */
export interface ProducerMemory {
  readonly topicNumber: number;
  readonly id: string;
  readonly epoch: number;
  /** The last sequence published in this epoch. */
  readonly sequence: number;
  /** Log index of the last publish. */
  readonly index: number;
  /** The answers to the last sequences up to `sequence`, oldest first; 1 … `ANSWERS_PER_PRODUCER_MAX`. */
  readonly answers: readonly Answer[];
}

interface Memory {
  readonly epoch: number;
  readonly sequence: number;
  readonly index: number;
  /** Oldest first, the last one belongs to `sequence`. */
  readonly answers: Answer[];
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

  constructor(capacity = PRODUCERS_MAX) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#memories.size;
  }

  /** Judges a step and changes nothing. */
  judge(topicNumber: number, step: ProducerStep): StepVerdict {
    const memory = this.#memories.get(keyOf(topicNumber, step.id));
    if (memory === undefined || step.epoch > memory.epoch) return step.sequence === 1 ? NEXT : GAP;
    if (step.epoch < memory.epoch) return STALE;
    if (step.sequence > memory.sequence) return step.sequence === memory.sequence + 1 ? NEXT : GAP;
    const newest = memory.answers.length - 1;
    const answer = memory.answers[newest - (memory.sequence - step.sequence)];
    return answer === undefined ? STALE : { kind: 'duplicate', answer };
  }

  /** Remembers the answer to a step that was judged `next`, published at log index `index`. */
  remember(topicNumber: number, step: ProducerStep, index: number, answer: Answer): void {
    const key = keyOf(topicNumber, step.id);
    const before = this.#memories.get(key);
    const answers = before?.epoch === step.epoch ? before.answers : [];
    answers.push(answer);
    if (answers.length > ANSWERS_PER_PRODUCER_MAX) answers.shift();
    this.#memories.delete(key);
    this.#memories.set(key, { epoch: step.epoch, sequence: step.sequence, index, answers });
    this.#forgetBeyondCapacity();
  }

  /** A copy of all memories, from the least to the most recent publish. */
  memories(): ProducerMemory[] {
    return Array.from(this.#memories, ([key, memory]) => copyOf(key, memory));
  }

  /** Puts back what `memories` gave; to be called in the same order. */
  restore({ topicNumber, id, epoch, sequence, index, answers }: ProducerMemory): void {
    const memory = { epoch, sequence, index, answers: [...answers] };
    this.#memories.set(keyOf(topicNumber, id), memory);
    this.#forgetBeyondCapacity();
  }

  #forgetBeyondCapacity(): void {
    if (this.#memories.size <= this.#capacity) return;
    for (const oldest of this.#memories.keys()) {
      this.#memories.delete(oldest);
      return;
    }
  }
}

const keyOf = (topicNumber: number, id: string): string => `${topicNumber} ${id}`;

function copyOf(key: string, memory: Memory): ProducerMemory {
  const space = key.indexOf(' ');
  const topicNumber = Number(key.slice(0, space));
  return { ...memory, topicNumber, id: key.slice(space + 1), answers: [...memory.answers] };
}
