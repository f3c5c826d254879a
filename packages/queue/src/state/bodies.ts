import { assert } from '@rrmq/raft';
import { BodySlab } from '../bytes/body-slab.ts';
import type { Message } from '../results/result.ts';
import { StoreCorrupt } from '../store/store.ts';
import type { StoredMessages } from './stored-messages.ts';

/**
 * The live messages of a topic, in whatever state, by their sequences:
 *
 *     storedThrough <= flushingThrough <= newest
 *
 *         1 …  storedThrough | …  flushingThrough                     | …  newest
 *         in the store       | in memory, and in the flush on its way | in memory
 */
export class Bodies {
  readonly #place: number;
  readonly #stored: StoredMessages;
  readonly #slab = new BodySlab();
  /** Ascending. */
  readonly #recent = new Map<number, Message>();
  /** What the store holds, or is about to hold, and must not. */
  #removed = new Set<number>();
  /** What the flush on its way takes out of the store. */
  #removing: Set<number> | undefined;
  #storedThrough: number;
  #flushingThrough: number;
  /** Some of these were in a flush that failed: the store may hold them. */
  #triedThrough: number;
  #newest: number;
  /** There is none before this one. */
  #oldest = 1;

  constructor(place: number, storedThrough: number, stored: StoredMessages) {
    this.#place = place;
    this.#stored = stored;
    this.#storedThrough = storedThrough;
    this.#flushingThrough = storedThrough;
    this.#triedThrough = storedThrough;
    this.#newest = storedThrough;
  }

  /** Messages that the next flush must take out of the store. */
  get removals(): number {
    return this.#removed.size;
  }

  /** The message is not in the store, nor on its way there. */
  isRecent(sequence: number): boolean {
    return sequence > this.#flushingThrough;
  }

  /** Adds the newest message; its body is copied. */
  add(sequence: number, message: Omit<Message, 'sequence'>): void {
    const { contentType, publishedAt, key, priority } = message;
    const { attributes, expiresAt, dedupId } = message;
    const body = this.#slab.copy(message.body);
    assert(sequence > this.#newest, 'messages are added in order');
    this.#newest = sequence;
    this.#recent.set(sequence, {
      sequence,
      contentType,
      body,
      publishedAt,
      key,
      priority,
      attributes,
      expiresAt,
      dedupId,
    });
  }

  /** The message, which must be there; throws `StoreCorrupt` otherwise. */
  get(sequence: number): Message {
    const message = this.find(sequence);
    if (message === undefined) throw new StoreCorrupt(`the store has lost message ${sequence}`);
    return message;
  }

  find(sequence: number): Message | undefined {
    const recent = this.#recent.get(sequence);
    if (recent !== undefined) return recent;
    if (sequence > this.#storedThrough || this.#isRemoved(sequence)) return undefined;
    return this.#stored.find(this.#place, sequence);
  }

  /** The first message of `from … through`. Cheap when asked for in ascending order. */
  first(start: number, through: number): Message | undefined {
    const from = Math.max(start, this.#oldest);
    const message = this.#first(from, through);
    if (from === this.#oldest && message !== undefined) this.#oldest = message.sequence;
    return message;
  }

  oldest(): Message | undefined {
    return this.first(this.#oldest, this.#newest);
  }

  /** Removes a message, which must be there. */
  remove(sequence: number): void {
    this.#recent.delete(sequence);
    const through = Math.max(this.#flushingThrough, this.#triedThrough);
    if (sequence <= through) this.#removed.add(sequence);
    if (this.#recent.size === 0) this.#slab.reset();
  }

  /** The store holds messages that were removed before. */
  removeStored(from: number, to: number): void {
    for (let sequence = from; sequence <= to; sequence += 1) this.#removed.add(sequence);
  }

  /** A flush takes what is not stored and what is to be removed. */
  take(): { readonly added: Message[]; readonly removed: Set<number> } {
    const before = this.#flushingThrough;
    const added: Message[] = [];
    for (const message of this.#recent.values()) if (message.sequence > before) added.push(message);
    const removed = this.#removed;
    this.#removing = removed;
    this.#removed = new Set();
    this.#flushingThrough = this.#newest;
    return { added, removed };
  }

  /** The store has what was taken: memory need not. */
  taken(): void {
    if (this.#removing !== undefined && this.#removing.size > 0) this.#stored.forget(this.#place);
    this.#removing = undefined;
    this.#storedThrough = this.#flushingThrough;
    for (const sequence of this.#recent.keys()) {
      if (sequence > this.#storedThrough) break;
      this.#recent.delete(sequence);
    }
    if (this.#recent.size === 0) this.#slab.reset();
  }

  /** The store has perhaps not got what was taken. */
  putBack(): void {
    for (const sequence of this.#removing ?? []) this.#removed.add(sequence);
    this.#removing = undefined;
    this.#triedThrough = Math.max(this.#triedThrough, this.#flushingThrough);
    this.#flushingThrough = this.#storedThrough;
    this.#stored.forget(this.#place);
  }

  /** Bytes of the bodies that are only in memory, and how many. */
  unsaved(): { readonly messages: number; readonly bytes: number } {
    let [messages, bytes] = [0, 0];
    for (const { sequence, body } of this.#recent.values()) {
      if (!this.isRecent(sequence)) continue;
      messages += 1;
      bytes += body.length;
    }
    return { messages, bytes };
  }

  #first(from: number, through: number): Message | undefined {
    const storedThrough = Math.min(through, this.#storedThrough);
    if (from <= storedThrough) {
      const isGone = (sequence: number) => this.#isRemoved(sequence);
      const range = { place: this.#place, from, through: storedThrough };
      const message = this.#stored.first(range, isGone);
      if (message !== undefined) return message;
    }
    for (let at = Math.max(from, this.#storedThrough + 1); at <= through; at += 1) {
      const message = this.#recent.get(at);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  #isRemoved(sequence: number): boolean {
    return this.#removed.has(sequence) || this.#removing?.has(sequence) === true;
  }
}
