import type { Message } from '../results/result.ts';
import { messageKey, parseKey } from '../store/store-keys.ts';
import { decodeMessage } from '../store/message-record.ts';
import { type Store, type StoreEntry, StoreCorrupt } from '../store/store.ts';

/** A range of so many costs half of what single reads do; more save nothing. */
const READ_AHEAD = { entries: 64, bytes: 65_536 };

/** Topics with messages read ahead: they hold 8 MiB together at most. */
const TOPICS_AHEAD_MAX = 64;

export interface StoredRange {
  readonly place: number;
  readonly from: number;
  readonly through: number;
}

/** Messages `from …` of a place, as far as they were read. */
interface ReadAhead {
  readonly from: number;
  readonly messages: readonly Message[];
  next: number;
}

/** Reads the messages of the store, some at a time. */
export class StoredMessages {
  readonly #store: Store;
  /** By place, from the one read least recently on. */
  readonly #ahead = new Map<number, ReadAhead>();

  constructor(store: Store) {
    this.#store = store;
  }

  find(place: number, sequence: number): Message | undefined {
    const key = messageKey(place, sequence);
    const value = this.#store.get(key);
    return value && decodeMessage(sequence, { key, value });
  }

  /** The first message of the range that is not gone. Cheap when asked for in ascending order. */
  first(range: StoredRange, isGone: (sequence: number) => boolean): Message | undefined {
    const { place, through } = range;
    for (let { from } = range; from <= through;) {
      const ahead = this.#aheadOf({ place, from, through });
      if (ahead === undefined) return undefined;
      if ((ahead.messages[ahead.next - 1]?.sequence ?? 0) >= from) ahead.next = 0;
      for (; ahead.next < ahead.messages.length; ahead.next += 1) {
        const message = ahead.messages[ahead.next];
        if (message === undefined || message.sequence > through) return undefined;
        if (message.sequence >= from && !isGone(message.sequence)) return message;
      }
      from = Math.max(from, (ahead.messages.at(-1)?.sequence ?? from) + 1);
    }
    return undefined;
  }

  /** The store holds other messages of this place than it did. */
  forget(place: number): void {
    this.#ahead.delete(place);
  }

  /** The first messages of the range; at most some. */
  read({ place, from, through }: StoredRange): Message[] {
    return this.#store
      .range(messageKey(place, from), messageKey(place, through + 1), READ_AHEAD)
      .map(messageOf);
  }

  #aheadOf(range: StoredRange): ReadAhead | undefined {
    const { place, from } = range;
    const known = this.#ahead.get(place);
    const lastKnown = known?.messages.at(-1)?.sequence ?? 0;
    if (known !== undefined && known.from <= from && from <= lastKnown) return known;
    const messages = this.read(range);
    this.#ahead.delete(place);
    if (messages.length === 0) return undefined;
    const ahead = { from, messages, next: 0 };
    // A range may end with one that is large.
    const isLarge = (messages.at(-1)?.body.length ?? 0) > READ_AHEAD.bytes;
    if (!isLarge) this.#remember(place, ahead);
    return ahead;
  }

  #remember(place: number, ahead: ReadAhead): void {
    this.#ahead.set(place, ahead);
    if (this.#ahead.size <= TOPICS_AHEAD_MAX) return;
    for (const oldest of this.#ahead.keys()) {
      this.#ahead.delete(oldest);
      return;
    }
  }
}

function messageOf(entry: StoreEntry): Message {
  const key = parseKey(entry.key);
  if (key?.kind !== 'message') throw new StoreCorrupt('a key among those of messages is none');
  return decodeMessage(key.sequence, entry);
}
