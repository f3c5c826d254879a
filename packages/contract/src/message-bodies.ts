import * as z from 'zod';
import { shortText, strictObject, timeSchema, wholeNumber } from './fields.ts';
import {
  ATTRIBUTES_BYTES_MAX,
  ATTRIBUTES_MAX,
  CONTENT_TYPE_LENGTH_MAX,
  DELAY_MS_MAX,
  KEY_BYTES_MAX,
  MESSAGES_PER_CALL_MAX,
  PRIORITY_MAX,
  TTL_MS_MAX,
} from './queue-limits.ts';
import { isWellFormed, utf8Bytes } from './well-formed.ts';

/** Bodies of publishes and of looks at messages. Requests carry no further fields. */

/** Names and values of a message's own, for consumers and people; the queue does not read them. */
export const attributesSchema = z.custom<Readonly<Record<string, string>>>(
  isAttributes,
  `must be an object of strings: at most ${ATTRIBUTES_MAX}, and ${ATTRIBUTES_BYTES_MAX} bytes of names and values in UTF-8`,
);

/** A media type: what an HTTP header can hold. */
export const contentTypeSchema = z
  .string('must be a string')
  .regex(
    new RegExp(`^[\\x21-\\x7e][\\x20-\\x7e]{0,${CONTENT_TYPE_LENGTH_MAX - 1}}$`),
    `must be a media type of at most ${CONTENT_TYPE_LENGTH_MAX} printable ASCII characters`,
  );

const JSON_TYPE = 'application/json';

/** One message to be published. Exactly one of `body` and `bodyBase64` is there. */
export const newMessageSchema = strictObject({
  /** Any JSON value. */
  body: z.unknown().exactOptional(),
  /** Any bytes. */
  bodyBase64: z.string('must be base64').refine(isBase64, 'must be base64, padded').exactOptional(),
  /** Of the bytes; a JSON value is `application/json`. */
  contentType: contentTypeSchema.exactOptional(),
  /** Messages of one key are delivered one at a time, in order. */
  key: shortText(KEY_BYTES_MAX).exactOptional(),
  /** The highest one is received first; default 4. */
  priority: wholeNumber(0, PRIORITY_MAX).exactOptional(),
  /** Rests so long before it is ready. */
  delayMs: wholeNumber(0, DELAY_MS_MAX).exactOptional(),
  /** Or until this time. */
  deliverAt: timeSchema.exactOptional(),
  /** Default: the topic's. */
  ttlMs: wholeNumber(1, TTL_MS_MAX).exactOptional(),
  /** Published once per topic while it is remembered. */
  dedupId: shortText(KEY_BYTES_MAX).exactOptional(),
  attributes: attributesSchema.exactOptional(),
}).superRefine((message, context) => {
  const wrong = wrongTogether(message);
  if (wrong === undefined) return;
  const [field, text] = wrong;
  context.addIssue({ code: 'custom', path: [field], message: text });
});

export type NewMessageBody = z.infer<typeof newMessageSchema>;

/** `POST /v1/topics/{topic}/messages`: several messages, published as one, in this order. */
export const publishManySchema = strictObject({
  messages: z
    .array(newMessageSchema, 'must be a list of messages')
    .min(1, 'must not be empty')
    .max(MESSAGES_PER_CALL_MAX, `must have at most ${MESSAGES_PER_CALL_MAX} messages`),
});

/** One message, or several. */
export const publishMessagesSchema = z.union([publishManySchema, newMessageSchema]);

/** What became of each message, in their order. */
export const publishedSchema = z.object({
  messages: z.array(
    z.object({
      id: z.string(),
      sequence: z.number().int(),
      /** Of the first publish; not there when that is not known any more. */
      publishedAt: timeSchema.exactOptional(),
      /** It was published before, under this id; nothing was added now. */
      duplicate: z.boolean(),
    }),
  ),
});

export type PublishedBody = z.infer<typeof publishedSchema>;

/** What everybody sees of a message. */
export const messageFields = {
  id: z.string(),
  sequence: z.number().int(),
  /** When the content type is `application/json`. */
  body: z.unknown().exactOptional(),
  /** For all others. */
  bodyBase64: z.string().exactOptional(),
  contentType: z.string(),
  key: z.string().exactOptional(),
  priority: z.number().int(),
  attributes: attributesSchema,
  publishedAt: timeSchema,
  /** When its time to live is over. */
  expiresAt: timeSchema.exactOptional(),
  dedupId: z.string().exactOptional(),
};

export const messageStates = ['ready', 'leased', 'delayed', 'dead'] as const;

/** A message and what has become of it. */
export const peekedSchema = z.object({
  ...messageFields,
  state: z.enum(messageStates),
  deliveries: z.number().int(),
  failures: z.number().int(),
  /** Its last failures, oldest first. */
  history: z.array(
    z.object({
      at: timeSchema,
      kind: z.enum(['nack', 'lease-expired', 'rejected']),
      /** Given by the consumer; may be empty. */
      reason: z.string(),
    }),
  ),
  /** When the lease ends, or the delay. */
  until: timeSchema.exactOptional(),
  /** Of a dead letter. */
  death: z
    .object({
      at: timeSchema,
      reason: z.enum(['failures', 'rejected', 'expired', 'overflow']),
    })
    .exactOptional(),
});

export type PeekedBody = z.infer<typeof peekedSchema>;

/** `GET /v1/topics/{topic}/messages`: messages in one state, by sequence. */
export const messagePageSchema = z.object({
  messages: z.array(peekedSchema),
  /** The `cursor` of the next page; `null` at the end. A page may hold less than asked for, nothing even. */
  nextCursor: z.string().nullable(),
});

/** `POST /v1/topics/{topic}/dead/redrive`: some dead letters by their ids, or up to `max`, the oldest first. */
export const redriveBodySchema = strictObject({
  ids: z
    .array(z.string('must be the id of a message'), 'must be a list of ids')
    .min(1, 'must not be empty')
    .max(MESSAGES_PER_CALL_MAX, `must have at most ${MESSAGES_PER_CALL_MAX} ids`)
    .exactOptional(),
  /** Default: all that are there now. */
  max: wholeNumber(1).exactOptional(),
  /** The topic that gets them; default: their own. */
  to: z.string('must be the name of a topic').min(1, 'must not be empty').exactOptional(),
  /** Messages a second; default: as fast as it goes. */
  ratePerSecond: wholeNumber(1).exactOptional(),
}).superRefine(({ ids, max, ratePerSecond }, context) => {
  if (ids === undefined) return;
  const message = 'must not be given together with ids';
  if (max !== undefined) context.addIssue({ code: 'custom', path: ['max'], message });
  if (ratePerSecond === undefined) return;
  context.addIssue({ code: 'custom', path: ['ratePerSecond'], message });
});

/** How far the redrive is. */
export const redrivenSchema = z.object({
  /** Published again by this call. */
  moved: z.number().int(),
  /** Those that will be, step by step. */
  remaining: z.number().int(),
});

type Wrong = readonly [field: string, text: string];

function wrongTogether(message: {
  readonly body?: unknown;
  readonly bodyBase64?: string;
  readonly contentType?: string;
  readonly delayMs?: number;
  readonly deliverAt?: string;
}): Wrong | undefined {
  const { bodyBase64, contentType, delayMs, deliverAt } = message;
  const hasBody = Object.hasOwn(message, 'body');
  if (hasBody === (bodyBase64 !== undefined)) {
    return ['body', 'or bodyBase64 must be there, one of the two'];
  }
  if (hasBody && contentType !== undefined && contentType !== JSON_TYPE) {
    return ['contentType', `must be ${JSON_TYPE} with a body; send other content as bodyBase64`];
  }
  if (delayMs === undefined || deliverAt === undefined) return undefined;
  return ['deliverAt', 'must not be given together with delayMs'];
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function isAttributes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const entries = Object.entries(value);
  if (entries.length > ATTRIBUTES_MAX) return false;
  let bytes = 0;
  for (const [name, text] of entries) {
    if (typeof text !== 'string' || !isWellFormed(name) || !isWellFormed(text)) return false;
    bytes += utf8Bytes(name) + utf8Bytes(text);
  }
  return bytes <= ATTRIBUTES_BYTES_MAX;
}
