import type { Incarnation, LogIndex, NodeId } from './numbers.ts';

/** Names a read in `Raft.read`, `Ready.reads` and `Ready.readRefusals`; unique within one boot of a node. */
export type ReadId = number;

export type ReadRefusal = 'not-leader' | 'unconfirmed' | 'overloaded';

/** A read that may be served once entries through `index` are applied. */
export interface ConfirmedRead {
  readonly id: ReadId;
  readonly index: LogIndex;
}

export interface RefusedRead {
  readonly id: ReadId;
  readonly reason: ReadRefusal;
}

/** The follower that forwarded a read, and the boot of it that waits for the answer. */
export interface Asker {
  readonly to: NodeId;
  readonly incarnation: Incarnation;
}

interface WaitingRead extends ConfirmedRead {
  /** `undefined`: a read of the leader itself. */
  readonly asker: Asker | undefined;
  /** When it was asked for, on the full monotonic clock. */
  readonly askedAtMs: number;
}

interface PendingRead extends WaitingRead {
  /** The heartbeat round that must be answered. */
  readonly round: number;
}

/**
 * Reads of one leader's term that wait for a quorum (ReadIndex, §8 and thesis §6.4). One round is on its way at a time:
 * all reads that come meanwhile share the next.
 */
export class PendingReads {
  #asked: PendingRead[] = [];
  #waiting: WaitingRead[] = [];

  get count(): number {
    return this.#asked.length + this.#waiting.length;
  }

  add(read: WaitingRead): void {
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
  confirm(round: number): readonly WaitingRead[] {
    const confirmed = this.#asked.filter((read) => read.round <= round);
    if (confirmed.length > 0) this.#asked = this.#asked.filter((read) => read.round > round);
    return confirmed;
  }

  /** Those that were asked for at this time or earlier, and are not confirmed: nobody waits for them any more. */
  expire(atMs: number): readonly WaitingRead[] {
    const [oldest] = this.#asked.length > 0 ? this.#asked : this.#waiting;
    if (oldest === undefined || oldest.askedAtMs > atMs) return [];
    const isOver = ({ askedAtMs }: WaitingRead): boolean => askedAtMs <= atMs;
    const expired = [...this.#asked, ...this.#waiting].filter(isOver);
    this.#asked = this.#asked.filter((read) => !isOver(read));
    this.#waiting = this.#waiting.filter((read) => !isOver(read));
    return expired;
  }

  /** Leadership is lost: all that is not confirmed. */
  drain(): readonly WaitingRead[] {
    const left = [...this.#asked, ...this.#waiting];
    this.#asked = [];
    this.#waiting = [];
    return left;
  }
}
