import type { Bytes } from './byte-writer.ts';

/** What a log entry does to the queue. Its bytes: `command-encoding.ts`. */
export type Command = CreateTopic | Publish | Pop;

export interface CreateTopic {
  readonly kind: 'create-topic';
  /** Not empty, well-formed Unicode; compared code unit by code unit. */
  readonly topic: string;
}

export interface Publish {
  readonly kind: 'publish';
  readonly topic: string;
  /** Who publishes, when a repetition of this command shall be found out. */
  readonly producer: ProducerStep | undefined;
  /** 1 … `MESSAGES_PER_COMMAND_MAX`, published as one, in this order. */
  readonly messages: readonly NewMessage[];
}

/** Receives the oldest message and acks it. */
export interface Pop {
  readonly kind: 'pop';
  readonly topic: string;
}

/**
 * One publish command among those of a producer to one topic. A command that is sent again carries the same step; a
 * producer that lost its count takes a higher epoch.
 */
export interface ProducerStep {
  /** Unique among producers; 1 … `PRODUCER_ID_BYTES_MAX` bytes. */
  readonly id: string;
  readonly epoch: number;
  /** Counts publish commands (not messages) within the epoch, from 1, without gaps. */
  readonly sequence: number;
}

export interface NewMessage {
  readonly contentType: string;
  readonly body: Bytes;
}
