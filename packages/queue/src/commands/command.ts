import type { Bytes } from '../bytes/byte-writer.ts';
import type { TopicSettings } from './topic-settings.ts';

/** What a log entry does to the queue. Its bytes: `command-encoding.ts`. What each does: `docs/SEMANTICS.md`. */
export type Command =
  PlainCommand | Once | CompareStates | RestoreBegin | RestoreChunk | RestoreEnd;

/** Commands that may be executed once by an idempotency key. */
export type PlainCommand =
  | CreateTopic
  | UpdateTopic
  | DeleteTopic
  | PauseTopic
  | Publish
  | Pop
  | Receive
  | Settle
  | Redrive
  | Purge
  | Advance;

export interface CreateTopic {
  readonly kind: 'create-topic';
  /** Not empty, well-formed Unicode; compared code unit by code unit. */
  readonly topic: string;
  /** Default `defaultTopicSettings`. */
  readonly settings?: TopicSettings;
}

/** Replaces the settings. */
export interface UpdateTopic {
  readonly kind: 'update-topic';
  readonly topic: string;
  readonly settings: TopicSettings;
  /** Refused unless it is this topic, at this version. */
  readonly expected?: TopicVersion;
}

/** One of the topics that ever had a name, and the settings that it had. */
export interface TopicVersion {
  /** Counts the topics ever created, from 1. */
  readonly number: number;
  /** Counts its settings, from 1. */
  readonly version: number;
}

/** Removes a topic and all that is in it. */
export interface DeleteTopic {
  readonly kind: 'delete-topic';
  readonly topic: string;
  /** Refused unless it is this topic, at this version. */
  readonly expected?: TopicVersion;
}

/** Says what is paused from now on. */
export interface PauseTopic {
  readonly kind: 'pause-topic';
  readonly topic: string;
  readonly publishing: boolean;
  readonly receiving: boolean;
}

export interface Publish {
  readonly kind: 'publish';
  readonly topic: string;
  /** Who publishes, when a repetition of this command shall be found out. Its messages have no `dedupId` then. */
  readonly producer: ProducerStep | undefined;
  /** 1 … `MESSAGES_PER_COMMAND_MAX`, published as one, in this order. */
  readonly messages: readonly NewMessage[];
}

/** Receives the next message and acks it. */
export interface Pop {
  readonly kind: 'pop';
  readonly topic: string;
}

/** Settles, then leases up to `max` messages. */
export interface Receive {
  readonly kind: 'receive';
  readonly topic: string;
  /** 0 … `MESSAGES_PER_COMMAND_MAX` less the settlements. */
  readonly max: number;
  /** `LEASE_MS_MIN … LEASE_MS_MAX`; default: the topic's. */
  readonly leaseMs?: number;
  readonly settle: readonly Settlement[];
  /** Of 16 bytes. Signs lease tokens if there is no secret yet: the first one of the log counts. */
  readonly secret?: Uint8Array;
}

export interface Settle {
  readonly kind: 'settle';
  readonly topic: string;
  /** 1 … `MESSAGES_PER_COMMAND_MAX`. Each one succeeds or is refused by itself. */
  readonly settle: readonly Settlement[];
}

/** What becomes of a delivery. `token`: see `lease-token.ts`. */
export type Settlement =
  | { readonly action: 'ack' | 'release'; readonly token: Uint8Array }
  | {
      readonly action: 'nack';
      readonly token: Uint8Array;
      /** 0 … `DELAY_MS_MAX`; default: the topic's backoff. */
      readonly delayMs?: number;
      readonly reason?: string;
    }
  | { readonly action: 'reject'; readonly token: Uint8Array; readonly reason?: string }
  | {
      readonly action: 'extend';
      readonly token: Uint8Array;
      /** From now on; `LEASE_MS_MIN … LEASE_MS_MAX`, default: the topic's. */
      readonly leaseMs?: number;
    };

/** Publishes dead letters again, those with the lowest sequences first. */
export interface Redrive {
  readonly kind: 'redrive';
  readonly topic: string;
  /** Which ones, 1 … `MESSAGES_PER_COMMAND_MAX`; others are ignored. Default: all that are dead letters now. */
  readonly sequences?: readonly number[];
  /** How many at most, from 1; default: all. Not with `sequences`. */
  readonly max?: number;
  /** The topic that gets them; default: their own. */
  readonly to?: string;
  /** Messages a second, from 1; default: as fast as it goes. Not with `sequences`. */
  readonly ratePerSecond?: number;
}

/** Discards messages that are in the topic now. */
export interface Purge {
  readonly kind: 'purge';
  readonly topic: string;
  readonly state: MessageState | 'all';
  /** Only those that were published so long ago; from 0. */
  readonly olderThanMs?: number;
}

export type MessageState = 'ready' | 'leased' | 'delayed' | 'dead';

/** Does what is due by the log's time, and the next step of what is going on; `MESSAGES_PER_COMMAND_MAX` messages at most. */
export interface Advance {
  readonly kind: 'advance';
}

/** Executes a command unless one under this key was executed in the last `REQUEST_MS`; then its result is given again. */
export interface Once {
  readonly kind: 'once';
  /** 1 … `KEY_BYTES_MAX` bytes, for the whole group. */
  readonly key: string;
  readonly command: PlainCommand;
}

/**
 * Says what the leader's state was after an entry: a node whose state was another one must end (`StateDiverged`). Changes
 * nothing.
 */
export interface CompareStates {
  readonly kind: 'compare-states';
  readonly index: number;
  /** See `QueueMachine.stateHash`. */
  readonly hash: number;
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
  /** Messages of one key are delivered one at a time, in order; 1 … `KEY_BYTES_MAX` bytes. */
  readonly key?: string;
  /** 0 … `PRIORITY_MAX`; default `PRIORITY_DEFAULT`. */
  readonly priority?: number;
  /** Rests so long before it is ready; 0 … `DELAY_MS_MAX`. */
  readonly delayMs?: number;
  /** Or until this time, in ms since the Unix epoch; not together with `delayMs`. */
  readonly deliverAt?: number;
  /** 1 … `TTL_MS_MAX`; default: the topic's. */
  readonly ttlMs?: number;
  /** Published once per topic while it is remembered; 1 … `KEY_BYTES_MAX` bytes. */
  readonly dedupId?: string;
  /** At most `ATTRIBUTES_MAX`, with `ATTRIBUTES_BYTES_MAX` bytes of names and values; in this order. */
  readonly attributes?: Attributes;
}

export type Attributes = readonly (readonly [name: string, value: string])[];

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

/** Commands that give room back, or are needed for others that do. */
const SHRINKING: ReadonlySet<Command['kind']> = new Set([
  'pop',
  'receive',
  'settle',
  'purge',
  'delete-topic',
  'pause-topic',
  'advance',
  'compare-states',
]);

/** Whether a command may take room on disk or gives some back: a node that is short of it goes on with the latter. */
export function commandEffect(command: Command): 'grows' | 'shrinks' {
  const { kind } = command.kind === 'once' ? command.command : command;
  return SHRINKING.has(kind) ? 'shrinks' : 'grows';
}
