import type { Message } from '../results/result.ts';
import type { Topic } from './topic.ts';

/**
 * What one change is counted as, beside the bytes of its body. Less than half of it is memory; the rest stands for the
 * time of the flush that must carry the change: see `docs/decisions/0008-lmdb-write-back.md`.
 */
export const CHANGE_BYTES = 2048;

/** What was executed and is not on its way into the store yet. */
export class Dirty {
  /** Topics whose record or messages have changed. */
  #topics = new Set<Topic>();
  /** Cost of the messages that are only in memory. */
  #messageBytes = 0;
  /** Messages that were popped and that the store holds, or is about to hold. */
  #removals = 0;
  /** The restore began, came on, or ended. */
  restore = false;
  /** Up to this place the store holds nothing that was thrown away. */
  cleanThrough = 0;

  /** What all of it is counted as. */
  get bytes(): number {
    return this.#messageBytes + (this.#removals + this.#topics.size) * CHANGE_BYTES;
  }

  /** The topic's record has changed. */
  touched(topic: Topic): void {
    this.#topics.add(topic);
  }

  /** A message was added to `recent`. */
  added(topic: Topic, bodyBytes: number): void {
    this.#topics.add(topic);
    this.#messageBytes += CHANGE_BYTES + bodyBytes;
  }

  /** A message was popped. One that was never on its way into the store will not be. */
  taken(topic: Topic, { sequence, body }: Message): void {
    this.#topics.add(topic);
    if (sequence > topic.flushingThrough) this.#messageBytes -= CHANGE_BYTES + body.length;
    else this.#removals += 1;
  }

  /** A flush takes everything; the answer is what it takes. */
  takeTopics(): ReadonlySet<Topic> {
    const topics = this.#topics;
    this.clear();
    return topics;
  }

  /** A flush of these topics failed: all that it took is dirty as before, together with what came since. */
  putBack(topics: Iterable<Topic>): void {
    for (const topic of topics) this.#topics.add(topic);
    this.#messageBytes = 0;
    this.#removals = 0;
    for (const topic of this.#topics) this.#count(topic);
  }

  clear(): void {
    this.#topics = new Set();
    this.#messageBytes = 0;
    this.#removals = 0;
    this.restore = false;
  }

  #count({ recent, popped, storedThrough, cleared }: Topic): void {
    for (const { body } of recent) this.#messageBytes += CHANGE_BYTES + body.length;
    this.#removals += Math.max(Math.min(popped, storedThrough) - cleared, 0);
  }
}
