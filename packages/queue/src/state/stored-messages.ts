import type { Message } from '../results/result.ts';
import { messageKey, parseKey } from '../store/store-keys.ts';
import { decodeMessage } from '../store/store-records.ts';
import { type Store, type StoreEntry, StoreCorrupt } from '../store/store.ts';
import type { Topic } from './topic.ts';

/** A range of so many costs half of what single reads do; more save nothing. */
const READ_AHEAD = { entries: 64, bytes: 65_536 };

/** Topics with messages read ahead: they hold 8 MiB together at most. */
const TOPICS_AHEAD_MAX = 64;

interface ReadAhead {
  readonly messages: readonly Message[];
  next: number;
}

/** Reads the messages of the store, the oldest of each topic first, some at a time. */
export class StoredMessages {
  readonly #store: Store;
  /** By place, from the one read least recently on. */
  readonly #ahead = new Map<number, ReadAhead>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The message `sequence`, which the store must hold. Cheap when sequences are asked for in ascending order. */
  take({ place, storedThrough }: Topic, sequence: number): Message {
    const ahead = this.#ahead.get(place);
    const message = ahead?.messages[ahead.next];
    if (ahead !== undefined && message?.sequence === sequence) {
      ahead.next += 1;
      if (ahead.next === ahead.messages.length) this.#ahead.delete(place);
      return message;
    }
    const [first, ...rest] = this.read(place, sequence, storedThrough);
    if (first === undefined) throw missing(place, sequence);
    this.#remember(place, rest);
    return first;
  }

  /** The messages `sequence … through`, or some first ones of them; at least one. */
  read(place: number, sequence: number, through: number): Message[] {
    const [from, to] = [messageKey(place, sequence), messageKey(place, through + 1)];
    const entries = this.#store.range(from, to, READ_AHEAD);
    if (entries.length === 0) throw missing(place, sequence);
    return entries.map((entry, i) => messageOf(entry, place, sequence + i));
  }

  #remember(place: number, messages: readonly Message[]): void {
    this.#ahead.delete(place);
    // A range may end with one that is large.
    const isLarge = (messages.at(-1)?.body.length ?? 0) > READ_AHEAD.bytes;
    const kept = isLarge ? messages.slice(0, -1) : messages;
    if (kept.length === 0) return;
    this.#ahead.set(place, { messages: kept, next: 0 });
    if (this.#ahead.size <= TOPICS_AHEAD_MAX) return;
    for (const oldest of this.#ahead.keys()) {
      this.#ahead.delete(oldest);
      return;
    }
  }
}

function messageOf(entry: StoreEntry, place: number, sequence: number): Message {
  const key = parseKey(entry.key);
  if (key?.kind !== 'message' || key.sequence !== sequence) throw missing(place, sequence);
  return decodeMessage(sequence, entry);
}

function missing(place: number, sequence: number): StoreCorrupt {
  return new StoreCorrupt(`the store has lost message ${sequence} of the topic at place ${place}`);
}
