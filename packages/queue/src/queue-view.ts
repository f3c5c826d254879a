import type { MessageState } from './commands/command.ts';
import type { TopicSettings } from './commands/topic-settings.ts';
import type { Message } from './results/result.ts';

/** Reads of a queue, as this node has executed it so far. */
export interface QueueView {
  /** All topics, in creation order. */
  topics(): string[];
  has(topic: string): boolean;
  /** `undefined` for an unknown topic. */
  topic(topic: string): TopicView | undefined;
  /** `undefined` for an unknown topic. */
  stats(topic: string): TopicStats | undefined;
  /**
   * What goes on in a topic, as this node has seen it since its start. `now`: the log's time, in ms since the Unix
   * epoch. `undefined` for an unknown topic.
   */
  activity(topic: string, now: number): TopicActivity | undefined;
  /**
   * Messages that a receive could lease at once: 0 while receiving is paused, nothing in flight is allowed, or all that
   * is ready waits behind blocked keys; 0 for an unknown topic.
   */
  available(topic: string): number;
  /** Messages in a state, by ascending sequence; without effect on them. `undefined` for an unknown topic. */
  peek(topic: string, range: PeekRange): PeekPage | undefined;
  /** One message, in whatever state; `undefined` when the topic does not hold it. */
  message(topic: string, sequence: number): PeekedMessage | undefined;
  /**
   * When an `advance` has something to do, by the log's time: in ms since the Unix epoch, perhaps in the past;
   * `undefined`: not before another command.
   */
  nextDue(): number | undefined;
  /** Lease tokens can be signed; else the next receive should bring a secret. */
  readonly hasSecret: boolean;
  /** The restore of a backup that goes on; `undefined` when there is none. */
  restoring(): RestoreStatus | undefined;
}

/** What a topic is. */
export interface TopicView {
  readonly name: string;
  /** Counts the topics ever created, from 1. */
  readonly number: number;
  /** Counts its settings, from 1. */
  readonly version: number;
  readonly settings: TopicSettings;
  readonly paused: { readonly publishing: boolean; readonly receiving: boolean };
  /** In ms since the Unix epoch; 0 when it was created by a release that did not note it. */
  readonly createdAt: number;
}

/** Counts of one topic. */
export interface TopicStats {
  /** Messages by state; those behind a blocked key are ready, too. */
  readonly ready: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  /** Bytes of the bodies of what is ready, leased or delayed; of dead letters. */
  readonly bytes: number;
  readonly deadBytes: number;
  /** Since the topic was created: messages published (repetitions not counted), acked or popped, deliveries of messages. */
  readonly published: number;
  readonly acked: number;
  readonly delivered: number;
  /** Nacks and expired leases. */
  readonly failed: number;
  /** Messages that became dead letters; dead letters that were published anew. */
  readonly deadLettered: number;
  readonly redriven: number;
  /** Messages that disappeared otherwise, by cause. */
  readonly discarded: {
    readonly expired: number;
    readonly overflow: number;
    readonly purged: number;
  };
}

/** Of one topic. */
export interface TopicActivity {
  /** When the oldest live message was published, in ms since the Unix epoch; `undefined` when there is none. */
  readonly oldestPublishedAt: number | undefined;
  readonly rates: TopicRates;
}

/** Averages over the last minute, or since something happened first. */
export interface TopicRates {
  readonly publishedPerSecond: number;
  readonly deliveredPerSecond: number;
  readonly ackedPerSecond: number;
}

export interface PeekRange {
  readonly state: MessageState;
  /** Only sequences above this one; 0 for all. */
  readonly after: number;
  /** 1 … `MESSAGES_PER_COMMAND_MAX`. */
  readonly limit: number;
}

export interface PeekPage {
  readonly messages: readonly PeekedMessage[];
  /** Go on after this sequence; `undefined` at the end. A page may hold fewer messages than asked for, none even. */
  readonly next: number | undefined;
}

/** A message and what has become of it. */
export interface PeekedMessage {
  readonly message: Message;
  readonly state: MessageState;
  readonly deliveries: number;
  readonly failures: number;
  /** Its last failures, oldest first; at most `HISTORY_MAX`. */
  readonly history: readonly FailureEvent[];
  /** When the lease ends, or the delay, in ms since the Unix epoch; for leased and delayed messages. */
  readonly until: number | undefined;
  /** For dead letters. */
  readonly death: Death | undefined;
}

export interface FailureEvent {
  readonly at: number;
  readonly kind: 'nack' | 'lease-expired' | 'rejected';
  /** Given by the consumer; may be empty. */
  readonly reason: string;
}

export interface Death {
  readonly at: number;
  readonly reason: DeathReason;
}

export type DeathReason = 'failures' | 'rejected' | 'expired' | 'overflow';

export interface RestoreStatus {
  /** As they were given when it began. */
  readonly backupId: string;
  readonly text: string;
  /** Number of the chunk that is wanted next. */
  readonly nextChunk: number;
}
