import type { QueueResult, QueueView } from '@rrmq/queue';
import type { Group } from '@rrmq/raft';

/** What the seed calls need of the node they run on. */
export interface SeedNode {
  readonly group: Group<QueueResult>;
  readonly queue: QueueView;
  /** See `HttpLimits.retryMs`. */
  readonly retryMs: number;
}
