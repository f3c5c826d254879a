import type { Incarnation, LogIndex, NodeId, Term } from '../core/numbers.ts';
import type { RoleName } from '../core/role.ts';
import type { TransportEvent } from './transport/transport-events.ts';

/** What a node tells its host, for logs and gauges. Plain data. */
export type NodeEvent =
  | {
      readonly kind: 'opened';
      readonly id: NodeId;
      readonly incarnation: Incarnation;
      readonly last: LogIndex;
      readonly term: Term;
      /** The last stop was a clean one. */
      readonly clean: boolean;
      /** Bytes of a torn last frame that were cut off the log. */
      readonly tornBytes: number;
    }
  | {
      readonly kind: 'role-changed';
      readonly role: RoleName;
      readonly term: Term;
      /** 0 when none is known. */
      readonly leader: NodeId;
    }
  /** The process stood still, or the machine was starved, for so long that a leader stops to trust itself. */
  | { readonly kind: 'stalled'; readonly gapMs: number }
  | { readonly kind: 'peer-gone'; readonly peer: NodeId }
  | TransportEvent;
