import {
  MEMBER_IDS_MAX,
  MESSAGES_PER_CALL_MAX,
  PAGE_LIMIT_DEFAULT,
  V1_TIMEOUT_MS,
  headers,
  idempotencyKeySchema,
  topicNameSchema,
} from '@rrmq/contract';
import type { QueueView } from '@rrmq/queue';
import { type NodeId, nodeId } from '@rrmq/raft';
import { problem } from '../reply.ts';
import type { V1Call } from '../v1-call.ts';
import type { Parsed } from './parsing.ts';

/** `3` or `3,4`: ids of members, each once. */
export function parseIds(text: string): Parsed<readonly NodeId[]> {
  const parts = text.split(',');
  const isList = parts.every((part) => /^[1-9]\d{0,14}$/.test(part));
  if (isList && parts.length <= MEMBER_IDS_MAX) {
    return { ok: true, value: [...new Set(parts.map((part) => nodeId(Number(part))))] };
  }
  const detail = `the path must name 1 to ${MEMBER_IDS_MAX} ids of members, with commas between them`;
  return { ok: false, reply: problem('invalid-parameter', detail) };
}

/** How long the client waits, in ms: by the query, else by the header, at most `waitMsMax`, which is the default. */
export function parseWaitMs(call: V1Call, waitMsMax = V1_TIMEOUT_MS): Parsed<number> {
  const given = call.query.get('timeoutMs') ?? call.headers[headers.timeoutMs.toLowerCase()];
  if (given === undefined) return { ok: true, value: waitMsMax };
  if (typeof given === 'string' && /^[1-9]\d{0,14}$/.test(given)) {
    return { ok: true, value: Math.min(Number(given), waitMsMax) };
  }
  const detail = `timeoutMs in the query, or the header ${headers.timeoutMs}, must be a whole number of ms from 1`;
  return { ok: false, reply: problem('invalid-parameter', detail) };
}

/** The `:topic` of the path. */
export function parseTopic(queue: QueueView, { params }: V1Call): Parsed<string> {
  const { topic = '' } = params;
  // The name of a topic that exists needs no check.
  if (queue.has(topic)) return { ok: true, value: topic };
  const parsed = topicNameSchema.safeParse(topic);
  if (parsed.success) return { ok: true, value: parsed.data };
  return invalid(parsed.error.issues[0]?.message ?? 'the topic name is not understood');
}

export function parseIdempotencyKey(call: V1Call): Parsed<string | undefined> {
  const given = call.headers[headers.idempotencyKey.toLowerCase()];
  if (given === undefined) return { ok: true, value: undefined };
  const parsed = idempotencyKeySchema.safeParse(given);
  if (parsed.success) return { ok: true, value: parsed.data };
  return invalid(`the header ${headers.idempotencyKey} must be 1 to 256 visible ASCII characters`);
}

/** Where a page begins and how long it is. */
export interface PageRange {
  /** What was last on the page before; 0 at the beginning. */
  readonly after: number;
  readonly limit: number;
}

/** `limit` and `cursor` of the query. */
export function parsePage({ query }: V1Call): Parsed<PageRange> {
  const limit = wholeNumberOf(query.get('limit') ?? String(PAGE_LIMIT_DEFAULT));
  if (limit === undefined || limit < 1 || limit > MESSAGES_PER_CALL_MAX) {
    return invalid(`limit in the query must be a whole number from 1 to ${MESSAGES_PER_CALL_MAX}`);
  }
  const after = wholeNumberOf(query.get('cursor') ?? '0');
  if (after === undefined) {
    return invalid('cursor in the query must be the nextCursor of a page');
  }
  return { ok: true, value: { after, limit } };
}

/** A whole number from 0 in its plain decimal form. */
export function wholeNumberOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

export function invalid(detail: string): Parsed<never> {
  return { ok: false, reply: problem('invalid-parameter', detail) };
}
