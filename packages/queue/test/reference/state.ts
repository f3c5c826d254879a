import type { QueueRefusal, QueueResult, Refused } from '@rrmq/queue';
import type { ReferenceTopic } from './topic.ts';

/** All that the model knows. */
export interface ReferenceState {
  /** The log's time. */
  at: number;
  /** Sum of all times without a leader. */
  gaps: number;
  topicsCreated: number;
  /** In creation order. */
  topics: ReferenceTopic[];
  /** Whoever published least recently comes first. */
  producers: KnownProducer[];
  readonly producersMax: number;
  /** The oldest one comes first. */
  requests: KnownRequest[];
  secret: Buffer | undefined;
  /** When things of deleted topics would have been due: an `advance` finds nothing to do for them then. */
  leftovers: number[];
}

export interface KnownProducer {
  readonly topicNumber: number;
  readonly id: string;
  readonly epoch: number;
  readonly sequence: number;
  /** Of the last steps, the one of `sequence` last. */
  readonly answers: readonly Answer[];
}

export interface Answer {
  readonly firstSequence: number;
  readonly count: number;
}

/** What was executed under an idempotency key. */
interface KnownRequest {
  readonly key: string;
  readonly command: string;
  readonly result: QueueResult;
  readonly at: number;
}

export const refused = (code: QueueRefusal): Refused => ({ ok: false, code });
