import type { TopicBody, TopicStatsBody } from '@rrmq/contract';
import type { QueueView, TopicView } from '@rrmq/queue';
import { assert } from '@rrmq/raft';
import { type Reply, v1Reply } from '../../reply.ts';
import { queueProblems } from '../queue-problems.ts';
import { settingsBody } from './topic-settings.ts';

/** The answer that shows a topic. */
export function topicReply(status: number, queue: QueueView, name: string): Reply {
  const topic = queue.topic(name);
  if (topic === undefined) return queueProblems['unknown-topic'];
  return v1Reply(status, topicBody(queue, topic), ['ETag', etagOf(topic)]);
}

/** Names a topic and the version of its settings. */
export const etagOf = ({ number, version }: TopicView): string => `"${number}-${version}"`;

function topicBody(queue: QueueView, topic: TopicView): TopicBody {
  const { name, number, version, createdAt, paused, settings } = topic;
  return {
    name,
    number,
    version,
    createdAt: createdAt === 0 ? null : new Date(createdAt).toISOString(),
    settings: settingsBody(settings),
    paused,
    stats: statsBody(queue, name),
  };
}

export function statsBody(queue: QueueView, topic: string): TopicStatsBody {
  const stats = queue.stats(topic);
  assert(stats !== undefined, 'every topic has counts');
  const { ready, leased, delayed, dead, bytes, deadBytes, discarded } = stats;
  const { published, acked, delivered, failed, deadLettered, redriven } = stats;
  const { expired, overflow, purged } = discarded;
  return {
    ready,
    leased,
    delayed,
    dead,
    bytes,
    deadBytes,
    published,
    acked,
    delivered,
    failed,
    deadLettered,
    redriven,
    discarded: { expired, overflow, purged },
  };
}
