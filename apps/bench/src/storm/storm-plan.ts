/** How many messages a storm has, and how they are published. */
export interface StormPlan {
  readonly messages: number;
  /** Each publishes its batches one after another. */
  readonly producers: number;
}

/** Messages of one publish. */
export const BATCH = 100;

/** Failures of which a message dies. */
export const FAILURES_MAX = 6;

export const LEASE_MS = 2000;

const KEYS_PER_PRODUCER = 250;

/** What one message is published with. */
export interface PlannedMessage {
  readonly key?: string;
  readonly priority?: number;
  readonly delayMs?: number;
  readonly ttlMs?: number;
  readonly dedupId?: string;
}

/** What becomes of one delivery; `forget`: its lease expires. */
export type Fate =
  | { readonly kind: 'ack' | 'release' | 'reject' | 'forget' }
  | { readonly kind: 'nack'; readonly delayMs?: number };

export const batchesOf = ({ messages }: StormPlan): number => Math.ceil(messages / BATCH);

export const keyCount = ({ producers }: StormPlan): number => producers * KEYS_PER_PRODUCER;

/** Which key a message has, as a number below `keyCount`; `undefined`: none. Only one producer uses a key. */
export function keyOf(number: number, { producers }: StormPlan): number | undefined {
  if (isOfDedup(number) || kindOf(number) >= 30) return undefined;
  const producer = Math.floor(number / BATCH) % producers;
  return producer * KEYS_PER_PRODUCER + (mix(number + 1) % KEYS_PER_PRODUCER);
}

/** The same for a number each time: thus a publish can be sent again. */
export function plannedMessage(number: number, plan: StormPlan): PlannedMessage {
  if (isOfDedup(number)) return { dedupId: `d-${originalOf(number, plan)}` };
  const kind = kindOf(number);
  const draw = mix(number + 2);
  const key = keyOf(number, plan);
  if (key !== undefined) {
    return { key: `k-${key}`, ...(kind < 10 ? { priority: draw % 10 } : {}) };
  }
  if (kind < 40) return { priority: draw % 10 };
  if (kind < 55) return { delayMs: 100 + (draw % 2900) };
  if (kind < 60) return { ttlMs: 200 + (draw % 1800), delayMs: mix(number + 3) % 3000 };
  return {};
}

/** Whether the cluster must find out that the message was published before. */
export function isDuplicate(number: number, plan: StormPlan): boolean {
  return isOfDedup(number) && originalOf(number, plan) !== number;
}

/** What a consumer does with a delivery. */
export function fateOf(number: number, deliveries: number): Fate {
  // Nobody can handle these.
  if (number % 1000 === 999) return { kind: 'nack', delayMs: deliveries % 2 === 0 ? 0 : 50 };
  const draw = mix(number * 31 + deliveries) % 1000;
  if (draw < 5) return { kind: 'forget' };
  if (draw < 20) return { kind: 'nack', delayMs: 100 + draw * 20 };
  if (draw < 35) return { kind: 'nack', delayMs: 0 };
  if (draw < 45) return { kind: 'nack' };
  if (draw < 65) return { kind: 'release' };
  return { kind: draw < 70 ? 'reject' : 'ack' };
}

/** The first message of a batch has an id, which the second one has, too, and the third one of the producer's next batch. */
function isOfDedup(number: number): boolean {
  return number % BATCH < 3;
}

function originalOf(number: number, { producers }: StormPlan): number {
  const first = number - (number % BATCH);
  const before = first - BATCH * producers;
  return number % BATCH === 2 && before >= 0 ? before : first;
}

const kindOf = (number: number): number => mix(number) % 100;

/** Spreads numbers; below 2^32. */
function mix(number: number): number {
  let hash = Math.imul(number ^ (number >>> 16), 0x45d9_f3b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b_3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
