import type { ByteReader } from '../bytes/byte-reader.ts';
import type { ByteWriter } from '../bytes/byte-writer.ts';
import {
  DEDUP_MS_MAX,
  DELAY_MS_MAX,
  FAILURES_MAX,
  IN_FLIGHT_MAX,
  LEASE_MS_MAX,
  LEASE_MS_MIN,
  TTL_MS_MAX,
} from './limits.ts';
import type { Overflow, TopicLimits, TopicSettings } from './topic-settings.ts';

type Expiry = TopicSettings['onExpiry'];

/** Of the numbers that may be absent. On disk: never reuse one. */
const SettingsFlag = { ttlMs: 1, maxMessages: 2, maxBytes: 4, maxMessageBytes: 8 } as const;
const ALL_FLAGS = 15;

/** A choice's number is its place. */
const EXPIRIES: readonly [Expiry, ...Expiry[]] = ['dead-letter', 'discard'];
const OVERFLOWS: readonly [Overflow, ...Overflow[]] = ['reject', 'drop-oldest', 'dead-letter'];

const FIXED_BYTES = 4 + 4 + 4 + 8 + 8 + 1 + 8 + 4 + 1;
const OPTIONAL_BYTES = 8;

export function settingsBytes({ ttlMs, limits }: TopicSettings): number {
  const { maxMessages, maxBytes, maxMessageBytes } = limits;
  const optional = [ttlMs, maxMessages, maxBytes, maxMessageBytes];
  return FIXED_BYTES + OPTIONAL_BYTES * optional.filter((value) => value !== undefined).length;
}

/**
 *     | u32 flags | u32 lease ms | u32 max failures | u64 initial backoff ms | u64 max backoff ms |
 *     | u8 on expiry: 0 dead-letter, 1 discard | u64 dedup ms | u32 max in flight |
 *     | u8 overflow: 0 reject, 1 drop-oldest, 2 dead-letter |
 *     | [flag 1: u64 ttl ms] | [2: u64 max messages] | [4: u64 max bytes] | [8: u64 max message bytes] |
 */
export function writeSettings(writer: ByteWriter, settings: TopicSettings): void {
  const { leaseMs, maxFailures, backoff, ttlMs, onExpiry, dedupMs, limits } = settings;
  const { maxMessages, maxBytes, maxMessageBytes, maxInFlight, overflow } = limits;
  writer.u32(flagsOf(settings)).u32(leaseMs).u32(maxFailures);
  writer.u64(backoff.initialMs).u64(backoff.maxMs);
  writer.u8(EXPIRIES.indexOf(onExpiry)).u64(dedupMs).u32(maxInFlight);
  writer.u8(OVERFLOWS.indexOf(overflow));
  for (const value of [ttlMs, maxMessages, maxBytes, maxMessageBytes]) {
    if (value !== undefined) writer.u64(value);
  }
}

function flagsOf({ ttlMs, limits }: TopicSettings): number {
  return (
    (ttlMs === undefined ? 0 : SettingsFlag.ttlMs) |
    (limits.maxMessages === undefined ? 0 : SettingsFlag.maxMessages) |
    (limits.maxBytes === undefined ? 0 : SettingsFlag.maxBytes) |
    (limits.maxMessageBytes === undefined ? 0 : SettingsFlag.maxMessageBytes)
  );
}

/** Fails the reader for settings that are out of bounds. */
export function readSettings(reader: ByteReader): TopicSettings {
  const flags = reader.u32Within(0, ALL_FLAGS);
  const leaseMs = reader.u32Within(LEASE_MS_MIN, LEASE_MS_MAX);
  const maxFailures = reader.u32Within(1, FAILURES_MAX);
  const initialMs = reader.u64Within(0, DELAY_MS_MAX);
  const maxMs = reader.u64Within(initialMs, DELAY_MS_MAX);
  const onExpiry = reader.oneOf(EXPIRIES);
  const dedupMs = reader.u64Within(0, DEDUP_MS_MAX);
  const maxInFlight = reader.u32Within(1, IN_FLIGHT_MAX);
  const overflow = reader.oneOf(OVERFLOWS);
  const ttlMs = (flags & SettingsFlag.ttlMs) !== 0 ? reader.u64Within(1, TTL_MS_MAX) : undefined;
  const limits = { ...readBounds(reader, flags), maxInFlight, overflow };
  const backoff = { initialMs, maxMs };
  return { leaseMs, maxFailures, backoff, ttlMs, onExpiry, dedupMs, limits };
}

type Bounds = Pick<TopicLimits, 'maxMessages' | 'maxBytes' | 'maxMessageBytes'>;

function readBounds(reader: ByteReader, flags: number): Bounds {
  const read = (flag: number): number | undefined =>
    (flags & flag) === 0 ? undefined : reader.u64From(1);
  return {
    maxMessages: read(SettingsFlag.maxMessages),
    maxBytes: read(SettingsFlag.maxBytes),
    maxMessageBytes: read(SettingsFlag.maxMessageBytes),
  };
}
