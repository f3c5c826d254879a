import type { QueueResult, QueueView, WaitingReceives } from '@rrmq/queue';
import type { Group } from '@rrmq/raft';
import type { Scheme } from '../base-url.ts';

/** What the seed calls need of the node they run on. */
export interface SeedNode {
  readonly group: Group<QueueResult>;
  readonly queue: QueueView;
  readonly receives: Pick<WaitingReceives, 'publishing'>;
  readonly scheme: Scheme;
  /** See `HttpLimits.retryMs`. */
  readonly retryMs: number;
}
