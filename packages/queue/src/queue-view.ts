import type { TopicStats } from './state/topic.ts';

/** Reads of a queue, as this node has executed it so far. */
export interface QueueView {
  /** All topics, in creation order. */
  topics(): string[];
  has(topic: string): boolean;
  /** Messages that can be popped; 0 for an unknown topic. */
  depth(topic: string): number;
  /** `undefined` for an unknown topic. */
  stats(topic: string): TopicStats | undefined;
  /** The restore of a backup that goes on; `undefined` when there is none. */
  restoring(): RestoreStatus | undefined;
}

export interface RestoreStatus {
  /** As they were given when it began. */
  readonly backupId: string;
  readonly text: string;
  /** Number of the chunk that is wanted next. */
  readonly nextChunk: number;
}
