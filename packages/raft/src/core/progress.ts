import { assert } from './assert.ts';
import { Inflights, type InflightLimits } from './inflights.ts';
import { type LogIndex, logIndex } from './numbers.ts';

/**
 * What a leader knows of one peer. `match < next` always.
 * - `probe`: where the logs agree is not known; one append at a time.
 * - `replicate`: they agree through `match`; appends are pipelined and `next` runs ahead.
 * - `snapshot`: it lacks entries that the log no longer holds; nothing is sent until the driver says how that ended.
 */
export class Progress {
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
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
  /** When the peer last answered in this term, on the full monotonic clock. */
  heardAtMs = Number.NEGATIVE_INFINITY;
  /** The peer's disk has room for what makes the state grow, as far as it told. */
  room = true;
  /** A snapshot failed: the next one begins no earlier than this, on the full monotonic clock. */
  snapshotAfterMs = Number.NEGATIVE_INFINITY;

  /** While appends are unanswered: `match` since `waitingSinceMs` (monotonic), and how long that is borne. */
  waitingFrom: LogIndex | undefined = undefined;
  waitingSinceMs = 0;
  patienceMs = 0;

  constructor(next: LogIndex, limits: InflightLimits) {
    this.next = next;
    this.inflights = new Inflights(limits);
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

  becomeSnapshot(): void {
    this.state = 'snapshot';
    this.probing = false;
    this.loading = false;
    this.inflights.clear();
  }

  /** Whether nothing may be sent until the peer answers. */
  get paused(): boolean {
    if (this.loading || this.state === 'snapshot') return true;
    return this.state === 'probe' ? this.probing : this.inflights.full;
  }
}
