import { CHANGE_BYTES } from './rows.ts';
import type { Topic } from './topic.ts';

/** What was executed and is not on its way into the store yet, beside rows and producers. */
export class Dirty {
  /** Topics whose record, messages or leases have changed. */
  #topics = new Set<Topic>();
  /** Cost of the messages that are only in memory, and of the removals. */
  #bytes = 0;
  /** The restore began, came on, or ended. */
  restore = false;
  /** Up to this place the store holds nothing that was thrown away. */
  cleanThrough = 0;
  /** The entry that threw away what lies at or below the floor. What was on its way then is in the store later. */
  floorRaisedBy = 0;
  /** The last entry that the store includes. */
  flushedThrough = 0;

  /** What all of it is counted as. */
  get bytes(): number {
    return this.#bytes + this.#topics.size * CHANGE_BYTES;
  }

  /** The topic's record has changed. */
  touched(topic: Topic): void {
    this.#topics.add(topic);
  }

  /** A message was added. */
  added(topic: Topic, bodyBytes: number): void {
    this.#topics.add(topic);
    this.#bytes += CHANGE_BYTES + bodyBytes;
  }

  /** A message was taken out. One that was never on its way into the store will not be. */
  removed(topic: Topic, bodyBytes: number, wasRecent: boolean): void {
    this.#topics.add(topic);
    if (wasRecent) this.#bytes -= CHANGE_BYTES + bodyBytes;
    else this.#bytes += CHANGE_BYTES;
  }

  /** The topic is gone: what was to be written of it need not be. */
  forget(topic: Topic): void {
    if (this.#topics.delete(topic)) this.#bytes -= costOf(topic);
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
    this.#bytes = 0;
    for (const topic of this.#topics) this.#bytes += costOf(topic);
  }

  clear(): void {
    this.#topics = new Set();
    this.#bytes = 0;
    this.restore = false;
  }
}

/** What the messages of a topic are counted as that the store does not hold, or must not hold any more. */
function costOf({ bodies }: Topic): number {
  const { messages, bytes } = bodies.unsaved();
  return (messages + bodies.removals) * CHANGE_BYTES + bytes;
}
