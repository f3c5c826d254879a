import type { TopicRates } from '../queue-view.ts';
import type { TopicCounters } from './topic.ts';

/** A minute in steps of five seconds: `top` and people look at such spans. */
const SLOT_MS = 5000;
const SLOTS = 12;

interface Mark {
  readonly at: number;
  readonly published: number;
  readonly delivered: number;
  readonly acked: number;
}

const NOTHING: TopicRates = { publishedPerSecond: 0, deliveredPerSecond: 0, ackedPerSecond: 0 };

/**
 * Remembers what the counters of a topic were at the start of each of the last slots in which something happened. Not
 * part of the state: it begins anew with the process.
 */
export class Rates {
  readonly #marks: Mark[] = [];

  /** Something is about to happen. */
  note(at: number, { published, delivered, acked }: Readonly<TopicCounters>): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && slotOf(at) === slotOf(last.at)) return;
    this.#marks.push({ at, published, delivered, acked });
    if (this.#marks.length > SLOTS + 1) this.#marks.shift();
  }

  /** The rates at a time that is not before anything that was noted. */
  at(now: number, counters: Readonly<TopicCounters>): TopicRates {
    const from = now - SLOTS * SLOT_MS;
    const mark = this.#marks.find(({ at }) => at >= from);
    if (mark === undefined) return NOTHING;
    const seconds = Math.max(now - mark.at, SLOT_MS) / 1000;
    return {
      publishedPerSecond: (counters.published - mark.published) / seconds,
      deliveredPerSecond: (counters.delivered - mark.delivered) / seconds,
      ackedPerSecond: (counters.acked - mark.acked) / seconds,
    };
  }
}

const slotOf = (at: number): number => Math.floor(at / SLOT_MS);
