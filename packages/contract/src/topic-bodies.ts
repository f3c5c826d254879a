import * as z from 'zod';
import { strictObject, timeSchema, wholeNumber } from './fields.ts';
import {
  DEDUP_MS_MAX,
  DELAY_MS_MAX,
  FAILURES_MAX,
  IN_FLIGHT_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  TTL_MS_MAX,
} from './queue-limits.ts';

/** Bodies of the calls under `/v1/topics` and `/v1/topics/{topic}`. Requests carry no further fields. */

const oneOf = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, `must be one of ${values.join(', ')}`);

const settingFields = {
  /** Messages come in the order of their publishing, those of one key one at a time. */
  ordering: oneOf(['fifo']),
  /** How long a delivery is leased unless the receive says otherwise. */
  leaseMs: wholeNumber(LEASE_MS_MIN, LEASE_MS_MAX),
  /** A message that has failed so often becomes a dead letter. */
  maxFailures: wholeNumber(1, FAILURES_MAX),
  /** How long messages live that do not say so themselves; `null`: for ever. */
  ttlMs: wholeNumber(1, TTL_MS_MAX).nullable(),
  /** What becomes of a message whose time to live is over. */
  onExpiry: oneOf(['dead-letter', 'discard']),
  /** How long a `dedupId` is remembered, beside the time that its message is in the topic. */
  dedupMs: wholeNumber(0, DEDUP_MS_MAX),
};

/** A message rests after its n-th nack for `initialMs * 2 ** (n - 1)`, `maxMs` at most. */
const backoffFields = {
  initialMs: wholeNumber(0, DELAY_MS_MAX),
  maxMs: wholeNumber(0, DELAY_MS_MAX),
};

/** `null`: no bound. Dead letters do not count. */
const limitFields = {
  /** Messages that are ready, delayed or leased. */
  maxMessages: wholeNumber(1).nullable(),
  /** Bytes of their bodies. */
  maxBytes: wholeNumber(1).nullable(),
  /** Bytes of one body. */
  maxMessageBytes: wholeNumber(1).nullable(),
  /** Messages leased at once. */
  maxInFlight: wholeNumber(1, IN_FLIGHT_MAX),
  /** What a publish does that goes beyond `maxMessages` or `maxBytes`. */
  overflow: oneOf(['reject', 'drop-oldest', 'dead-letter']),
};

/** All settings of a topic. */
export const topicSettingsSchema = strictObject({
  ...settingFields,
  backoff: strictObject(backoffFields),
  limits: strictObject(limitFields),
}).refine(({ backoff }) => backoff.initialMs <= backoff.maxMs, {
  path: ['backoff', 'initialMs'],
  message: 'must not be above maxMs',
});

export type TopicSettingsBody = z.infer<typeof topicSettingsSchema>;

/** `PUT /v1/topics/{topic}`: the settings; what is left out has its default. */
export const putTopicBodySchema = strictObject({
  ...settingFields,
  backoff: strictObject(backoffFields).exactPartial(),
  limits: strictObject(limitFields).exactPartial(),
}).exactPartial();

export type PutTopicBody = z.infer<typeof putTopicBodySchema>;

/**
 * `PATCH /v1/topics/{topic}`, a merge patch of the settings (RFC 7396): what is left out stays, `null` brings the default
 * back. What comes of it must be a `putTopicBodySchema`.
 */
export const patchTopicBodySchema = z.looseObject({}, 'must be an object');

const count = z.number().int();

/** What is paused. */
export const pausedSchema = z.object({ publishing: z.boolean(), receiving: z.boolean() });

/** Counts of one topic. */
export const topicStatsSchema = z.object({
  /** Messages by state; those behind a blocked key are ready, too. */
  ready: count,
  leased: count,
  delayed: count,
  dead: count,
  /** Bytes of the bodies of what is ready, leased or delayed; of dead letters. */
  bytes: count,
  deadBytes: count,
  /** Since the topic was created. */
  published: count,
  acked: count,
  delivered: count,
  failed: count,
  deadLettered: count,
  redriven: count,
  discarded: z.object({ expired: count, overflow: count, purged: count }),
  /** When the oldest message that is ready, leased or delayed was published; `null` when there is none. */
  oldestPublishedAt: timeSchema.nullable(),
  /** Messages a second over the last minute, as the node that answers has seen it since its start. */
  rates: z.object({ published: z.number(), delivered: z.number(), acked: z.number() }),
});

export type TopicStatsBody = z.infer<typeof topicStatsSchema>;

/** A topic. */
export const topicSchema = z.object({
  name: z.string(),
  /** Counts the topics ever created, from 1; ids of messages begin with it. */
  number: count,
  /** Counts its settings, from 1. */
  version: count,
  /** `null` when a release created it that did not note it. */
  createdAt: timeSchema.nullable(),
  settings: topicSettingsSchema,
  paused: pausedSchema,
  stats: topicStatsSchema,
});

export type TopicBody = z.infer<typeof topicSchema>;

/** `GET /v1/topics`, in the order of creation. */
export const topicPageSchema = z.object({
  topics: z.array(
    topicSchema.pick({ name: true, number: true, version: true, paused: true, stats: true }),
  ),
  /** The `cursor` of the next page; `null` at the end. */
  nextCursor: z.string().nullable(),
});

export type TopicPage = z.infer<typeof topicPageSchema>;

/** `DELETE /v1/topics/{topic}` */
export const topicDeletedSchema = z.object({
  /** Of the topic that was deleted. */
  number: count,
  /** What it held, dead letters included. */
  messages: count,
});

/** `POST /v1/topics/{topic}/pause` and `…/resume`: which of the two; what is left out stays. `{}`: both. */
export const pauseBodySchema = strictObject({
  publishing: z.literal(true, 'must be true, or be left out').exactOptional(),
  receiving: z.literal(true, 'must be true, or be left out').exactOptional(),
});

/** What is paused now. */
export const pauseReplySchema = z.object({ paused: pausedSchema });

/** `POST /v1/topics/{topic}/purge`; default: all that is in the topic. */
export const purgeBodySchema = strictObject({
  state: oneOf(['ready', 'leased', 'delayed', 'dead', 'all']).exactOptional(),
  /** Only what was published so long ago. */
  olderThanMs: wholeNumber(0).exactOptional(),
});

/** What was purged by now. */
export const purgedSchema = z.object({
  purged: count,
  /** More may be, step by step. */
  goesOn: z.boolean(),
});
