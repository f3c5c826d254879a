import {
  ackBodySchema,
  extendBodySchema,
  nackBodySchema,
  receiveBodySchema,
  receivedSchema,
  settleBodySchema,
  settledSchema,
} from './delivery-bodies.ts';
import {
  messagePageSchema,
  peekedSchema,
  publishMessagesSchema,
  publishedSchema,
  redriveBodySchema,
  redrivenSchema,
} from './message-bodies.ts';
import type { V1Endpoint } from './v1-endpoint.ts';

/** The messages of a topic. */
export const messageEndpoints = {
  /** Publishes one message or several: 201, or 200 when all of them had been published before. */
  publishMessages: {
    method: 'POST',
    path: '/v1/topics/:topic/messages',
    access: 'open',
    answeredBy: 'leader',
    body: publishMessagesSchema,
    rawBody: true,
    replies: { 200: publishedSchema, 201: publishedSchema },
  },
  /** Settles, then leases messages; waits for a first one. With an `Idempotency-Key` it does not wait. */
  receive: {
    method: 'POST',
    path: '/v1/topics/:topic/receive',
    access: 'open',
    answeredBy: 'leader',
    body: receiveBodySchema,
    replies: { 200: receivedSchema },
  },
  /** Each settlement succeeds or is refused by itself. */
  settle: {
    method: 'POST',
    path: '/v1/topics/:topic/settle',
    access: 'open',
    answeredBy: 'leader',
    body: settleBodySchema,
    replies: { 200: settledSchema },
  },
  ack: {
    method: 'POST',
    path: '/v1/topics/:topic/ack',
    access: 'open',
    answeredBy: 'leader',
    body: ackBodySchema,
    replies: { 200: settledSchema },
  },
  nack: {
    method: 'POST',
    path: '/v1/topics/:topic/nack',
    access: 'open',
    answeredBy: 'leader',
    body: nackBodySchema,
    replies: { 200: settledSchema },
  },
  extend: {
    method: 'POST',
    path: '/v1/topics/:topic/extend',
    access: 'open',
    answeredBy: 'leader',
    body: extendBodySchema,
    replies: { 200: settledSchema },
  },
  /** Messages in one `state` of the query (default `ready`), without effect on them; `limit` and `cursor`, too. */
  peekMessages: {
    method: 'GET',
    path: '/v1/topics/:topic/messages',
    access: 'open',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: messagePageSchema },
  },
  /** One message, in whatever state, without effect on it. */
  getMessage: {
    method: 'GET',
    path: '/v1/topics/:topic/messages/:id',
    access: 'open',
    answeredBy: 'leader',
    body: undefined,
    replies: { 200: peekedSchema },
  },
  /** Publishes dead letters again. */
  redrive: {
    method: 'POST',
    path: '/v1/topics/:topic/dead/redrive',
    access: 'open',
    answeredBy: 'leader',
    body: redriveBodySchema,
    replies: { 200: redrivenSchema },
  },
} as const satisfies Record<string, V1Endpoint>;
