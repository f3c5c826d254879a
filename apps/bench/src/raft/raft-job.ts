import type { DiskWrites } from './counting-disk.ts';

/** What a process of the library bench is started with. */
export interface RaftNodeJob {
  /** From 1. */
  readonly id: number;
  /** Of all members, in the order of their ids, on the loopback address. */
  readonly ports: readonly number[];
  readonly directory: string;
}

/** One stretch of proposals by the leader, with so many of them not settled at any time. */
export interface ProposalJob {
  readonly entryBytes: number;
  readonly window: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface ProposalResult {
  readonly seconds: number;
  readonly committed: number;
  /** Refused or of unknown outcome: a round with one is invalid. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the leader's own disk. */
  readonly disk: DiskWrites;
}

/** What the parent of such a process asks of it. */
export type RaftCommand =
  | { readonly kind: 'open'; readonly job: RaftNodeJob }
  | { readonly kind: 'role' }
  | { readonly kind: 'propose'; readonly job: ProposalJob };

/** Each command is answered once, a `propose` twice: when the warm-up is over, and at its end. */
export type RaftAnswer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'role'; readonly isLeader: boolean; readonly isReady: boolean }
  | { readonly kind: 'begun' }
  | { readonly kind: 'done'; readonly result: ProposalResult }
  | { readonly kind: 'failed'; readonly reason: string };
