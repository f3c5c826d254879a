import type { Settlement } from '@rrmq/queue';

type Action = Settlement['action'];

/** One message of a topic, as far as the log tells of it. */
export interface Life {
  readonly sequence: number;
  readonly body: Buffer;
  readonly key: string | undefined;
  readonly priority: number;
  /** When its time to live is over, in ms since the Unix epoch. */
  readonly expiresAt: number | undefined;
  readonly dedupId: string | undefined;
  /** Until then its dedup id is remembered in any case. */
  readonly rememberedUntil: number;
  /** Not to be delivered before, in ms since the Unix epoch: published with a delay, or nacked. */
  restsUntil: number;
  /** Its key waits for it while it rests: it was nacked. */
  blocksKey: boolean;
  deliveries: number;
  /** Without that of the last delivery, if it was never settled. */
  failures: number;
  /** The last delivery that was leased. */
  grant: Grant | undefined;
  /** How it ended, if that is known. `moved`: published anew by a redrive. */
  end: 'acked' | 'rejected' | 'failed' | 'moved' | undefined;
}

/** One delivery that was leased. */
export interface Grant {
  readonly topicNumber: number;
  readonly life: Life;
  /** Counts the deliveries of the message, from 1. */
  readonly delivery: number;
  deadline: number;
  lengthMs: number;
  /** Time without a leader before it was granted, or extended. */
  gapMsBefore: number;
  settledAs: Action | undefined;
}

/** When the lease is over: later by the time without a leader, by its own length at most (`docs/SEMANTICS.md`, "Time"). */
export function endOf({ deadline, lengthMs, gapMsBefore }: Grant, gapMs: number): number {
  return deadline + Math.min(gapMs - gapMsBefore, lengthMs);
}

/** Somebody may settle this delivery at this time. */
export function isValid(grant: Grant, { at, gapMs }: LogMoment): boolean {
  return grant.settledAs === undefined && grant.life.grant === grant && endOf(grant, gapMs) > at;
}

/** Where the log is. */
export interface LogMoment {
  readonly index: number;
  /** The log's time, in ms since the Unix epoch. */
  readonly at: number;
  /** Time without a leader so far, all in all. */
  readonly gapMs: number;
}
