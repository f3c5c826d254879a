import { type DecodedCommand, type QueueResult, decodeCommand } from '@rrmq/queue';
import {
  type Outcome,
  type ReadOutcome,
  type RefusalReason,
  type RoleName,
  type Term,
  logIndex,
  logTime,
  term,
} from '@rrmq/raft';

/** A command on its way; the test says how it ends. */
export interface Offered {
  readonly bytes: Uint8Array;
  readonly command: DecodedCommand | undefined;
  /** It was executed; the group's progress comes later. */
  commit(result: QueueResult): void;
  /** It was executed, and nothing else. */
  end(result: QueueResult): void;
  refuse(reason: RefusalReason): void;
  lose(): void;
}

/** The group of a leader, its log's time and its timers, moved by hand. */
export class LeaderWorld {
  readonly offered: Offered[] = [];
  readonly reads: ((outcome: ReadOutcome) => void)[] = [];
  termNow = 1;
  nowMs = 1000;
  leads = true;
  /** Timers ever started. */
  timersStarted = 0;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Set<{ readonly atMs: number; readonly ring: () => void }>();
  #last = 0;

  readonly timers = {
    after: (delayMs: number, ring: () => void) => {
      this.timersStarted += 1;
      const timer = { atMs: this.nowMs + delayMs, ring };
      this.#timers.add(timer);
      return () => void this.#timers.delete(timer);
    },
  };

  get timersWaiting(): number {
    return this.#timers.size;
  }

  propose(bytes: Uint8Array, done: (outcome: Outcome<QueueResult>) => void): void {
    const end = (outcome: Outcome<QueueResult>): void => {
      this.offered.splice(this.offered.indexOf(offered), 1);
      done(outcome);
    };
    const offered: Offered = {
      bytes,
      command: Buffer.isBuffer(bytes) ? decodeCommand(bytes) : undefined,
      commit: (result) => {
        this.#last += 1;
        end({ kind: 'committed', index: logIndex(this.#last), at: logTime(this.nowMs), result });
      },
      end: (result) => {
        offered.commit(result);
        this.progress();
      },
      refuse: (reason) => end({ kind: 'refused', reason }),
      lose: () => end({ kind: 'unknown' }),
    };
    this.offered.push(offered);
  }

  read(done: (outcome: ReadOutcome) => void): void {
    this.reads.push(done);
  }

  status(): { readonly role: RoleName; readonly term: Term } {
    return { role: this.leads ? 'leader' : 'follower', term: term(this.termNow) };
  }

  /** Another node leads from now on, or this one does in a later term. */
  enterTerm(leads: boolean): void {
    this.termNow += 1;
    this.leads = leads;
    this.progress();
  }

  answerReads(outcome: ReadOutcome = { kind: 'ready' }): void {
    for (const done of this.reads.splice(0)) done(outcome);
  }

  logTime() {
    return this.leads ? logTime(this.nowMs) : undefined;
  }

  watchProgress(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  progress(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Lets time pass; timers ring in order. */
  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= untilMs);
      const next = due.toSorted((one, other) => one.atMs - other.atMs)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.ring();
    }
    this.nowMs = untilMs;
  }
}
