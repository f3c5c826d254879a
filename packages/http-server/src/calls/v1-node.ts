import type { QueueResult, QueueView, WaitingReceives } from '@rrmq/queue';
import type { Group, GroupAdmin } from '@rrmq/raft';
import type { Logger } from 'pino';
import type { Scheme } from '../base-url.ts';
import type { NodeInfo } from '../probes.ts';

/** What the calls under `/v1` need of the node they run on. */
export interface V1Node {
  readonly group: Group<QueueResult>;
  readonly admin: GroupAdmin;
  readonly queue: QueueView;
  readonly receives: Pick<WaitingReceives, 'publishing' | 'receive'>;
  /** Bytes that nobody can guess: see `WaitingReceivesOptions`. */
  readonly newSecret: () => Uint8Array;
  readonly info: NodeInfo;
  readonly scheme: Scheme;
  /** See `HttpLimits.retryMs`. */
  readonly retryMs: number;
  /** How long a client of a stream may stand still. */
  readonly idleMs: number;
  readonly log: Logger;
}
