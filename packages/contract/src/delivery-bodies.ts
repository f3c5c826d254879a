import * as z from 'zod';
import { strictObject, timeSchema, wholeNumber } from './fields.ts';
import { messageFields } from './message-bodies.ts';
import {
  DELAY_MS_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  MESSAGES_PER_CALL_MAX,
  RECEIVE_WAIT_MS_MAX,
  TOKEN_LENGTH,
} from './queue-limits.ts';

/** Bodies of receives and of settlements. Requests carry no further fields. */

const tokenText = `must be a lease token: ${TOKEN_LENGTH} characters of base64url`;

/** Proof of one delivery. */
export const tokenSchema = z
  .string(tokenText)
  .regex(new RegExp(`^[A-Za-z0-9_-]{${TOKEN_LENGTH}}$`), tokenText);

/** For people, in the history of the message; what is too long is cut. */
const reason = z.string('must be a string');
const delayMs = wholeNumber(0, DELAY_MS_MAX);
const leaseMs = wholeNumber(LEASE_MS_MIN, LEASE_MS_MAX);

const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item, 'must be a list')
    .max(MESSAGES_PER_CALL_MAX, `must have at most ${MESSAGES_PER_CALL_MAX} items`);

/** What becomes of deliveries: done in the order of these fields. */
const settleFields = {
  /** Done: the message is gone. */
  ack: listOf(tokenSchema).exactOptional(),
  /** Failed: it comes back after `delayMs`, by default after the topic's backoff. */
  nack: listOf(
    strictObject({
      token: tokenSchema,
      delayMs: delayMs.exactOptional(),
      reason: reason.exactOptional(),
    }),
  ).exactOptional(),
  /** Given back, and not counted as a failure. */
  release: listOf(tokenSchema).exactOptional(),
  /** A dead letter, now. */
  reject: listOf(
    strictObject({ token: tokenSchema, reason: reason.exactOptional() }),
  ).exactOptional(),
  /** More time, from now on; by default the topic's. */
  extend: listOf(
    strictObject({ token: tokenSchema, leaseMs: leaseMs.exactOptional() }),
  ).exactOptional(),
};

/** `POST /v1/topics/{topic}/settle` */
export const settleBodySchema = strictObject(settleFields).refine(
  ({ ack, nack, release, reject, extend }) =>
    [ack, nack, release, reject, extend].reduce((sum, list) => sum + (list?.length ?? 0), 0) <=
    MESSAGES_PER_CALL_MAX,
  `must have at most ${MESSAGES_PER_CALL_MAX} settlements`,
);

export type SettleBody = z.infer<typeof settleBodySchema>;

const tokens = z
  .array(tokenSchema, 'must be a list of lease tokens')
  .min(1, 'must not be empty')
  .max(MESSAGES_PER_CALL_MAX, `must have at most ${MESSAGES_PER_CALL_MAX} tokens`);

/** `POST /v1/topics/{topic}/ack` */
export const ackBodySchema = strictObject({ tokens });

/** `POST /v1/topics/{topic}/nack` */
export const nackBodySchema = strictObject({
  tokens,
  delayMs: delayMs.exactOptional(),
  reason: reason.exactOptional(),
});

/** `POST /v1/topics/{topic}/extend` */
export const extendBodySchema = strictObject({ tokens, leaseMs: leaseMs.exactOptional() });

/** What came of one settlement. */
const settlement = z.union([
  z.object({
    token: z.string(),
    ok: z.literal(true),
    /** The same was done with this delivery before. */
    already: z.literal(true).exactOptional(),
    /** Of an extended lease. */
    leaseExpiresAt: timeSchema.exactOptional(),
  }),
  z.object({
    token: z.string(),
    ok: z.literal(false),
    /** `invalid-token`, `lease-lost` or `settled-otherwise`. */
    code: z.string(),
  }),
]);

/** One for each settlement, in their order. */
export const settledSchema = z.object({ settled: z.array(settlement) });

export type SettledBody = z.infer<typeof settledSchema>;

/** `POST /v1/topics/{topic}/receive` */
export const receiveBodySchema = strictObject({
  /** Default 1. */
  max: wholeNumber(1, MESSAGES_PER_CALL_MAX).exactOptional(),
  /** Default: the topic's. */
  leaseMs: leaseMs.exactOptional(),
  /** How long to wait for a first message; 0: not at all. Default `RECEIVE_WAIT_MS_DEFAULT`. */
  waitMs: wholeNumber(0, RECEIVE_WAIT_MS_MAX).exactOptional(),
  /** Done at once, whatever comes of the rest. */
  settle: settleBodySchema.exactOptional(),
});

export type ReceiveBody = z.infer<typeof receiveBodySchema>;

/** A message that is leased to whoever has the token. */
export const deliverySchema = z.object({
  ...messageFields,
  token: z.string(),
  /** How often it was delivered, from 1. */
  deliveries: z.number().int(),
  /** How often it failed so far. */
  failures: z.number().int(),
  leaseExpiresAt: timeSchema,
});

export type DeliveryBody = z.infer<typeof deliverySchema>;

/** What was settled, and what was leased: nothing when nothing came in time. */
export const receivedSchema = settledSchema.extend({ messages: z.array(deliverySchema) });

export type ReceivedBody = z.infer<typeof receivedSchema>;
