import type { Attributes } from '../commands/command.ts';

/** What came of a command. Plain values; nobody changes them. */
export type QueueResult =
  | TopicCreated
  | TopicUpdated
  | TopicDeleted
  | TopicPaused
  | Published
  | Popped
  | Received
  | SettlementsDone
  | Redriven
  | Purged
  | Advanced
  | StatesCompared
  | RestoreBegun
  | RestoreChunkTaken
  | Restored
  | Refused;

export interface TopicCreated {
  readonly ok: true;
  readonly kind: 'topic-created';
  /** Counts the topics ever created, from 1. */
  readonly topicNumber: number;
}

export interface TopicUpdated {
  readonly ok: true;
  readonly kind: 'topic-updated';
  readonly topicNumber: number;
  /** Counts the settings that the topic has had, from 1. The same as before when these were in force already. */
  readonly version: number;
}

export interface TopicDeleted {
  readonly ok: true;
  readonly kind: 'topic-deleted';
  readonly topicNumber: number;
  /** What it held, dead letters included. */
  readonly messages: number;
}

export interface TopicPaused {
  readonly ok: true;
  readonly kind: 'topic-paused';
  readonly topicNumber: number;
}

export interface Published {
  readonly ok: true;
  readonly kind: 'published';
  readonly topicNumber: number;
  /**
   * The first of the messages that were added has this sequence, the others follow one by one. Ids by `messageId`. When
   * all are in `repeated`: the sequence that the next message of the topic gets.
   */
  readonly firstSequence: number;
  /** Messages that were added; those in `repeated` are not among them. */
  readonly count: number;
  /** This producer step was published before, under the sequences given; nothing was added now. */
  readonly duplicate: boolean;
  /** Messages whose `dedupId` is remembered, in ascending position. */
  readonly repeated: readonly Repeated[];
}

/** A message that was published before, under the sequence given. */
export interface Repeated {
  /** Of the message in the command, from 0. */
  readonly position: number;
  readonly sequence: number;
}

export interface Popped {
  readonly ok: true;
  readonly kind: 'popped';
  readonly topicNumber: number;
  readonly message: Message;
}

export interface Received {
  readonly ok: true;
  readonly kind: 'received';
  readonly topicNumber: number;
  /** One for each settlement of the command, in its order. */
  readonly settled: readonly Settled[];
  readonly deliveries: readonly Delivery[];
}

export interface SettlementsDone {
  readonly ok: true;
  readonly kind: 'settled';
  readonly topicNumber: number;
  /** One for each settlement of the command, in its order. */
  readonly settled: readonly Settled[];
}

/** What came of one settlement. */
export type Settled =
  | {
      readonly ok: true;
      /** The same was done with this delivery before; nothing was done now. */
      readonly already: boolean;
      /** Of an extended lease: its new end, in ms since the Unix epoch. */
      readonly leaseExpiresAt?: number;
    }
  | { readonly ok: false; readonly code: SettleRefusal };

export type SettleRefusal =
  /** The token is none of this topic: forged, or of a topic that was deleted. */
  | 'invalid-token'
  /** The lease has expired, or was taken away by a purge, and the message may have been delivered again. */
  | 'lease-lost'
  /** The delivery was settled in another way before. */
  | 'settled-otherwise';

/** A message that is leased to whoever has the token. */
export interface Delivery {
  readonly message: Message;
  /** See `lease-token.ts`. */
  readonly token: Buffer;
  /** How often the message was delivered, from 1. */
  readonly deliveries: number;
  /** How often it failed so far. */
  readonly failures: number;
  /** In ms since the Unix epoch, by the log's time. */
  readonly leaseExpiresAt: number;
}

export interface Redriven {
  readonly ok: true;
  readonly kind: 'redriven';
  readonly topicNumber: number;
  /** Dead letters that were published again by this command. */
  readonly moved: number;
  /** Those that will be, step by step. */
  readonly remaining: number;
}

export interface Purged {
  readonly ok: true;
  readonly kind: 'purged';
  readonly topicNumber: number;
  /** Messages that were discarded by this command. */
  readonly purged: number;
  /** More may be, step by step. */
  readonly goesOn: boolean;
}

export interface Advanced {
  readonly ok: true;
  readonly kind: 'advanced';
  /** Things done: messages that became ready, were discarded, …; ids forgotten. */
  readonly steps: number;
}

/** The node that says so has the state that was spoken of, or has forgotten it. */
interface StatesCompared {
  readonly ok: true;
  readonly kind: 'states-compared';
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

/** Why a command changed nothing but perhaps time: see `docs/SEMANTICS.md`. `backup-rejected` ends the restore besides. */
export type QueueRefusal =
  | 'topic-exists'
  | 'unknown-topic'
  /** The topic has another version than the command asks for. */
  | 'version-mismatch'
  /** Publishing to the topic, or receiving from it, is paused. */
  | 'paused'
  /** The topic's limits leave no room for all messages of the command. */
  | 'topic-full'
  /** A body is larger than the topic's limit. */
  | 'message-too-large'
  /** The topic that a redrive goes to does not exist. */
  | 'unknown-target'
  /** Another redrive, or another purge, of the topic goes on. */
  | 'in-progress'
  /** Another command was executed under this idempotency key. */
  | 'key-reused'
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
  readonly key: string | undefined;
  readonly priority: number;
  readonly attributes: Attributes;
  /** When its time to live is over, in ms since the Unix epoch; `undefined`: never. */
  readonly expiresAt: number | undefined;
  readonly dedupId: string | undefined;
}

/** `<topic number>-<sequence>`: unique for ever, also when a topic of the same name is created again. */
export function messageId(topicNumber: number, sequence: number): string {
  return `${topicNumber}-${sequence}`;
}

export const refused = (code: QueueRefusal): Refused => ({ ok: false, code });
