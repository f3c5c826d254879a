/** What came of a command. Plain values; nobody changes them. */
export type QueueResult =
  TopicCreated | Published | Popped | RestoreBegun | RestoreChunkTaken | Restored | Refused;

export interface TopicCreated {
  readonly ok: true;
  readonly kind: 'topic-created';
  /** Counts the topics ever created, from 1. */
  readonly topicNumber: number;
}

export interface Published {
  readonly ok: true;
  readonly kind: 'published';
  readonly topicNumber: number;
  /** The messages have the sequences `firstSequence … firstSequence + count - 1`; ids by `messageId`. */
  readonly firstSequence: number;
  readonly count: number;
  /** This producer step was published before, under the sequences given; nothing was added now. */
  readonly duplicate: boolean;
}

export interface Popped {
  readonly ok: true;
  readonly kind: 'popped';
  readonly topicNumber: number;
  readonly message: Message;
}

export interface RestoreBegun {
  readonly ok: true;
  readonly kind: 'restore-begun';
}

export interface RestoreChunkTaken {
  readonly ok: true;
  readonly kind: 'restore-chunk-taken';
  /** Number of the chunk that is wanted next. */
  readonly next: number;
}

export interface Restored {
  readonly ok: true;
  readonly kind: 'restored';
  /** What the queue holds now. */
  readonly topics: number;
  readonly messages: number;
}

export interface Refused {
  readonly ok: false;
  readonly code: QueueRefusal;
}

/** Why a command changed nothing; `backup-rejected` ends the restore besides. */
export type QueueRefusal =
  | 'topic-exists'
  | 'unknown-topic'
  /** The topic holds nothing that could be popped. */
  | 'no-message'
  /**
   * Steps between this one and the last one known are missing; for a producer that is not known, or a new epoch: the
   * step is not the first. Also seen by a producer that was forgotten. Not executed.
   */
  | 'producer-gap'
  /** The producer was seen with a higher epoch, or the step is so old that its answer is forgotten. */
  | 'stale-producer'
  /** The bytes are no command. */
  | 'malformed-command'
  /** A backup is being restored; until its end nothing else is done. */
  | 'restoring'
  /** A backup is restored only into a queue without topics. */
  | 'not-empty'
  /** No restore was begun, or it was thrown away, or it has ended. */
  | 'no-restore'
  /** The chunks before this one were not taken, or at the end: some are missing. The restore may go on. */
  | 'restore-incomplete'
  /** This is no chunk of a backup, or it does not fit to those before it. The restore was thrown away. */
  | 'backup-rejected';

/** A message in a topic. Immutable. */
export interface Message {
  /** Its order within the topic, from 1. */
  readonly sequence: number;
  readonly contentType: string;
  readonly body: Buffer;
  /** The log's time, in ms since the Unix epoch. */
  readonly publishedAt: number;
}

/** `<topic number>-<sequence>`: unique for ever, also when a topic of the same name is created again. */
export function messageId(topicNumber: number, sequence: number): string {
  return `${topicNumber}-${sequence}`;
}

export const refused = (code: QueueRefusal): Refused => ({ ok: false, code });
