import type { Configuration } from '../core/configuration.ts';
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
      /** What the machine's store held: entries after this one are executed again. */
      readonly flushed: LogIndex;
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
  /** This node gave its vote in `term`; it is durable before anybody hears of it. */
  | { readonly kind: 'voted'; readonly term: Term; readonly candidate: NodeId }
  /** A configuration is in force from now on, committed or not (§6). */
  | {
      readonly kind: 'configuration-changed';
      readonly index: LogIndex;
      readonly configuration: Configuration;
    }
  /** The process stood still, or the machine was starved, for so long that a leader stops to trust itself. */
  | { readonly kind: 'stalled'; readonly gapMs: number }
  | { readonly kind: 'peer-gone'; readonly peer: NodeId }
  | SnapshotEvent
  | DiskEvent
  | TransportEvent;

/** How far the state is in its store, and states on their way between nodes. */
export type SnapshotEvent =
  /** Entries through `index` are durable in the machine's store, and the log knows. */
  | { readonly kind: 'flushed'; readonly index: LogIndex }
  /** Entries through `index` are no longer in the log. */
  | { readonly kind: 'compacted'; readonly index: LogIndex }
  | { readonly kind: 'snapshot-sending'; readonly peer: NodeId; readonly index: LogIndex }
  | {
      readonly kind: 'snapshot-sent';
      readonly peer: NodeId;
      readonly index: LogIndex;
      readonly installed: boolean;
      readonly why: string;
    }
  | { readonly kind: 'snapshot-receiving'; readonly peer: NodeId; readonly index: LogIndex }
  /** What came is no snapshot, or could not be written; nothing of the state in force was touched. */
  | {
      readonly kind: 'snapshot-refused';
      readonly peer: NodeId;
      readonly index: LogIndex;
      readonly reason: string;
    }
  /** The state that was received is in force. */
  | { readonly kind: 'snapshot-installed'; readonly index: LogIndex };

type DiskEvent =
  /** A durable write of the log took long. */
  | { readonly kind: 'slow-disk'; readonly writeMs: number }
  /** There is no longer, or again, room for what makes the state grow. */
  | { readonly kind: 'room-changed'; readonly room: boolean; readonly freeBytes: number }
  /** The machine's store has no room for what it should hold: the ballast is given up for it, and it is tried again. */
  | { readonly kind: 'store-full' };
