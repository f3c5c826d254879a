import { encodeCall, encodeGet } from '../load/json-call.ts';
import type { Fate, PlannedMessage } from './storm-plan.ts';
import { FAILURES_MAX, LEASE_MS } from './storm-plan.ts';

/** Requests of `/v1` that a storm sends, as bytes, and what it reads of their replies. */

const TOPIC = 'storm';

/** What came of publishing one message. */
export interface Receipt {
  readonly sequence: number;
  readonly duplicate: boolean;
}

/** A message that is leased, as far as a storm looks at it. */
export interface Delivery {
  readonly sequence: number;
  readonly body: { readonly n: number };
  readonly token: string;
  readonly deliveries: number;
  readonly leaseExpiresAt: string;
}

/** What came of one settlement. */
export interface Settlement {
  readonly token: string;
  readonly ok: boolean;
  readonly already?: true;
  readonly code?: string;
}

export interface DeadLetter {
  readonly sequence: number;
  readonly body: { readonly n: number };
  readonly failures: number;
  readonly death: { readonly reason: 'failures' | 'rejected' | 'expired' | 'overflow' };
}

/** Counts of the topic. */
export interface Stats {
  readonly ready: number;
  readonly leased: number;
  readonly delayed: number;
  readonly dead: number;
  readonly published: number;
  readonly acked: number;
  readonly delivered: number;
  readonly failed: number;
  readonly deadLettered: number;
  readonly redriven: number;
  readonly discarded: {
    readonly expired: number;
    readonly overflow: number;
    readonly purged: number;
  };
}

const PATH = `/v1/topics/${TOPIC}`;

/** Longer than any storm: a duplicate may come late, by a batch that was retried. */
const DEDUP_MS = 86_400_000;

export function encodeCreate(): Buffer {
  return encodeCall(`PUT ${PATH}`, {
    leaseMs: LEASE_MS,
    maxFailures: FAILURES_MAX,
    onExpiry: 'dead-letter',
    dedupMs: DEDUP_MS,
    backoff: { initialMs: 100, maxMs: 1000 },
  });
}

/** A batch, executed once under this key. */
export function encodePublish(
  messages: readonly (PlannedMessage & { readonly body: { readonly n: number } })[],
  idempotencyKey: string,
): Buffer {
  const headers = [`Idempotency-Key: ${idempotencyKey}`];
  return encodeCall(`POST ${PATH}/messages`, { messages }, headers);
}

export function encodeReceive(max: number, waitMs: number): Buffer {
  return encodeCall(`POST ${PATH}/receive`, { max, waitMs, leaseMs: LEASE_MS });
}

/** Of all but those that are forgotten. */
export function encodeSettle(
  deliveries: readonly (readonly [token: string, fate: Fate])[],
): Buffer {
  const tokensOf = (kind: Fate['kind']) =>
    deliveries.filter(([, fate]) => fate.kind === kind).map(([token]) => token);
  return encodeCall(`POST ${PATH}/settle`, {
    ack: tokensOf('ack'),
    nack: deliveries.flatMap(([token, fate]) => {
      if (fate.kind !== 'nack') return [];
      const { delayMs } = fate;
      return [{ token, reason: 'storm', ...(delayMs === undefined ? {} : { delayMs }) }];
    }),
    release: tokensOf('release'),
    reject: tokensOf('reject').map((token) => ({ token, reason: 'storm' })),
  });
}

export const encodeShow = (): Buffer => encodeGet(PATH);

/** A page of the dead letters, after a cursor. */
export const encodeDead = (cursor: string): Buffer =>
  encodeGet(`${PATH}/messages?state=dead&limit=1000&cursor=${cursor}`);

export const receiptsIn = (body: string): readonly Receipt[] =>
  (JSON.parse(body) as { messages: readonly Receipt[] }).messages;

export const deliveriesIn = (body: string): readonly Delivery[] =>
  (JSON.parse(body) as { messages: readonly Delivery[] }).messages;

export const settledIn = (body: string): readonly Settlement[] =>
  (JSON.parse(body) as { settled: readonly Settlement[] }).settled;

export const statsIn = (body: string): Stats => (JSON.parse(body) as { stats: Stats }).stats;

export const deadIn = (body: string) =>
  JSON.parse(body) as { messages: readonly DeadLetter[]; nextCursor: string | null };
