import type { MessageState } from '../commands/command.ts';
import { type TopicSettings, defaultTopicSettings } from '../commands/topic-settings.ts';
import type { TopicActivity, TopicStats, TopicView } from '../queue-view.ts';
import { Bodies } from './bodies.ts';
import { DeadLetters } from './dead-letters.ts';
import { Delayed } from './delayed.ts';
import type { PurgeJob, RedriveJob } from './jobs.ts';
import type { KeyRecords } from './key-records.ts';
import { type LeaseOrder, Leases } from './leases.ts';
import { Rates } from './rates.ts';
import { NOTHING_READY, Ready, type ReadyRecord } from './ready.ts';
import type { Rows } from './rows.ts';
import { Settlements } from './settlements.ts';
import type { StoredMessages } from './stored-messages.ts';

/** What happened in a topic since it was created; see `TopicStats`. */
export interface TopicCounters {
  published: number;
  acked: number;
  delivered: number;
  failed: number;
  deadLettered: number;
  redriven: number;
  discardedExpired: number;
  discardedOverflow: number;
  discardedPurged: number;
}

/** What the store says of a topic, beside its messages and rows. */
export interface TopicRecord {
  readonly number: number;
  /** Where it lies in the store; see `store-keys.ts`. */
  readonly place: number;
  readonly name: string;
  /** In ms since the Unix epoch. */
  readonly createdAt: number;
  readonly version: number;
  readonly settings: TopicSettings;
  readonly paused: TopicView['paused'];
  /** Of the last message published; 0 before the first. */
  readonly lastSequence: number;
  /** Bytes of the bodies of live messages. */
  readonly bytes: number;
  readonly counters: Readonly<TopicCounters>;
  readonly ready: ReadyRecord;
  /** Leased messages: so many lease rows there are. */
  readonly leased: number;
  readonly delayed: number;
  readonly dead: { readonly count: number; readonly bytes: number };
  readonly settlements: number;
  readonly purge: PurgeJob | undefined;
  readonly redrive: RedriveJob | undefined;
}

/** A named queue. Each of its messages is in one of these: `ready`, `leases`, `delayed`, or `dead`. */
export interface Topic {
  readonly number: number;
  readonly place: number;
  readonly name: string;
  readonly createdAt: number;
  version: number;
  settings: TopicSettings;
  paused: TopicView['paused'];
  lastSequence: number;
  bytes: number;
  readonly counters: TopicCounters;
  /** The live messages themselves. */
  readonly bodies: Bodies;
  readonly ready: Ready;
  readonly leases: Leases;
  readonly delayed: Delayed;
  readonly dead: DeadLetters;
  readonly settlements: Settlements;
  /** No part of the state: it begins anew with the process. */
  readonly rates: Rates;
  purge: PurgeJob | undefined;
  redrive: RedriveJob | undefined;
}

/** What topics share. */
export interface TopicSurroundings {
  readonly rows: Rows;
  readonly keyRecords: KeyRecords;
  readonly stored: StoredMessages;
  readonly leaseOrder: LeaseOrder;
}

/** A topic as the store describes it, without its leases; it has got messages up to `storedThrough`. */
export function topicOf(
  record: TopicRecord,
  surroundings: TopicSurroundings,
  storedThrough = record.lastSequence,
): Topic {
  const { rows, keyRecords, stored, leaseOrder } = surroundings;
  const { number, place, name, createdAt, version, settings, paused } = record;
  const { lastSequence, bytes, purge, redrive } = record;
  const bodies = new Bodies(place, storedThrough, stored);
  return {
    number,
    place,
    name,
    createdAt,
    version,
    settings,
    paused,
    lastSequence,
    bytes,
    counters: { ...record.counters },
    bodies,
    ready: new Ready({ rows, keyRecords, bodies, place, record: record.ready }),
    leases: new Leases(place, leaseOrder),
    delayed: new Delayed(rows, place, record.delayed),
    dead: new DeadLetters(rows, place, record.dead),
    settlements: new Settlements(rows, place, record.settlements),
    rates: new Rates(),
    purge,
    redrive,
  };
}

export function recordOf(topic: Topic): TopicRecord {
  const { number, place, name, createdAt, version, settings, paused } = topic;
  const { lastSequence, bytes, counters, purge, redrive, dead } = topic;
  return {
    number,
    place,
    name,
    createdAt,
    version,
    settings,
    paused,
    lastSequence,
    bytes,
    counters,
    ready: topic.ready.record(),
    leased: Math.max(topic.leases.size, topic.leases.promised),
    delayed: topic.delayed.count,
    dead: { count: dead.count, bytes: dead.bytes },
    settlements: topic.settlements.count,
    purge,
    redrive,
  };
}

export type TopicOrigin = Pick<TopicRecord, 'number' | 'place' | 'name' | 'createdAt'>;

/** Of a topic in which nothing has happened. */
export function newTopicRecord(origin: TopicOrigin, settings?: TopicSettings): TopicRecord {
  const { number, place, name, createdAt } = origin;
  return {
    number,
    place,
    name,
    createdAt,
    version: 1,
    settings: settings ?? defaultTopicSettings,
    paused: { publishing: false, receiving: false },
    lastSequence: 0,
    bytes: 0,
    counters: {
      published: 0,
      acked: 0,
      delivered: 0,
      failed: 0,
      deadLettered: 0,
      redriven: 0,
      discardedExpired: 0,
      discardedOverflow: 0,
      discardedPurged: 0,
    },
    ready: NOTHING_READY,
    leased: 0,
    delayed: 0,
    dead: { count: 0, bytes: 0 },
    settlements: 0,
    purge: undefined,
    redrive: undefined,
  };
}

/** Messages that are ready, leased or delayed. */
export const liveCount = ({ ready, leases, delayed }: Topic): number =>
  ready.count + leases.size + delayed.count;

/** Messages that a receive may lease now. */
export function availableIn({ ready, leases, paused, settings }: Topic): number {
  if (paused.receiving) return 0;
  return Math.max(Math.min(ready.available, settings.limits.maxInFlight - leases.size), 0);
}

export function statsOf(topic: Topic): TopicStats {
  const { counters, ready, leases, delayed, dead, bytes } = topic;
  const { published, acked, delivered, failed, deadLettered, redriven } = counters;
  return {
    ready: ready.count,
    leased: leases.size,
    delayed: delayed.count,
    dead: dead.count,
    bytes,
    deadBytes: dead.bytes,
    published,
    acked,
    delivered,
    failed,
    deadLettered,
    redriven,
    discarded: {
      expired: counters.discardedExpired,
      overflow: counters.discardedOverflow,
      purged: counters.discardedPurged,
    },
  };
}

export function activityOf({ bodies, rates, counters }: Topic, now: number): TopicActivity {
  return { oldestPublishedAt: bodies.oldest()?.publishedAt, rates: rates.at(now, counters) };
}

export function viewOf(topic: Topic): TopicView {
  const { name, number, version, settings, paused, createdAt } = topic;
  return { name, number, version, settings, paused, createdAt };
}

/** The state of a live message. */
export function stateOf({ leases, delayed }: Topic, sequence: number): LiveState {
  if (leases.get(sequence) !== undefined) return 'leased';
  return delayed.find(sequence) === undefined ? 'ready' : 'delayed';
}

export type LiveState = Exclude<MessageState, 'dead'>;

/** Live messages that a topic has by its record. */
export function liveCountOf({ ready, leased, delayed }: TopicRecord): number {
  let count = ready.keys.count + leased + delayed;
  for (const { freshCount, returnedCount } of ready.lanes) count += freshCount + returnedCount;
  return count;
}
