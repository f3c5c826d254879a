import type { Bytes } from '../bytes/byte-writer.ts';

/** What a log entry does to the queue. Its bytes: `command-encoding.ts`. */
export type Command = CreateTopic | Publish | Pop | RestoreBegin | RestoreChunk | RestoreEnd;

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

/**
 * Begins to put the content of a backup into this queue, which must have no topic; one that was begun before is thrown
 * away. Until the end all commands but these three are refused.
 */
export interface RestoreBegin {
  readonly kind: 'restore-begin';
  /** Which backup it is, for whoever asks later. */
  readonly backupId: string;
  /** Anything that shall be remembered with it while it goes on. */
  readonly text: string;
}

/** The next chunk of the backup: one of `MachineSnapshot.chunks`, as it is. One that was taken before is ignored. */
export interface RestoreChunk {
  readonly kind: 'restore-chunk';
  /** Counts the chunks from 0. */
  readonly number: number;
  /** At most `CHUNK_BYTES_MAX`. */
  readonly chunk: Uint8Array;
}

/** Makes the content of the backup visible, if all of it is there. */
export interface RestoreEnd {
  readonly kind: 'restore-end';
}

/** Whether a command may take room on disk or gives some back: a node that is short of it goes on with the latter. */
export function commandEffect({ kind }: Command): 'grows' | 'shrinks' {
  return kind === 'pop' ? 'shrinks' : 'grows';
}
