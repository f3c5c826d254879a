import { type LogIndex, logIndex } from './numbers.ts';
import { assert } from './assert.ts';

/** Appends on their way to one peer, in order. */
export class Inflights {
  readonly #max: number;
  #lasts: LogIndex[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#lasts.length;
  }

  get full(): boolean {
    return this.#lasts.length >= this.#max;
  }

  add(last: LogIndex): void {
    assert(!this.full, 'an append is sent only when the window has room');
    this.#lasts.push(last);
  }

  /** The peer has everything through `match`. */
  freeThrough(match: LogIndex): void {
    this.#lasts = this.#lasts.filter((last) => last > match);
  }

  clear(): void {
    this.#lasts = [];
  }
}

/**
 * What a leader knows of one peer. `match < next` always.
 * - `probe`: where the logs agree is not known; one append at a time.
 * - `replicate`: they agree through `match`; appends are pipelined and `next` runs ahead.
 */
export class Progress {
  state: 'probe' | 'replicate' = 'probe';
  /** Known to be durable on the peer, and equal to ours, through here. */
  match: LogIndex = logIndex(0);
  /** The next entry to send. */
  next: LogIndex;
  readonly inflights: Inflights;
  /** In `probe`: one append is on its way; cleared by an answer or a heartbeat reply. */
  probing = false;
  /** Entries for this peer are being read from disk. */
  loading = false;
  /** The newest heartbeat round that the peer answered. */
  ackedRound = 0;
  /** The newest heartbeat round when an append was last sent: an answer to a later round came after it, too. */
  sentInRound = 0;
  /** The newest commit index that the peer was told. */
  toldCommit: LogIndex = logIndex(0);

  /** While appends are unanswered: `match` since `waitingSinceMs` (monotonic), and how long that is borne. */
  waitingFrom: LogIndex | undefined = undefined;
  waitingSinceMs = 0;
  patienceMs = 0;

  constructor(next: LogIndex, appendsInFlightMax: number) {
    this.next = next;
    this.inflights = new Inflights(appendsInFlightMax);
  }

  /** The peer has everything through `match`. Returns false when that was known. */
  advance(match: LogIndex): boolean {
    this.inflights.freeThrough(match);
    this.next = logIndex(Math.max(this.next, match + 1));
    if (match <= this.match) return false;
    this.match = match;
    return true;
  }

  becomeProbe(next: LogIndex): void {
    assert(next > this.match, 'what a peer has is not sent again');
    this.state = 'probe';
    this.next = next;
    this.probing = false;
    this.inflights.clear();
  }

  becomeReplicate(): void {
    this.state = 'replicate';
    this.probing = false;
    this.next = logIndex(this.match + 1);
    this.inflights.clear();
  }

  /** Whether nothing may be sent until the peer answers. */
  get paused(): boolean {
    return this.loading || (this.state === 'probe' ? this.probing : this.inflights.full);
  }
}
