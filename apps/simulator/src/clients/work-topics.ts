import { type TopicSettings, defaultTopicSettings } from '@rrmq/queue';
import { SimRandom } from '@rrmq/raft/testing';

/** A topic whose messages are leased, and what is published to it. */
export interface WorkTopic {
  readonly name: string;
  readonly settings: TopicSettings;
  /** Messages may have these; without all of them the topic is first-in first-out. */
  readonly traits: WorkTraits;
}

export interface WorkTraits {
  readonly keys: boolean;
  readonly priorities: boolean;
  readonly delays: boolean;
  readonly ttls: boolean;
}

/** Topics with leases, as a seed has them: small limits, short times, so that everything happens within a minute. */
export function workTopics(seed: number): readonly [WorkTopic, WorkTopic] {
  const random = new SimRandom(seed ^ 0x1ea5e);
  return [
    { name: 'jobs', settings: settingsOf(random), traits: traitsOf(random, 0.6) },
    { name: 'chores', settings: settingsOf(random), traits: traitsOf(random, 0.25) },
  ];
}

export function settingsOf(random: SimRandom): TopicSettings {
  const { limits } = defaultTopicSettings;
  const ttlMs = random.pick([undefined, undefined, 4_000, 15_000]);
  return {
    leaseMs: random.pick([1_000, 1_500, 4_000]),
    maxFailures: random.pick([2, 3]),
    backoff: random.pick([
      { initialMs: 0, maxMs: 0 },
      { initialMs: 200, maxMs: 800 },
      { initialMs: 700, maxMs: 5_000 },
    ]),
    ttlMs,
    onExpiry: random.pick(['dead-letter', 'discard']),
    dedupMs: random.pick([0, 1_500, 6_000, 300_000]),
    limits: {
      ...limits,
      maxMessages: random.pick([undefined, 4, 8, 25]),
      maxBytes: random.pick([undefined, undefined, undefined, 1_500]),
      maxMessageBytes: random.pick([undefined, undefined, 400]),
      maxInFlight: random.pick([2, 6, limits.maxInFlight]),
      overflow: random.pick(['reject', 'reject', 'drop-oldest', 'dead-letter']),
    },
  };
}

const traitsOf = (random: SimRandom, probability: number): WorkTraits => ({
  keys: random.chance(probability),
  priorities: random.chance(probability),
  delays: random.chance(probability),
  ttls: random.chance(probability),
});
