import type { PutTopicBody, TopicSettingsBody } from '@rrmq/contract';
import { type TopicSettings, defaultTopicSettings } from '@rrmq/queue';

/** Settings as JSON. */
export function settingsBody(settings: TopicSettings): TopicSettingsBody {
  const { leaseMs, maxFailures, backoff, ttlMs = null, onExpiry, dedupMs, limits } = settings;
  const { maxMessages = null, maxBytes = null, maxMessageBytes = null } = limits;
  const { maxInFlight, overflow } = limits;
  return {
    ordering: 'fifo',
    leaseMs,
    maxFailures,
    backoff,
    ttlMs,
    onExpiry,
    dedupMs,
    limits: { maxMessages, maxBytes, maxMessageBytes, maxInFlight, overflow },
  };
}

/** Settings from JSON; what is left out has its default. */
export function settingsOf(body: PutTopicBody): TopicSettings {
  const defaults = settingsBody(defaultTopicSettings);
  const { leaseMs, maxFailures, ttlMs, onExpiry, dedupMs } = { ...defaults, ...body };
  const limits = { ...defaults.limits, ...body.limits };
  return {
    leaseMs,
    maxFailures,
    backoff: { ...defaults.backoff, ...body.backoff },
    ttlMs: ttlMs ?? undefined,
    onExpiry,
    dedupMs,
    limits: {
      maxMessages: limits.maxMessages ?? undefined,
      maxBytes: limits.maxBytes ?? undefined,
      maxMessageBytes: limits.maxMessageBytes ?? undefined,
      maxInFlight: limits.maxInFlight,
      overflow: limits.overflow,
    },
  };
}

/** Settings lie so deep; what lies deeper is none, and is left to who parses them. */
const DEPTH_MAX = 2;

/** A merge patch (RFC 7396): what `patch` leaves out stays, what is `null` in it goes. */
export function mergePatch(target: unknown, patch: unknown, depthMax = DEPTH_MAX): unknown {
  if (depthMax === 0 || !isObject(patch)) return patch;
  const merged = new Map(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name);
    else merged.set(name, mergePatch(merged.get(name), value, depthMax - 1));
  }
  return Object.fromEntries(merged);
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
