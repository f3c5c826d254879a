import type { RefusalReason } from '@rrmq/raft';
import type { Settlement } from '../commands/command.ts';
import type { Delivery, QueueRefusal, Settled } from '../results/result.ts';

/** What a consumer asks for. */
export interface ReceiveRequest {
  readonly topic: string;
  /** 1 … `MESSAGES_PER_COMMAND_MAX`; a command that settles, too, leases so many less. */
  readonly max: number;
  /** See `Receive.leaseMs`. */
  readonly leaseMs?: number;
  /** Done at once, whatever comes of the rest. */
  readonly settle: readonly Settlement[];
  /** How long to wait for a first message; 0: not at all. */
  readonly waitMs: number;
}

/** How a receive ends. */
export type ReceiveOutcome =
  /** At least one message. `settled`: one for each settlement asked for. */
  | {
      readonly kind: 'received';
      readonly topicNumber: number;
      readonly settled: readonly Settled[];
      readonly deliveries: readonly Delivery[];
    }
  /** No message came in time, or the wait ended early after something was settled. */
  | { readonly kind: 'empty'; readonly settled: readonly Settled[] }
  /** Nothing was settled or leased. */
  | { readonly kind: 'refused'; readonly code: QueueRefusal }
  | { readonly kind: 'group-refused'; readonly reason: RefusalReason }
  /** Nothing was settled or leased, and this node does not lead any more. */
  | { readonly kind: 'moved' }
  /** Nothing was settled or leased: too many wait at this node. */
  | { readonly kind: 'too-many' }
  /** Leadership was lost when it was on its way: it may have been executed, or may still be. */
  | { readonly kind: 'unknown' };
