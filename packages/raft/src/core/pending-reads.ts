import type { LogIndex } from './numbers.ts';

/** Names a read in `Raft.read` and `Ready.reads`. */
export type ReadId = number;

/** A read that may be served once entries through `index` are applied. */
export interface ConfirmedRead {
  readonly id: ReadId;
  readonly index: LogIndex;
}

interface PendingRead extends ConfirmedRead {
  /** The heartbeat round that must be answered; 0 while it waits for a round. */
  readonly round: number;
}

/**
 * Reads of one leader's term that wait for a quorum (ReadIndex, §8 and thesis §6.4). One round is on its way at a time:
 * all reads that come meanwhile share the next.
 */
export class PendingReads {
  #asked: PendingRead[] = [];
  #waiting: ConfirmedRead[] = [];

  get count(): number {
    return this.#asked.length + this.#waiting.length;
  }

  add(read: ConfirmedRead): void {
    this.#waiting.push(read);
  }

  /** Whether a round should be started for the reads that wait. */
  get wantsRound(): boolean {
    return this.#waiting.length > 0 && this.#asked.length === 0;
  }

  /** Reads that wait by now are confirmed by an answer to `round`, which was sent after they came. */
  ask(round: number): void {
    for (const read of this.#waiting) this.#asked.push({ ...read, round });
    this.#waiting = [];
  }

  /** A quorum answered `round`: the reads that this confirms. */
  confirm(round: number): readonly ConfirmedRead[] {
    const confirmed = this.#asked.filter((read) => read.round <= round);
    if (confirmed.length > 0) this.#asked = this.#asked.filter((read) => read.round > round);
    return confirmed;
  }
}
